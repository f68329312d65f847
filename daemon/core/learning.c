#include "daemon/core/learning.h"

#include "daemon/base/hex.h"
#include "daemon/base/language.h"
#include "daemon/core/alarms.h"
#include "daemon/core/store_breaker.h"
#include "daemon/core/store_route.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *learning_language(const struct config_channel *channel, const char *lang)
{
	return language_choose(lang, channel->languages, channel->language);
}

/* What a breaker of a scope is about. */
static void find_subject(const struct lesson *l, enum breaker scope, char subject[static WIRE_NAME_MAX])
{
	const struct config_channel *channel = config_channel(l->engine->config, l->delivery->channel);

	subject[0] = '\0';
	if (scope == BREAKER_TEMPLATE && channel)
		snprintf(subject, WIRE_NAME_MAX, "%s", learning_language(channel, l->recipient->lang));
	else if (scope == BREAKER_RECIPIENT)
		hex_format(l->recipient->index, KEYS_INDEX_SIZE, subject);
	else if (scope == BREAKER_COUNTRY)
		snprintf(subject, WIRE_NAME_MAX, "%s", l->delivery->country);
}

static int64_t now_of(const struct lesson *l)
{
	return l->engine->clock->now(l->engine->clock);
}

/* Breakers */

static int trip(const struct lesson *l, const struct fault *why)
{
	char subject[WIRE_NAME_MAX];
	struct breaker_row row;
	bool opened;
	int r;

	if (why->breaker == BREAKER_NONE)
		return 0;
	find_subject(l, (enum breaker)why->breaker, subject);
	r = store_breaker_get(l->tx, (enum breaker)why->breaker, subject, l->delivery->channel, &row);
	if (r < 0)
		return r;
	opened = breaker_fail(&row.state, why, &l->engine->config->limits, now_of(l));
	if (opened) {
		row.opened = now_of(l);
		snprintf(row.code, sizeof(row.code), "%s", why->code);
		snprintf(row.detail, sizeof(row.detail), "%s", why->detail);
	}
	return store_breaker_put(l->tx, &row);
}

/* Alarms */

static const char *const alarm_kinds[] = {
	[BREAKER_NONE] = "channel",      [BREAKER_CHANNEL] = "channel", [BREAKER_TEMPLATE] = "template",
	[BREAKER_RECIPIENT] = "channel", [BREAKER_COUNTRY] = "country",
};

static int raise_alarm(const struct lesson *l, const struct fault *why)
{
	const char *channel = l->delivery->channel;
	char about[WIRE_NAME_MAX], subject[WIRE_TEXT_MAX];

	find_subject(l, (enum breaker)why->breaker, about);
	if (why->breaker == BREAKER_TEMPLATE || why->breaker == BREAKER_COUNTRY)
		snprintf(subject, sizeof(subject), "%s %s", channel, about);
	else
		snprintf(subject, sizeof(subject), "%s", channel);
	return alarm_raise(l->engine, l->tx, l->reply, alarm_kinds[why->breaker], subject, "%s: %s%s%s", subject,
			   why->code, why->code[0] ? ": " : "", why->detail);
}

/* An alarm at once, or when the same code has come often. */
static int sound(const struct lesson *l, const struct fault *why)
{
	struct breaker_row row;
	bool often;
	int r;

	if (why->failure == FAILURE_IDENTITY)
		return 0; /* it has an alarm of its own, about the user */
	if (why->alarm != ALARM_OFTEN)
		return why->alarm == ALARM_NOW ? raise_alarm(l, why) : 0;
	r = store_breaker_get(l->tx, BREAKER_NONE, why->code, l->delivery->channel, &row);
	if (r < 0)
		return r;
	often = breaker_count(&row.state, &l->engine->config->limits, now_of(l));
	r = store_breaker_put(l->tx, &row);
	return r == 0 && often ? raise_alarm(l, why) : r;
}

/* Scores */

/* Kept only where a route goes by them. */
static bool is_kept(const struct config *config)
{
	for (size_t i = 0; i < config->route_count; i++)
		if (config->routes[i].order == ORDER_ADAPTIVE)
			return true;
	return false;
}

/* usec less than 0: nobody knows. */
static int rate(const struct lesson *l, bool delivered, int64_t usec)
{
	struct delivery *d = l->delivery;
	bool again = d->rated != 0;
	struct score score;
	int r;

	if (!is_kept(l->engine->config) || !d->country[0] || (again && (!delivered || usec < 0)))
		return 0;
	r = store_score_get(l->tx, d->country, d->channel, &score);
	if (r < 0)
		return r;
	d->rated = 1;
	if (again)
		score_add_time(&score, usec);
	else
		score_add(&score, delivered, usec, l->engine->clock->wall(l->engine->clock));
	return store_score_put(l->tx, d->country, d->channel, &score);
}

/* The whole */

int learn_failure(const struct lesson *l, const struct fault *why)
{
	int r = trip(l, why);

	if (r == 0)
		r = sound(l, why);
	/* One who has no WhatsApp says nothing about the country's. */
	if (r == 0 && why->breaker != BREAKER_RECIPIENT)
		r = rate(l, false, -1);
	return r;
}

int learn_delivery(const struct lesson *l, int64_t usec)
{
	static const enum breaker scopes[] = {BREAKER_CHANNEL, BREAKER_TEMPLATE, BREAKER_RECIPIENT, BREAKER_COUNTRY};
	char subject[WIRE_NAME_MAX];
	int r = 0;

	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]) && r >= 0; i++) {
		find_subject(l, scopes[i], subject);
		/* What was under way when it opened proves nothing. */
		r = store_breaker_close(l->tx, scopes[i], subject, l->delivery->channel, l->delivery->due);
	}
	return r < 0 ? r : rate(l, true, usec);
}

int learn_arrival(const struct lesson *l)
{
	return rate(l, true, -1);
}

int learn_silence(const struct lesson *l)
{
	const struct config_channel *channel = config_channel(l->engine->config, l->delivery->channel);

	return channel && channel->receipts != RECEIPTS_NONE ? rate(l, false, -1) : 0;
}

int learning_waiting(struct tx *tx, int64_t now, char channels[][WIRE_NAME_MAX], size_t max)
{
	struct breaker_row row = {0};
	size_t count = 0;
	int r;

	while ((r = store_breaker_next(tx, now, &row)) > 0 && row.scope <= BREAKER_CHANNEL)
		if (row.scope == BREAKER_CHANNEL && row.state.open_until == BREAKER_UNTIL_CLOSED && count < max)
			memcpy(channels[count++], row.channel, sizeof(row.channel));
	return r < 0 ? r : (int)count;
}

int learn_recovery(struct tx *tx, const char *channel, int64_t before)
{
	return store_breaker_close(tx, BREAKER_CHANNEL, "", channel, before);
}
