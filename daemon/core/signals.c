#include "daemon/core/signals.h"

#include "daemon/core/alarms.h"
#include "daemon/core/distrust.h"
#include "daemon/core/learning.h"
#include "daemon/core/outcome.h"
#include "daemon/core/store_breaker.h"
#include "daemon/core/store_challenge.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

struct context {
	const struct engine *engine;
	struct tx *tx;
	const struct signal *signal;
	struct reply *reply;
};

/* People */

#define FRESH 900 /* seconds; a code and what is said of it live no longer */

/* When the provider says that it happened; it may tell late, and again for days. */
static int64_t time_of(const struct context *x)
{
	int64_t wall = x->engine->clock->wall(x->engine->clock);

	return x->signal->at > 0 && (int64_t)x->signal->at < wall ? (int64_t)x->signal->at : wall;
}

/*
 * Runs for everybody who is enrolled with the signal's number and was not confirmed since; within the same second, the
 * event counts.
 */
static int for_each_owner(const struct context *x, int (*act)(const struct context *, struct enrolment *))
{
	unsigned char index[KEYS_INDEX_SIZE];
	struct enrolment e = {0};
	struct phone phone;
	int r;

	if (phone_parse(x->signal->phone, &phone) < 0)
		return 0;
	r = keys_number_index(x->engine->keys, &phone, index);
	while (r >= 0 && (r = store_enrolment_of_number(x->tx, index, e.user, &e)) > 0)
		if (time_of(x) >= e.trusted_at)
			r = act(x, &e);
	return r;
}

/* Unless a lock for this reason that began after the event holds already; a lock by wrong codes is shorter. */
static int lock(const struct context *x, struct enrolment *e)
{
	int64_t now = x->engine->clock->now(x->engine->clock);

	if (e->locked_until > now && e->locked_for >= x->engine->config->limits.not_requested_lock * SECOND &&
	    e->locked_wall - e->locked_for / SECOND >= time_of(x))
		return 0;
	return distrust_caller(x->engine, x->tx, e, x->reply);
}

/* The recipient of a message that we sent says so, once. */
static int disown(const struct context *x, struct delivery *d)
{
	static const char disowned[] = "the recipient did not ask for it";
	struct enrolment e;
	struct challenge c;
	int r = strcmp(d->detail, disowned) == 0 ? 0 : store_challenge_get(x->tx, d->challenge, &c);

	if (r <= 0)
		return r;
	strcpy(d->detail, disowned);
	r = store_delivery_update(x->tx, d);
	if (r == 0)
		r = store_challenge_close(x->tx, c.id, CHALLENGE_CANCELLED);
	reply_watch(x->reply, x->engine->config, c.id, 0, true);
	if (r >= 0)
		r = store_enrolment_get(x->tx, c.user, &e);
	if (r > 0 && c.purpose != CHALLENGE_ENROLMENT)
		return time_of(x) >= e.trusted_at ? distrust_caller(x->engine, x->tx, &e, x->reply) : 0;
	if (c.purpose != CHALLENGE_ENROLMENT) /* whoever it was is gone */
		return r;
	return r < 0 ? r
		     : alarm_raise(x->engine, x->tx, x->reply, "not-requested", c.user,
				   "%s: who holds the number did not ask for the code of the enrolment: is it theirs?",
				   c.user);
}

static int on_not_requested(const struct context *x)
{
	struct delivery d;
	int r = outcome_find(x->engine, x->tx, x->signal->provider, "", x->signal->message_id, &d);

	if (r > 0)
		return disown(x, &d);
	/* Another's message from the same sender is none of our business; one without a name may be ours, if it is new.
	 */
	if (r < 0 || x->signal->message_id[0] || x->engine->clock->wall(x->engine->clock) - time_of(x) > FRESH)
		return r;
	return for_each_owner(x, lock);
}

static int suspend(const struct context *x, struct enrolment *e)
{
	bool number = x->signal->kind == SIGNAL_NUMBER_CHANGED;

	if (e->state != ENROLMENT_ACTIVE) /* told before: who is just being verified goes on */
		return 0;
	return distrust_number(x->engine, x->tx, e->user, number ? "number-changed" : "identity", x->reply);
}

static int on_changed(const struct context *x)
{
	return for_each_owner(x, suspend);
}

/* The account's */

static bool is_of_provider(const struct config_channel *channel, const struct signal *signal)
{
	const struct driver *driver = driver_find(channel->driver);

	return driver && strcmp(driver->provider, signal->provider) == 0;
}

static bool has_language(const struct config_channel *channel, const char *lang)
{
	return strcmp(learning_language(channel, lang), lang) == 0;
}

/* Opens or closes the breaker that the event is about, unless a later one has been heard of. */
static int set_breaker(const struct context *x, enum breaker scope, const char *subject, const char *channel)
{
	const struct signal *s = x->signal;
	struct breaker_row row;
	int64_t wall = x->engine->clock->wall(x->engine->clock), now = x->engine->clock->now(x->engine->clock);
	int64_t at = now - (wall - time_of(x)) * SECOND;
	int r = store_breaker_get(x->tx, scope, subject, channel, &row);

	if (r < 0 || (row.told > time_of(x) && row.told <= wall))
		return r < 0 ? r : 0;
	if (s->healthy && row.state.open_until > now && row.opened > at) /* it failed since then */
		return 0;
	row.told = time_of(x);
	row.state.first_at = now; /* what the closed one is kept by */
	row.opened = at;
	row.state.open_until = s->stops ? BREAKER_UNTIL_CLOSED : 0;
	snprintf(row.code, sizeof(row.code), "%s", s->event);
	snprintf(row.detail, sizeof(row.detail), "the provider says so");
	r = store_breaker_put(x->tx, &row);
	return r < 0 ? r : 1;
}

static int on_template_of(const struct context *x, const char *channel)
{
	const struct signal *s = x->signal;
	int r = s->stops || s->healthy ? set_breaker(x, BREAKER_TEMPLATE, s->lang, channel) : 1;

	if (r <= 0 || s->alarm != ALARM_NOW)
		return r;
	return alarm_raise(x->engine, x->tx, x->reply, "template", s->subject, "template %s (%s): %s%s%s", s->subject,
			   s->lang, s->event,
			   s->stops ? ": skipped for this language until it is approved again: channel " : "",
			   s->stops ? channel : "");
}

static int on_template(const struct context *x)
{
	const struct signal *s = x->signal;
	int r = 0;

	for (size_t i = 0; i < x->engine->config->channel_count && r >= 0; i++) {
		const struct config_channel *channel = &x->engine->config->channels[i];

		if (is_of_provider(channel, s) && strcmp(channel->template, s->subject) == 0 &&
		    has_language(channel, s->lang))
			r = on_template_of(x, channel->name);
	}
	if (r >= 0)
		reply_note(x->reply, s->healthy ? LOG_NOTICE : LOG_WARNING, "template %s (%s): %s", s->subject, s->lang,
			   s->event);
	return r;
}

static int on_account(const struct context *x)
{
	const struct signal *s = x->signal;
	char subject[WIRE_TEXT_MAX];
	int r = 0;

	reply_note(x->reply, LOG_NOTICE, "%s: %s: %s%s%s", s->provider, s->subject, s->event, s->detail[0] ? ": " : "",
		   s->detail);
	for (size_t i = 0; i < x->engine->config->channel_count && r >= 0 && (s->stops || s->healthy); i++)
		if (is_of_provider(&x->engine->config->channels[i], s) &&
		    x->engine->config->channels[i].kind == CHANNEL_WHATSAPP) /* it is WhatsApp's account */
			r = set_breaker(x, BREAKER_CHANNEL, "", x->engine->config->channels[i].name);
	if (r < 0 || s->alarm != ALARM_NOW)
		return r;
	snprintf(subject, sizeof(subject), "%s %.180s", s->provider, s->subject);
	return alarm_raise(x->engine, x->tx, x->reply, "account", subject, "%s: %s%s%s", subject, s->event,
			   s->detail[0] ? ": " : "", s->detail);
}

static int (*const kinds[])(const struct context *) = {
	[SIGNAL_NOT_REQUESTED] = on_not_requested, [SIGNAL_NUMBER_CHANGED] = on_changed, [SIGNAL_IDENTITY] = on_changed,
	[SIGNAL_TEMPLATE] = on_template,           [SIGNAL_ACCOUNT] = on_account,
};

int signal_take(const struct engine *engine, struct tx *tx, const struct signal *signal, struct reply *reply)
{
	const struct context x = {engine, tx, signal, reply};
	int r = kinds[signal->kind](&x);

	return r < 0 ? r : 0;
}
