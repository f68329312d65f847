/* Ops about what admins are told: alarms, statistics, health. */
#include "daemon/core/admin_ops.h"
#include "daemon/core/store_breaker.h"
#include "daemon/core/store_challenge.h"
#include "daemon/core/store_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define HOUR 3600

static void add_alarm(struct admin *a, const struct alarm_row *row)
{
	struct alarm_item *item = &a->page->items[a->page->count++].alarm;

	memset(item, 0, sizeof(*item));
	memcpy(item->kind, row->kind, sizeof(item->kind));
	memcpy(item->subject, row->subject, sizeof(item->subject));
	memcpy(item->text, row->text, sizeof(item->text));
	memcpy(item->acked_by, row->acked_by, sizeof(item->acked_by));
	item->count = (uint64_t)row->count;
	item->first_at = (uint64_t)row->first_at;
	item->last_at = (uint64_t)row->last_at;
	item->acked_at = (uint64_t)row->acked_at;
}

int admin_alarms(struct admin *a)
{
	struct alarm_row row = {0};
	int r = 0;

	(void)sscanf(a->page->after, "%63[^\n]\n%255[^\n]", row.kind, row.subject);
	while (a->page->count < ADMIN_PAGE_MAX && (r = store_alarm_next(a->tx, &row)) > 0)
		add_alarm(a, &row);
	if (r < 0)
		return r;
	a->page->more = a->page->count == ADMIN_PAGE_MAX;
	snprintf(a->page->after, sizeof(a->page->after), "%s\n%s", row.kind, row.subject);
	return reply_done(a->reply, RESULT_ALLOW, "%s", "");
}

int admin_alarms_ack(struct admin *a)
{
	const char *kind = a->request->alarms_ack.kind;
	int r = store_alarm_ack(a->tx, kind, a->by, a->engine->clock->wall(a->engine->clock));

	if (r < 0)
		return r;
	if (r == 0)
		return reply_done(a->reply, RESULT_DENY, "there is no alarm%s%s that nobody has acknowledged",
				  kind[0] ? " of kind " : "", kind);
	reply_note(a->reply, LOG_NOTICE, "%d alarms were acknowledged by %s", r, a->by);
	return reply_done(a->reply, RESULT_ALLOW, "%d acknowledged", r);
}

/* Statistics */

enum { SEND, DELIVERY, ANSWER, TIMES };

/* The sums of one key. */
struct sums {
	char key[WIRE_NAME_MAX];
	int64_t count[TALLY_COUNTS];
	int64_t bucket[TIMES][TALLY_BUCKETS];
};

static const struct {
	const char *name;
	enum stat_key key;
	bool as_provider; /* channels are put together by whom they belong to */
} bys[] = {
	{"", STAT_ALL, false},      {"channel", STAT_CHANNEL, false}, {"country", STAT_COUNTRY, false},
	{"hour", STAT_HOUR, false}, {"provider", STAT_CHANNEL, true},
};

static const char *provider_of(const struct admin *a, const char *name)
{
	const struct config_channel *channel = config_channel(a->engine->config, name);
	const struct driver *driver = channel ? driver_find(channel->driver) : NULL;

	return driver ? driver->provider : "unknown";
}

static void add_sum(struct sums *sums, int64_t place, int64_t count)
{
	if (place >= 0 && place < TALLY_COUNTS)
		sums->count[place] += count;
	else if (place >= TALLY_SEND_TIME && place < TALLY_ANSWER_TIME + TALLY_BUCKETS &&
		 place % TALLY_SEND_TIME < TALLY_BUCKETS)
		sums->bucket[place / TALLY_SEND_TIME - 1][place % TALLY_SEND_TIME] += count;
}

static uint64_t quantile(const struct sums *sums, int time, int percent)
{
	return (uint64_t)tally_quantile(sums->bucket[time], percent);
}

static void fill_stat(const struct admin *a, const struct sums *sums, struct stat_item *item)
{
	*item = (struct stat_item){
		.sent = (uint64_t)sums->count[TALLY_SENT],
		.accepted = (uint64_t)sums->count[TALLY_ACCEPTED],
		.delivered = (uint64_t)sums->count[TALLY_DELIVERED],
		.read = (uint64_t)sums->count[TALLY_READ],
		.failed = (uint64_t)sums->count[TALLY_FAILED],
		.fallback = (uint64_t)sums->count[TALLY_FALLBACK],
		.verified = (uint64_t)sums->count[TALLY_VERIFIED],
		.send_ms_p50 = quantile(sums, SEND, 50),
		.send_ms_p95 = quantile(sums, SEND, 95),
		.delivery_ms_p50 = quantile(sums, DELIVERY, 50),
		.delivery_ms_p95 = quantile(sums, DELIVERY, 95),
		.answer_ms_p50 = quantile(sums, ANSWER, 50),
		.answer_ms_p95 = quantile(sums, ANSWER, 95),
		.cost = sums->count[TALLY_COST] > 0 ? (uint64_t)sums->count[TALLY_COST] : 0,
	};
	memcpy(item->key, sums->key, sizeof(item->key));
	snprintf(item->currency, sizeof(item->currency), "%s", a->engine->config->currency);
}

/* The place of a key among those seen so far; a new one behind them. ADMIN_PAGE_MAX: there is no room. */
static size_t place_of(struct sums *sums, size_t *count, const char *key)
{
	size_t i = 0;

	while (i < *count && strcmp(sums[i].key, key) != 0)
		i++;
	if (i == *count && i < ADMIN_PAGE_MAX) {
		snprintf(sums[i].key, sizeof(sums[i].key), "%s", key);
		(*count)++;
	}
	return i;
}

/* The sums of at most a page of keys: 0 with *more, or -errno. */
static int sum_up(struct admin *a, size_t by, struct sums *sums, size_t *count, bool *more)
{
	int64_t since = (int64_t)a->request->stats.since, place, amount;
	char key[WIRE_NAME_MAX];
	int r = store_stat_begin(a->tx, bys[by].key, since - since % HOUR, a->page->after);

	*more = false;
	while (r >= 0 && (r = store_stat_next(a->tx, key, &place, &amount)) > 0) {
		size_t i = place_of(sums, count, bys[by].as_provider ? provider_of(a, key) : key);

		if (i < ADMIN_PAGE_MAX)
			add_sum(&sums[i], place, amount);
		else
			*more = true; /* a query must be read to its end */
	}
	return r;
}

int admin_stats(struct admin *a)
{
	struct sums *sums;
	size_t by = 0, count = 0;
	int r;

	while (by < sizeof(bys) / sizeof(bys[0]) && strcmp(bys[by].name, a->request->stats.by) != 0)
		by++;
	if (by == sizeof(bys) / sizeof(bys[0]))
		return reply_done(a->reply, RESULT_DENY, "by: one of channel, country, provider, hour");
	sums = calloc(ADMIN_PAGE_MAX, sizeof(*sums));
	if (!sums)
		return -ENOMEM;
	r = sum_up(a, by, sums, &count, &a->page->more);
	for (size_t i = 0; i < count && r == 0; i++)
		fill_stat(a, &sums[i], &a->page->items[a->page->count++].stat);
	if (count > 0)
		snprintf(a->page->after, sizeof(a->page->after), "%s", sums[count - 1].key);
	free(sums);
	return r < 0 ? r : reply_done(a->reply, RESULT_ALLOW, "%s", "");
}

/* Health */

static struct health *add_health(struct admin *a, const char *name, const char *state)
{
	struct health *item = &a->page->items[a->page->count++].health;

	memset(item, 0, sizeof(*item));
	snprintf(item->name, sizeof(item->name), "%s", name);
	snprintf(item->state, sizeof(item->state), "%s", state);
	return item;
}

/* Those of single recipients are nobody's health. */
static int add_breakers(struct admin *a)
{
	struct breaker_row row = {0};
	int r = 0;

	while (a->page->count < ADMIN_PAGE_MAX &&
	       (r = store_breaker_next(a->tx, a->engine->clock->now(a->engine->clock), &row)) > 0) {
		struct health *item;

		if (row.scope == BREAKER_RECIPIENT)
			continue;
		item = add_health(a, "breaker", "degraded");
		snprintf(item->detail, sizeof(item->detail), "%s (%s%s%s) is skipped: %s%s%.40s", row.channel,
			 breaker_names[row.scope], row.subject[0] ? " " : "", row.subject, row.code,
			 row.code[0] ? ": " : "", row.detail);
	}
	return r < 0 ? r : 0;
}

static int add_alarms(struct admin *a)
{
	struct alarm_row row = {0};
	struct health *item;
	unsigned count = 0;
	int r;

	while ((r = store_alarm_next(a->tx, &row)) > 0)
		count += row.acked_at == 0;
	if (r < 0 || count == 0)
		return r;
	item = add_health(a, "alarms", "degraded");
	snprintf(item->detail, sizeof(item->detail), "%u that nobody has acknowledged: whatsapp-otpctl alarms", count);
	return 0;
}

int admin_health(struct admin *a)
{
	struct health *store = add_health(a, "store", "ok");
	int64_t open = 0;
	int r = store_challenge_count(a->tx, a->engine->clock->now(a->engine->clock), &open);

	snprintf(store->detail, sizeof(store->detail), "%lld open challenges", (long long)open);
	if (r >= 0)
		r = add_alarms(a);
	if (r >= 0)
		r = add_breakers(a);
	return r < 0 ? r : reply_done(a->reply, RESULT_ALLOW, "%s", "");
}
