#include "daemon/core/signals.h"

#include "daemon/core/alarms.h"
#include "daemon/core/outcome.h"
#include "daemon/core/store_breaker.h"
#include "daemon/core/store_challenge.h"
#include "wire/name.h"

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

/* Runs for everybody who is enrolled with the signal's number. */
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
		r = act(x, &e);
	return r;
}

/* The account waits, for who typed the password is not who holds the phone. */
static int lock(const struct context *x, struct enrolment *e)
{
	int64_t now = x->engine->clock->now(x->engine->clock);
	int64_t length = x->engine->config->limits.not_requested_lock * SECOND;
	int r = store_challenge_cancel_user(x->tx, e->user);

	if (r < 0)
		return r;
	if (e->locked_until < now + length) {
		e->locked_until = now + length;
		e->locked_for = length;
		e->locked_wall = x->engine->clock->wall(x->engine->clock) + length / SECOND;
		r = store_enrolment_lock(x->tx, e);
	}
	return r < 0 ? r
		     : alarm_raise(x->engine, x->tx, x->reply, "not-requested", e->user,
				   "%s: did not ask for the code that was sent: somebody else knows the first factor; "
				   "locked for %lld min",
				   e->user, (long long)(length / SECOND / 60));
}

static int on_not_requested(const struct context *x)
{
	struct enrolment e;
	struct challenge c;
	struct delivery d;
	int r = outcome_find(x->engine, x->tx, x->signal->provider, "", x->signal->message_id, &d);

	if (r > 0)
		r = store_challenge_get(x->tx, d.challenge, &c);
	if (r > 0)
		r = store_enrolment_get(x->tx, c.user, &e);
	if (r != 0)
		return r < 0 ? r : lock(x, &e);
	return for_each_owner(x, lock);
}

static int suspend(const struct context *x, struct enrolment *e)
{
	bool number = x->signal->kind == SIGNAL_NUMBER_CHANGED;
	int r;

	if (e->state != ENROLMENT_ACTIVE)
		return 0;
	r = store_enrolment_state(x->tx, e->user, ENROLMENT_STALE);
	if (r == 0)
		r = store_challenge_cancel_user(x->tx, e->user);
	return r < 0 ? r
		     : alarm_raise(x->engine, x->tx, x->reply, number ? "number-changed" : "identity", e->user,
				   "%s: %s: the enrolment is suspended until whatsapp-otpctl verify or resume", e->user,
				   number ? "the account moved to another number"
					  : "another device or SIM answers to the number");
}

static int on_changed(const struct context *x)
{
	return for_each_owner(x, suspend);
}

/* The account's */

/* Is this channel the provider's, and does it use the template? */
static bool uses_template(const struct config_channel *channel, const struct signal *signal)
{
	const struct driver *driver = driver_find(channel->driver);

	return driver && strcmp(driver->provider, signal->provider) == 0 &&
	       strcmp(channel->template, signal->subject) == 0;
}

static int open_template(const struct context *x, const char *channel)
{
	struct breaker_row row;
	int r = store_breaker_get(x->tx, BREAKER_TEMPLATE, x->signal->lang, channel, &row);

	if (r < 0)
		return r;
	row.state.open_until = BREAKER_UNTIL_CLOSED;
	row.opened = x->engine->clock->now(x->engine->clock);
	snprintf(row.code, sizeof(row.code), "%s", x->signal->event);
	snprintf(row.detail, sizeof(row.detail), "%s", "the provider says so of the template");
	r = store_breaker_put(x->tx, &row);
	return r < 0 ? r
		     : alarm_raise(x->engine, x->tx, x->reply, "template", x->signal->subject,
				   "template %s (%s): %s: the channel %s is skipped for this language until it is "
				   "approved again",
				   x->signal->subject, x->signal->lang, x->signal->event, channel);
}

static int on_template(const struct context *x)
{
	const struct signal *s = x->signal;
	int r = 0;

	for (size_t i = 0; i < x->engine->config->channel_count && r >= 0; i++) {
		const struct config_channel *channel = &x->engine->config->channels[i];

		if (!uses_template(channel, s))
			continue;
		if (s->healthy)
			r = store_breaker_close(x->tx, BREAKER_TEMPLATE, s->lang, channel->name,
						x->engine->clock->now(x->engine->clock) + 1);
		else if (s->alarm == ALARM_NOW)
			r = open_template(x, channel->name);
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

	reply_note(x->reply, LOG_NOTICE, "%s: %s: %s%s%s", s->provider, s->subject, s->event, s->detail[0] ? ": " : "",
		   s->detail);
	if (s->alarm != ALARM_NOW)
		return 0;
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
