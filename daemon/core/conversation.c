#include "daemon/core/conversation.h"

#include "daemon/core/budget.h"
#include "daemon/core/outbox.h"
#include "daemon/core/outcome.h"
#include "daemon/core/store_challenge.h"
#include "wire/name.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

static int tell_to_wait(struct dialogue *d, enum prompt_kind kind, int64_t wait)
{
	d->prompt.seconds = (wait + SECOND - 1) / SECOND;
	return conversation_ask(d, kind);
}

/* The code before is void, and what was planned to carry it. */
static int start_new_generation(struct dialogue *d)
{
	int r;

	d->challenge.generation++;
	r = store_delivery_move(d->tx, d->challenge.id, DELIVERY_PLANNED, DELIVERY_CANCELLED);
	if (r >= 0)
		r = store_delivery_move(d->tx, d->challenge.id, DELIVERY_PAUSED, DELIVERY_CANCELLED);
	return r < 0 ? r : 0;
}

static int send_code(struct dialogue *d)
{
	struct challenge *c = &d->challenge;
	bool resend = c->sends > 0;
	int r = resend ? start_new_generation(d) : 0;

	c->sends++;
	c->last_send = d->now;
	c->expires = d->now + c->ttl;
	if (r == 0)
		r = dialogue_save(d);
	if (r == 0)
		r = outbox_plan(d);
	return r < 0 ? r : conversation_ask(d, resend ? PROMPT_RESENT : PROMPT_SENT);
}

int conversation_send(struct dialogue *d, size_t first)
{
	int64_t wait = challenge_resend_wait(&d->challenge, &d->engine->config->limits, d->now);
	int r;

	if (!d->channels[first])
		return conversation_ask(d, PROMPT_NO_CHANNEL);
	if (wait > 0)
		return tell_to_wait(d, PROMPT_WAIT, wait);
	r = dialogue_pretends(d) ? 0 : budget_take(d, &wait);
	if (r < 0)
		return r;
	if (wait > 0 && d->show_digits)
		return tell_to_wait(d, PROMPT_LIMITED, wait);
	if (wait > 0) /* who proved nothing must not learn that there is somebody whose limit can be reached */
		d->challenge.decoy = 1;
	d->first = first;
	return send_code(d);
}

int conversation_send_next(struct dialogue *d)
{
	/* A code that is too old helps nobody. */
	int r = d->challenge.sends == 0 || d->challenge.expires <= d->now ? 0 : outbox_advance(d);

	if (r < 0)
		return r;
	if (d->challenge.sends == 0)
		return conversation_send(d, d->channels[0] && d->channels[1] ? 1 : 0);
	return conversation_ask(d, r > 0 ? PROMPT_NEXT : PROMPT_NO_NEXT);
}

static int compare(struct dialogue *d, const char *typed)
{
	char code[WIRE_CODE_MAX] = "";
	const struct challenge *c = &d->challenge;
	int r = keys_code(d->engine->keys, c->id, c->generation, c->user, c->service, c->code_length, code);
	/* Length is no secret: the message shows it. */
	bool same = r == 0 && strlen(typed) == strlen(code) && CRYPTO_memcmp(typed, code, strlen(code)) == 0;

	OPENSSL_cleanse(code, sizeof(code));
	return r < 0 ? r : same && c->sends > 0 && !dialogue_pretends(d);
}

static int count_failure(struct dialogue *d)
{
	char name[NAME_QUOTED_MAX];
	int64_t failures = d->enrolment.failures + 1;
	int charged = store_enrolment_charge(d->tx, d->challenge.user, d->now, d->engine->config->limits.disable_after);
	int64_t length = challenge_lock_time(&d->engine->config->limits, failures);

	if (charged < 0)
		return charged;
	name_quote(d->challenge.user, name);
	if (failures >= d->engine->config->limits.disable_after)
		reply_note(d->reply, LOG_ALERT,
			   "%s: disabled after %lld wrong codes in a row: whatsapp-otpctl unlock %s", name,
			   (long long)failures, name);
	else if (length > 0)
		reply_note(d->reply, LOG_WARNING, "%s: locked for %lld min after %lld wrong codes in a row", name,
			   (long long)(length / SECOND / 60), (long long)failures);
	if (length == 0)
		return 0;
	d->enrolment.locked_until = d->now + length;
	d->enrolment.locked_for = length;
	d->enrolment.locked_wall = d->engine->clock->wall(d->engine->clock) + length / SECOND;
	return store_enrolment_lock(d->tx, &d->enrolment);
}

/* 1 if a try was taken, 0 with the verdict if there is none to take. */
static int charge(struct dialogue *d, enum verdict *ret)
{
	struct challenge *c = &d->challenge;
	int taken = store_challenge_charge(d->tx, c->id, d->now);

	if (taken == 0)
		*ret = c->expires <= d->now ? VERDICT_EXPIRED : VERDICT_BURNED;
	c->tries += taken > 0;
	if (taken > 0 && !c->decoy && c->counts && dialogue_is_locked(d)) {
		*ret = VERDICT_LOCKED;
		return 0;
	}
	return taken;
}

static int accept(struct dialogue *d)
{
	int r = store_challenge_close(d->tx, d->challenge.id, CHALLENGE_USED);

	if (r == 0)
		return -EALREADY; /* another job took it: cannot be, jobs run one by one */
	if (r > 0 && d->challenge.counts)
		r = store_enrolment_clear(d->tx, d->challenge.user, d->engine->clock->wall(d->engine->clock));
	if (r >= 0)
		r = outcome_verified(d);
	return r < 0 ? r : VERDICT_ACCEPTED;
}

int conversation_check(struct dialogue *d, const char *code)
{
	enum verdict verdict = VERDICT_WRONG;
	int r = charge(d, &verdict);

	if (r < 0)
		return r;
	if (r == 0) {
		if (verdict == VERDICT_EXPIRED)
			r = store_challenge_close(d->tx, d->challenge.id, CHALLENGE_EXPIRED);
		else if (d->challenge.tries >= d->challenge.tries_max)
			r = store_challenge_close(d->tx, d->challenge.id, CHALLENGE_BURNED);
		return r < 0 ? r : (int)verdict;
	}
	r = compare(d, code);
	if (r < 0)
		return r;
	if (r > 0)
		return accept(d);
	r = d->challenge.counts && !d->challenge.decoy ? count_failure(d) : 0;
	if (r == 0 && d->challenge.tries >= d->challenge.tries_max) {
		r = store_challenge_close(d->tx, d->challenge.id, CHALLENGE_BURNED);
		verdict = VERDICT_BURNED;
	}
	return r < 0 ? r : (int)verdict;
}

static const char *label(const struct dialogue *d, const char *channel)
{
	const struct config_channel *section = channel ? config_channel(d->engine->config, channel) : NULL;

	return section ? channel_kind_label(section->kind) : "message";
}

/* Where the code is, and where it goes next, by what the outbox holds. */
static int find_deliveries(struct dialogue *d)
{
	struct delivery delivery;
	int64_t position = 0;
	bool on_the_way = false, any = false;
	int r;

	d->prompt.channel = label(d, d->channels[0]);
	while ((r = store_delivery_at(d->tx, d->challenge.id, d->challenge.generation, position, &delivery)) > 0) {
		bool planned = delivery_is_waiting(&delivery);

		position = delivery.position + 1;
		if (delivery.state == DELIVERY_SPARED || delivery.state == DELIVERY_CANCELLED)
			continue;
		if (planned && delivery.position > 0 && any && !d->prompt.next) {
			d->prompt.next = label(d, delivery.channel);
			d->prompt.next_seconds = (delivery.due - d->now + SECOND - 1) / SECOND;
		}
		if (!planned || !any)
			d->prompt.channel = label(d, delivery.channel);
		on_the_way = on_the_way || delivery.state != DELIVERY_FAILED;
		any = true;
	}
	if (any && !on_the_way && d->prompt.kind == PROMPT_RESUMED)
		d->prompt.kind = PROMPT_UNDELIVERED;
	return r;
}

/* Where the code goes and where next, while nothing of the plan has happened yet. */
static void tell_plan(struct dialogue *d)
{
	const char *const *channel = &d->channels[d->first];

	d->prompt.channel = label(d, channel[0]);
	if (channel[0] && channel[1]) {
		d->prompt.next = label(d, channel[1]);
		d->prompt.next_seconds = d->fallback_after;
	}
}

/* Without a sender a code cannot be on its way; that concerns everybody, so it tells nothing about anybody. */
static enum prompt_kind honest_kind(const struct dialogue *d, enum prompt_kind kind)
{
	bool claims = kind == PROMPT_SENT || kind == PROMPT_RESENT || kind == PROMPT_NEXT;

	return claims && !d->engine->sender_ready ? PROMPT_DELAYED : kind;
}

int conversation_ask(struct dialogue *d, enum prompt_kind kind)
{
	struct challenge *c = &d->challenge;
	struct prompt *p = &d->prompt;
	char digits[3] = "";
	int r = 0;

	if (d->show_digits && d->phone.e164[0])
		snprintf(digits, sizeof(digits), "%s", d->phone.e164 + strlen(d->phone.e164) - 2);
	else if (d->show_digits)
		keys_decoy_digits(d->engine->keys, c->user, digits);
	p->kind = honest_kind(d, kind);
	p->host = d->engine->hostname;
	p->digits = digits;
	p->tries_left = c->tries_max - c->tries;
	p->unsent = c->sends == 0;
	if (d->unsaved)
		r = dialogue_save(d);
	if (c->sends == 0 || kind == PROMPT_SENT || kind == PROMPT_RESENT)
		tell_plan(d);
	else if (r == 0)
		r = find_deliveries(d);
	if (r < 0)
		return r;
	d->reply->kind = REPLY_ASK;
	challenge_id_format(c->id, d->reply->ask.challenge);
	prompt_format(p, d->reply->ask.prompt);
	return 0;
}
