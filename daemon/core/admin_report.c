/* Ops about what admins are told: alarms, statistics, health. */
#include "daemon/core/admin_ops.h"
#include "daemon/core/spending.h"
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

/* The sums of one key. */
struct sums {
	char key[WIRE_NAME_MAX];
	int64_t counts[TALLY_PLACES];
};

typedef const char *key_of_cell(const struct admin *a, const struct stat_cell *cell, char text[static WIRE_NAME_MAX]);

static const char *all_of(const struct admin *a, const struct stat_cell *cell, char text[static WIRE_NAME_MAX])
{
	(void)a, (void)cell, (void)text;
	return "";
}

static const char *channel_of(const struct admin *a, const struct stat_cell *cell, char text[static WIRE_NAME_MAX])
{
	(void)a, (void)text;
	return cell->channel;
}

static const char *country_of(const struct admin *a, const struct stat_cell *cell, char text[static WIRE_NAME_MAX])
{
	(void)a, (void)text;
	return cell->country;
}

static const char *hour_of(const struct admin *a, const struct stat_cell *cell, char text[static WIRE_NAME_MAX])
{
	(void)a;
	snprintf(text, WIRE_NAME_MAX, "%010lld", (long long)cell->hour);
	return text;
}

/* Channels are put together by whom they belong to. */
static const char *provider_of(const struct admin *a, const struct stat_cell *cell, char text[static WIRE_NAME_MAX])
{
	const struct config_channel *channel = config_channel(a->engine->config, cell->channel);
	const struct driver *driver = channel ? driver_find(channel->driver) : NULL;

	(void)text;
	return driver ? driver->provider : "unknown";
}

static const struct by {
	const char *name;
	key_of_cell *key;
	bool in_order; /* the cells come by this key */
} bys[] = {
	{"", all_of, false},     {"channel", channel_of, false},   {"country", country_of, false},
	{"hour", hour_of, true}, {"provider", provider_of, false},
};

static const struct by *find_by(const char *name)
{
	for (size_t i = 0; i < sizeof(bys) / sizeof(bys[0]); i++)
		if (strcmp(bys[i].name, name) == 0)
			return &bys[i];
	return NULL;
}

static uint64_t quantile(const struct sums *sums, enum tally time, int percent)
{
	return (uint64_t)tally_quantile(&sums->counts[time], percent);
}

static void fill_stat(const struct admin *a, const struct sums *sums, struct stat_item *item)
{
	*item = (struct stat_item){
		.sent = (uint64_t)sums->counts[TALLY_SENT],
		.accepted = (uint64_t)sums->counts[TALLY_ACCEPTED],
		.delivered = (uint64_t)sums->counts[TALLY_DELIVERED],
		.read = (uint64_t)sums->counts[TALLY_READ],
		.failed = (uint64_t)sums->counts[TALLY_FAILED],
		.fallback = (uint64_t)sums->counts[TALLY_FALLBACK],
		.verified = (uint64_t)sums->counts[TALLY_VERIFIED],
		.send_ms_p50 = quantile(sums, TALLY_SEND_TIME, 50),
		.send_ms_p95 = quantile(sums, TALLY_SEND_TIME, 95),
		.delivery_ms_p50 = quantile(sums, TALLY_DELIVERY_TIME, 50),
		.delivery_ms_p95 = quantile(sums, TALLY_DELIVERY_TIME, 95),
		.answer_ms_p50 = quantile(sums, TALLY_ANSWER_TIME, 50),
		.answer_ms_p95 = quantile(sums, TALLY_ANSWER_TIME, 95),
		.cost = sums->counts[TALLY_COST] > 0 ? (uint64_t)sums->counts[TALLY_COST] : 0,
	};
	memcpy(item->key, sums->key, sizeof(item->key));
	snprintf(item->currency, sizeof(item->currency), "%s", a->engine->config->currency);
}

/* A page of keys, the least that were seen, in order: who is pushed out of it has its turn on the next. */
struct sum_page {
	size_t count;
	bool more;
	struct sums sums[ADMIN_PAGE_MAX];
};

/* The sums of a key; NULL: it is behind the page. */
static struct sums *sums_of(struct sum_page *page, const char *key)
{
	struct sums *at = &page->sums[page->count];

	while (at > page->sums && strcmp(at[-1].key, key) > 0)
		at--;
	if (at > page->sums && strcmp(at[-1].key, key) == 0)
		return at - 1;
	if (page->count == ADMIN_PAGE_MAX)
		page->more = true;
	else
		page->count++;
	if (at == &page->sums[ADMIN_PAGE_MAX])
		return NULL;
	memmove(at + 1, at, (size_t)(&page->sums[page->count] - at - 1) * sizeof(*at));
	*at = (struct sums){0};
	snprintf(at->key, sizeof(at->key), "%s", key);
	return at;
}

static int sum_up(struct admin *a, const struct by *by, struct sum_page *page)
{
	int64_t since = (int64_t)a->request->stats.since;
	const char *after = a->page->after;
	struct stat_cell cell;
	int r;

	since -= since % HOUR;
	if (by->in_order && after[0])
		since = strtoll(after, NULL, 10);
	r = store_stat_begin(a->tx, since);
	while (r >= 0 && (r = store_stat_next(a->tx, &cell)) > 0) {
		char text[WIRE_NAME_MAX];
		const char *key = by->key(a, &cell, text);
		struct sums *sums = !after[0] || strcmp(key, after) > 0 ? sums_of(page, key) : NULL;

		for (size_t place = 0; sums && place < TALLY_PLACES; place++)
			sums->counts[place] += cell.counts[place];
		if (by->in_order && page->more) {
			store_stat_end(a->tx);
			return 0;
		}
	}
	return r;
}

int admin_stats(struct admin *a)
{
	const struct by *by = find_by(a->request->stats.by);
	struct sum_page *page;
	int r;

	if (!by)
		return reply_done(a->reply, RESULT_DENY, "by: one of channel, country, provider, hour");
	page = calloc(1, sizeof(*page));
	if (!page)
		return -ENOMEM;
	r = sum_up(a, by, page);
	for (size_t i = 0; i < page->count && r == 0; i++)
		fill_stat(a, &page->sums[i], &a->page->items[a->page->count++].stat);
	a->page->more = page->more;
	if (page->count > 0)
		snprintf(a->page->after, sizeof(a->page->after), "%s", page->sums[page->count - 1].key);
	free(page);
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

static void add_money(void *userdata, const char *text)
{
	struct admin *a = userdata;

	if (a->page->count < ADMIN_PAGE_MAX) {
		struct health *item = add_health(a, "money", "degraded");

		snprintf(item->detail, sizeof(item->detail), "%s", text);
	}
}

int admin_health(struct admin *a)
{
	struct health *store = add_health(a, "store", "ok");
	int64_t open = 0;
	int r = store_challenge_count(a->tx, a->engine->clock->now(a->engine->clock), &open);

	snprintf(store->detail, sizeof(store->detail), "%lld open challenge%s", (long long)open, open == 1 ? "" : "s");
	if (r >= 0)
		r = add_alarms(a);
	if (r >= 0)
		r = spending_report(a->engine, a->tx, add_money, a);
	if (r >= 0)
		r = add_breakers(a);
	return r < 0 ? r : reply_done(a->reply, RESULT_ALLOW, "%s", "");
}
