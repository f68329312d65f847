/* Asks the core everything that is worth watching, and writes it down as OpenMetrics. */
#include "tools/otpctl/exposition.h"
#include "daemon/base/log_ids.h"
#include "tools/otpctl/health.h"
#include "tools/otpctl/openmetrics.h"
#include "tools/otpctl/output.h"
#include "tools/otpctl/stats_list.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RECENT 3600 /* times are of this last hour, and of what the hour in which it begins had before */
#define PREFIX "whatsapp_otp_"

/* Things with a name, counted. */
struct tally {
	struct {
		char name[WIRE_NAME_MAX], kind[WIRE_NAME_MAX];
		uint64_t n;
	} * rows;
	size_t count;
};

struct metrics {
	bool up;
	struct stat_list channels, countries, recent;
	struct tally breakers, alarms, health; /* kind: scope; empty; state */
};

static void count_one(struct tally *tally, const char *name, const char *kind, uint64_t n)
{
	size_t i = 0;
	void *grown;

	while (i < tally->count && (strcmp(tally->rows[i].name, name) != 0 || strcmp(tally->rows[i].kind, kind) != 0))
		i++;
	if (i == tally->count) {
		grown = reallocarray(tally->rows, i + 1, sizeof(tally->rows[0]));
		if (!grown)
			errx(1, "out of memory");
		tally->rows = grown;
		memset(&tally->rows[i], 0, sizeof(tally->rows[i]));
		snprintf(tally->rows[i].name, sizeof(tally->rows[i].name), "%s", name);
		snprintf(tally->rows[i].kind, sizeof(tally->rows[i].kind), "%s", kind);
		tally->count++;
	}
	tally->rows[i].n += n;
}

static void on_breaker(void *userdata, const struct wire_message *message, const void *item)
{
	const struct breaker_item *b = item;

	(void)message;
	count_one(userdata, b->channel, breaker_names[b->scope], 1);
}

static void on_alarm(void *userdata, const struct wire_message *message, const void *item)
{
	const struct alarm_item *a = item;

	(void)message;
	count_one(userdata, a->kind, "", a->acked_at == 0);
}

/* A channel may have the name of a part of the core: one line a name, or the whole text would be void. */
static void on_health(void *userdata, const struct wire_message *message, const void *item)
{
	const struct health *h = item;
	struct tally *tally = userdata;

	(void)message;
	for (size_t i = 0; i < tally->count; i++)
		if (strcmp(tally->rows[i].name, h->name) == 0)
			return;
	count_one(tally, h->name, h->state, 1);
}

static void metrics_free(struct metrics *m)
{
	stats_free(&m->channels);
	stats_free(&m->countries);
	stats_free(&m->recent);
	free(m->breakers.rows);
	free(m->alarms.rows);
	free(m->health.rows);
}

/* Every question on one connection; the first that is not answered ends it. */
static int ask(struct connection *c, struct metrics *m, struct done *done)
{
	static const struct admin_user all = {0};
	const uint64_t recently = (uint64_t)time(NULL) - RECENT;
	int status = stats_fetch(c, 0, "channel", &m->channels, done);

	if (status == EXIT_OK && done->result == RESULT_ALLOW)
		status = stats_fetch(c, 0, "country", &m->countries, done);
	if (status == EXIT_OK && done->result == RESULT_ALLOW)
		status = stats_fetch(c, recently, "channel", &m->recent, done);
	if (status == EXIT_OK && done->result == RESULT_ALLOW)
		status = connection_call(c, &wire_breakers, &all, &wire_breaker, on_breaker, &m->breakers, done);
	if (status == EXIT_OK && done->result == RESULT_ALLOW)
		status = connection_call(c, &wire_alarms, &all, &wire_alarm, on_alarm, &m->alarms, done);
	if (status == EXIT_OK && done->result == RESULT_ALLOW)
		status = health_ask(c, false, on_health, &m->health, done);
	return status;
}

static void gather(struct otpctl *ctl, bool quiet, struct metrics *ret)
{
	struct connection connection = {.fd = -1, .quiet = quiet};
	struct done done = {0};
	int status = connection_open(ctl, &connection);

	if (status == EXIT_OK)
		status = ask(&connection, ret, &done);
	connection_close(&connection);
	ret->up = status == EXIT_OK && done.result == RESULT_ALLOW;
	if (status == EXIT_OK && !ret->up && !quiet)
		output_error("metrics: %s", done.reason[0] ? done.reason : "the core refused to answer");
}

/* Counters of messages, once by channel and once by country: a sum over one family must count each message once. */

static const struct counter {
	const char *channel_name, *country_name;
	size_t offset;
	const char *help;
} counters[] = {
#define COUNTER(what, member, text)                                                                                    \
	{                                                                                                              \
		PREFIX "messages_" what, PREFIX "country_messages_" what, offsetof(struct stat_item, member), text     \
	}
	COUNTER("sent", sent, "Messages handed to a provider."),
	COUNTER("accepted", accepted, "Messages that a provider took over."),
	COUNTER("delivered", delivered, "Messages known to have arrived."),
	COUNTER("read", read, "Messages known to have been read."),
	COUNTER("failed", failed, "Messages that failed, at once or later."),
	COUNTER("fallback", fallback, "Messages that were followed by another channel."),
	COUNTER("verified", verified, "Messages whose code was typed."),
#undef COUNTER
};

static uint64_t member(const struct stat_item *item, size_t offset)
{
	return *(const uint64_t *)(const void *)((const char *)item + offset);
}

static const char *name_or_unknown(const char *name)
{
	return name[0] ? name : "unknown";
}

static void write_counters(FILE *out, const struct stat_list *list, bool by_country)
{
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		const struct openmetrics_family family = {by_country ? counters[i].country_name
								     : counters[i].channel_name,
							  OPENMETRICS_COUNTER, NULL, counters[i].help};

		openmetrics_begin(out, &family);
		for (size_t k = 0; k < list->count; k++)
			openmetrics_sample(out, &family,
					   (const struct openmetrics_label[OPENMETRICS_LABELS]){
						   {list->by, name_or_unknown(list->items[k].key)}},
					   (double)member(&list->items[k], counters[i].offset));
	}
}

static void write_cost(FILE *out, const struct stat_list *list, const char *name)
{
	const struct openmetrics_family family = {name, OPENMETRICS_COUNTER, NULL,
						  "What messages cost, in the currency of the label."};

	openmetrics_begin(out, &family);
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].currency[0])
			openmetrics_sample(out, &family,
					   (const struct openmetrics_label[OPENMETRICS_LABELS]){
						   {list->by, name_or_unknown(list->items[i].key)},
						   {"currency", list->items[i].currency}},
					   (double)list->items[i].cost / 1e6);
}

/* Times */

static const struct {
	const char *name;
	size_t p50, p95;
	const char *help;
} times[] = {
	{PREFIX "send_seconds", offsetof(struct stat_item, send_ms_p50), offsetof(struct stat_item, send_ms_p95),
	 "From handing a message over until the provider took it, in the last hour."},
	{PREFIX "delivery_seconds", offsetof(struct stat_item, delivery_ms_p50),
	 offsetof(struct stat_item, delivery_ms_p95),
	 "From the provider's yes until the message arrived, in the last hour."},
	{PREFIX "answer_seconds", offsetof(struct stat_item, answer_ms_p50), offsetof(struct stat_item, answer_ms_p95),
	 "From handing a message over until its code was typed, in the last hour."},
};

static void write_quantile(FILE *out, const struct openmetrics_family *family, const char *channel,
			   const char *quantile, uint64_t ms)
{
	if (ms > 0)
		openmetrics_sample(out, family,
				   (const struct openmetrics_label[OPENMETRICS_LABELS]){{"channel", channel},
											{"quantile", quantile}},
				   (double)ms / 1000);
}

static void write_times(FILE *out, const struct stat_list *recent)
{
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		const struct openmetrics_family family = {times[i].name, OPENMETRICS_GAUGE, "seconds", times[i].help};

		openmetrics_begin(out, &family);
		for (size_t k = 0; k < recent->count; k++) {
			const struct stat_item *item = &recent->items[k];

			write_quantile(out, &family, name_or_unknown(item->key), "0.5", member(item, times[i].p50));
			write_quantile(out, &family, name_or_unknown(item->key), "0.95", member(item, times[i].p95));
		}
	}
}

/* States */

static void write_tally(FILE *out, const struct openmetrics_family *family, const struct tally *tally, const char *name,
			const char *kind)
{
	openmetrics_begin(out, family);
	for (size_t i = 0; i < tally->count; i++)
		openmetrics_sample(out, family,
				   (const struct openmetrics_label[OPENMETRICS_LABELS]){{name, tally->rows[i].name},
											{kind, tally->rows[i].kind}},
				   (double)tally->rows[i].n);
}

/* Each name in each state, 1 in the one that it has: a rule can ask for a state that nobody is in. */
static void write_health(FILE *out, const struct tally *health)
{
	static const struct openmetrics_family family = {
		PREFIX "health", OPENMETRICS_GAUGE, NULL,
		"How the core, its sender and the channels are: 1 for the state that each is in."};
	static const char *const states[] = {"ok", "degraded", "failed"};

	openmetrics_begin(out, &family);
	for (size_t i = 0; i < health->count; i++)
		for (size_t k = 0; k < sizeof(states) / sizeof(states[0]); k++)
			openmetrics_sample(out, &family,
					   (const struct openmetrics_label[OPENMETRICS_LABELS]){
						   {"name", health->rows[i].name}, {"state", states[k]}},
					   strcmp(health->rows[i].kind, states[k]) == 0);
}

static void write_states(FILE *out, struct metrics *m)
{
	static const struct openmetrics_family breakers = {PREFIX "breakers_open", OPENMETRICS_GAUGE, NULL,
							   "Breakers that are open: what is skipped for a while."},
					       alarms = {PREFIX "alarms_unacknowledged", OPENMETRICS_GAUGE, NULL,
							 "Alarms that nobody has taken note of."};

	for (const struct log_id *id = log_ids; id->kind; id++)
		count_one(&m->alarms, id->kind, "", 0);
	for (size_t i = 0; i < m->channels.count; i++)
		count_one(&m->breakers, name_or_unknown(m->channels.items[i].key), "channel", 0);
	write_tally(out, &breakers, &m->breakers, "channel", "scope");
	write_tally(out, &alarms, &m->alarms, "kind", NULL);
	write_health(out, &m->health);
}

static void write_metrics(FILE *out, struct metrics *m)
{
	static const struct openmetrics_family up = {PREFIX "up", OPENMETRICS_GAUGE, NULL,
						     "1 if the core answers, 0 if not."},
					       build = {PREFIX "build_info", OPENMETRICS_GAUGE, NULL,
							"Always 1; the label says which version of the tool this is."};

	openmetrics_begin(out, &up);
	openmetrics_sample(out, &up, (const struct openmetrics_label[OPENMETRICS_LABELS]){{0}}, m->up);
	openmetrics_begin(out, &build);
	openmetrics_sample(out, &build,
			   (const struct openmetrics_label[OPENMETRICS_LABELS]){{"version", PACKAGE_VERSION}}, 1);
	if (m->up) {
		write_counters(out, &m->channels, false);
		write_cost(out, &m->channels, PREFIX "cost");
		write_counters(out, &m->countries, true);
		write_cost(out, &m->countries, PREFIX "country_cost");
		write_times(out, &m->recent);
		write_states(out, m);
	}
	openmetrics_end(out);
}

char *metrics_text(struct otpctl *ctl, bool quiet, bool *ret_up, size_t *ret_length)
{
	struct metrics metrics = {0};
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_length);

	if (!out)
		return NULL;
	gather(ctl, quiet, &metrics);
	write_metrics(out, &metrics);
	*ret_up = metrics.up;
	metrics_free(&metrics);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
