#include "daemon/core/spending.h"

#include "daemon/core/alarms.h"
#include "daemon/core/store_route.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WARN_PERCENT 80
#define MICRO 1000000

/* The caps that a message of a channel counts towards; those that are not set are 0. */
struct cap {
	const char *channel; /* empty: of all channels */
	const char *period;
	int64_t most;
	size_t spent; /* offset in struct spend */
};
#define CAPS 4

static void find_caps(const struct config *config, const struct config_channel *c, struct cap caps[static CAPS])
{
	caps[0] = (struct cap){c->name, "hour", c->cost_per_hour.micro, offsetof(struct spend, hour)};
	caps[1] = (struct cap){c->name, "day", c->cost_per_day.micro, offsetof(struct spend, day)};
	caps[2] = (struct cap){"", "hour", config->limits.cost_per_hour.micro, offsetof(struct spend, hour)};
	caps[3] = (struct cap){"", "day", config->limits.cost_per_day.micro, offsetof(struct spend, day)};
}

static int64_t now_of(const struct engine *engine)
{
	return engine->clock->wall(engine->clock);
}

static int spent_of(const struct engine *engine, struct tx *tx, const struct cap *cap, int64_t *ret)
{
	struct spend spend;
	int r = store_spend_get(tx, cap->channel, now_of(engine), &spend);

	*ret = r < 0 ? 0 : *(const int64_t *)((const char *)&spend + cap->spent);
	return r < 0 ? r : 0;
}

int spending_allows(const struct engine *engine, struct tx *tx, const char *channel, char why[static WIRE_TEXT_MAX])
{
	const struct config_channel *c = config_channel(engine->config, channel);
	struct cap caps[CAPS];
	int64_t spent;

	if (!c || c->cost.micro == 0)
		return 1;
	find_caps(engine->config, c, caps);
	for (size_t i = 0; i < CAPS; i++) {
		int r = caps[i].most == 0 ? 0 : spent_of(engine, tx, &caps[i], &spent);

		if (r < 0)
			return r;
		if (caps[i].most == 0 || spent + c->cost.micro <= caps[i].most)
			continue;
		snprintf(why, WIRE_TEXT_MAX, "the cap of %" PRId64 ".%02" PRId64 " %s a%s %s%s is reached",
			 caps[i].most / MICRO, caps[i].most % MICRO / (MICRO / 100), engine->config->currency,
			 caps[i].period[0] == 'h' ? "n" : "", caps[i].period,
			 caps[i].channel[0] ? "" : " for all channels");
		return 0;
	}
	return 1;
}

/* True if adding a cost to what was spent crosses a share of the cap. */
static bool crosses(const struct cap *cap, int64_t spent, int64_t cost, int percent)
{
	int64_t share = cap->most / 100 * percent;

	return spent < share && spent + cost >= share;
}

static int watch_cap(const struct engine *engine, struct tx *tx, const struct cap *cap, int64_t cost,
		     struct reply *reply)
{
	const char *whose = cap->channel[0] ? cap->channel : "all channels";
	char subject[WIRE_NAME_MAX + 32];
	int64_t spent = 0;
	int r = cap->most == 0 ? 0 : spent_of(engine, tx, cap, &spent);

	if (r < 0 || cap->most == 0)
		return r;
	snprintf(subject, sizeof(subject), "%s, %s", whose, cap->period);
	if (spent + 2 * cost > cap->most && spent + cost <= cap->most) {
		strcat(subject, ", spent"); /* beside the one at 80 % */
		return alarm_raise(
			engine, tx, reply, "cost", subject,
			"%s: the %s's money is spent: until the next %s only what still fits is sent, and what "
			"costs nothing",
			whose, cap->period, cap->period);
	}
	if (crosses(cap, spent, cost, WARN_PERCENT))
		return alarm_raise(engine, tx, reply, "cost", subject, "%s: %d %% of the %s's money is spent", whose,
				   WARN_PERCENT, cap->period);
	return 0;
}

/* Wall clock of the time at which a delivery was handed over. */
static int64_t charged_at(const struct engine *engine, const struct delivery *delivery)
{
	return now_of(engine) - (engine->clock->now(engine->clock) - delivery->due) / SECOND;
}

int spending_charge(const struct engine *engine, struct tx *tx, struct delivery *delivery, struct reply *reply)
{
	const struct config_channel *c = config_channel(engine->config, delivery->channel);
	struct cap caps[CAPS];
	int r = 0;

	if (!c || c->cost.micro == 0)
		return 0;
	delivery->cost = c->cost.micro;
	events_add(&reply->events, TALLY_COST, c->name, delivery->country, delivery->cost);
	find_caps(engine->config, c, caps);
	for (size_t i = 0; i < CAPS && r == 0; i++)
		r = watch_cap(engine, tx, &caps[i], delivery->cost, reply);
	if (r == 0)
		r = store_spend_charge(tx, c->name, now_of(engine), delivery->cost);
	return r < 0 ? r : store_spend_charge(tx, "", now_of(engine), delivery->cost);
}

int spending_refund(const struct engine *engine, struct tx *tx, struct delivery *delivery, struct events *events)
{
	const struct config_channel *c = config_channel(engine->config, delivery->channel);
	int64_t cost = delivery->cost, wall = charged_at(engine, delivery);
	int r;

	if (!c || cost == 0)
		return 0;
	delivery->cost = 0;
	events_add(events, TALLY_COST, c->name, delivery->country, -cost);
	r = store_spend_refund(tx, c->name, wall, cost);
	return r < 0 ? r : store_spend_refund(tx, "", wall, cost);
}

/* One cap, if 80 % of it or more are spent. */
static int report_cap(const struct engine *engine, struct tx *tx, const struct cap *cap,
		      void (*tell)(void *userdata, const char *text), void *userdata)
{
	char text[WIRE_TEXT_MAX];
	int64_t spent = 0;
	int r = cap->most == 0 ? 0 : spent_of(engine, tx, cap, &spent);

	if (r < 0 || cap->most == 0 || spent < cap->most / 100 * WARN_PERCENT)
		return r;
	snprintf(text, sizeof(text), "%s: %" PRId64 " %% of the %s's money is spent",
		 cap->channel[0] ? cap->channel : "all channels", spent * 100 / cap->most, cap->period);
	tell(userdata, text);
	return 0;
}

int spending_report(const struct engine *engine, struct tx *tx, void (*tell)(void *userdata, const char *text),
		    void *userdata)
{
	struct cap caps[CAPS];
	int r = 0;

	for (size_t c = 0; c < engine->config->channel_count && r == 0; c++) {
		find_caps(engine->config, &engine->config->channels[c], caps);
		/* Those of all channels stand behind a channel's own: once is enough. */
		for (size_t i = 0; i < (c == 0 ? CAPS : CAPS / 2) && r == 0; i++)
			r = report_cap(engine, tx, &caps[i], tell, userdata);
	}
	return r;
}
