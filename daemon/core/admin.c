#include "daemon/core/admin.h"

#include "daemon/core/addresses.h"
#include "daemon/core/admin_ops.h"
#include "daemon/core/conversation.h"
#include "daemon/core/outbox.h"
#include "daemon/core/route.h"
#include "daemon/core/store_challenge.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define ENROLMENT_SERVICE "enrolment"
#define TEST_SERVICE "test"

/* An enrolment's code has the longest life: somebody reads it out over the phone. */
#define ENROLMENT_TTL 600
#define ENROLMENT_TRIES 5

static void begin_dialogue(const struct admin *a, struct dialogue *d)
{
	*d = (struct dialogue){
		.engine = a->engine,
		.tx = a->tx,
		.reply = a->reply,
		.now = a->engine->clock->now(a->engine->clock),
		.address = "",
		.show_digits = true,
	};
}

int admin_find_user(const struct admin *a, const char *user, struct enrolment *ret)
{
	int r = store_enrolment_get(a->tx, user, ret);

	if (r == 0)
		reply_done(a->reply, RESULT_DENY, "%s is not enrolled", user);
	return r;
}

static int open_phone(const struct admin *a, const struct enrolment *e, struct phone *ret)
{
	return keys_open(a->engine->keys, e->user, e->sealed, e->sealed_length, ret->e164, sizeof(ret->e164));
}

/* Enrolling */

static bool channel_ok(const struct admin *a, const char *channel)
{
	if (!channel[0] || config_channel(a->engine->config, channel))
		return true;
	reply_done(a->reply, RESULT_DENY, "there is no channel \"%s\" in the config", channel);
	return false;
}

static bool language_ok(const struct admin *a, const char *lang)
{
	if (strspn(lang, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") == strlen(lang))
		return true;
	reply_done(a->reply, RESULT_DENY, "\"%s\" is no language such as \"en\" or \"pt_BR\"", lang);
	return false;
}

static bool country_ok(const struct admin *a, const struct phone *phone)
{
	char country[PHONE_COUNTRY_MAX];

	if (config_has_country(a->engine->config, phone))
		return true;
	reply_done(a->reply, RESULT_DENY, "limits { countries } of the config does not have %s: nothing is sent there",
		   phone_country(phone, country));
	return false;
}

static int fill_enrolment(const struct admin *a, const struct phone *phone, struct enrolment *e)
{
	const struct enroll *request = &a->request->enroll;
	int r;

	memset(e, 0, sizeof(*e));
	snprintf(e->user, sizeof(e->user), "%s", request->user);
	snprintf(e->channel, sizeof(e->channel), "%s", request->channel);
	snprintf(e->lang, sizeof(e->lang), "%s", request->lang);
	snprintf(e->consent, sizeof(e->consent), "%s", request->consent);
	snprintf(e->consent_by, sizeof(e->consent_by), "%s", a->by);
	r = keys_number_index(a->engine->keys, phone, e->index);
	if (r == 0)
		r = keys_seal(a->engine->keys, e->user, phone->e164, e->sealed);
	e->sealed_length = r > 0 ? (size_t)r : 0;
	return r < 0 ? r : 0;
}

static int finish_enrolment(const struct admin *a, struct enrolment *e, bool verified)
{
	char mask[PHONE_MASK_MAX];
	struct enrolment old;
	struct phone phone;
	int r = open_phone(a, e, &phone);

	if (r < 0)
		return r;
	r = store_enrolment_get(a->tx, e->user, &old);
	if (r < 0)
		return r;
	/* What counts against the user outlasts a number that is only verified again. */
	if (r > 0 && memcmp(old.index, e->index, KEYS_INDEX_SIZE) == 0)
		*e = old;
	e->state = ENROLMENT_ACTIVE;
	e->verified = verified;
	e->enrolled_at = a->engine->clock->wall(a->engine->clock);
	e->trusted_at = e->enrolled_at;
	r = store_enrolment_put(a->tx, e);
	/* Whoever waits at a decoy's prompt begins anew. */
	if (r == 0)
		r = store_challenge_cancel_user(a->tx, e->user);
	reply_note(a->reply, LOG_NOTICE, "%s is enrolled with %s by %s%s", e->user, phone_mask(&phone, mask),
		   e->consent_by, verified ? "" : ", not verified");
	OPENSSL_cleanse(&phone, sizeof(phone));
	return r < 0 ? r : reply_done(a->reply, RESULT_ALLOW, "%s is enrolled", e->user);
}

/* Opens a challenge of the tool's own, in the place of an earlier one. */
static int open_own_challenge(struct dialogue *d, enum challenge_purpose purpose, const char *service)
{
	struct challenge *c = &d->challenge, old;
	int r = store_challenge_find(d->tx, d->enrolment.user, service, "", &old);

	if (r > 0)
		r = store_challenge_close(d->tx, old.id, CHALLENGE_CANCELLED);
	if (r < 0)
		return r;
	snprintf(c->user, sizeof(c->user), "%s", d->enrolment.user);
	snprintf(c->service, sizeof(c->service), "%s", service);
	c->purpose = purpose;
	c->code_length = config_policy(d->engine->config, "default")->code_length;
	c->tries_max = ENROLMENT_TRIES;
	return dialogue_open(d, ENROLMENT_TTL);
}

static int send_enrolment_code(const struct admin *a, struct enrolment *e)
{
	struct dialogue d;
	int r;

	begin_dialogue(a, &d);
	d.enrolment = *e;
	r = open_own_challenge(&d, CHALLENGE_ENROLMENT, ENROLMENT_SERVICE);
	if (r == 0)
		r = dialogue_save(&d);
	if (r == 0)
		r = store_pending_put(a->tx, d.challenge.id, e);
	if (r == 0)
		r = route_choose(&d);
	if (r == 0 && !d.channels[0])
		r = reply_done(a->reply, RESULT_DENY, "no channel can carry a code: %s", d.refused);
	else if (r == 0)
		r = conversation_send(&d, 0);
	dialogue_wipe(&d);
	return r;
}

static int enroll(struct admin *a)
{
	const struct enroll *request = &a->request->enroll;
	struct enrolment e;
	struct phone phone;
	int r;

	if (!request->user[0])
		return reply_done(a->reply, RESULT_DENY, "the user's name is empty");
	if (phone_parse(request->phone, &phone) < 0)
		return reply_done(a->reply, RESULT_DENY,
				  "the number is not E.164: + and the country's code come first");
	if (!channel_ok(a, request->channel) || !language_ok(a, request->lang) || !country_ok(a, &phone))
		return 0;
	r = store_enrolment_get(a->tx, request->user, &e);
	if (r > 0)
		return reply_done(a->reply, RESULT_DENY, "%s is already enrolled: remove the enrolment first",
				  request->user);
	if (r == 0)
		r = fill_enrolment(a, &phone, &e);
	OPENSSL_cleanse(&phone, sizeof(phone));
	if (r < 0)
		return r;
	return request->no_verify ? finish_enrolment(a, &e, false) : send_enrolment_code(a, &e);
}

/* The number that is enrolled already proves itself once more: then nothing keeps codes from it. */
static int verify(struct admin *a)
{
	struct enrolment e;
	int r = admin_find_user(a, a->request->user.user, &e);

	if (r <= 0)
		return r;
	if (e.state == ENROLMENT_SUSPENDED)
		return reply_done(a->reply, RESULT_DENY, "%s is suspended by an admin: resume comes first", e.user);
	if (e.locked_until > a->engine->clock->now(a->engine->clock) ||
	    e.failures >= a->engine->config->limits.disable_after)
		return reply_done(a->reply, RESULT_DENY, "%s is locked: unlock comes first", e.user);
	return send_enrolment_code(a, &e);
}

static int enroll_check(const struct admin *a, struct dialogue *d, const char *code)
{
	int verdict = conversation_check(d, code);

	switch (verdict) {
	case VERDICT_ACCEPTED:
		return finish_enrolment(a, &d->enrolment, true);
	case VERDICT_WRONG:
		return conversation_ask(d, PROMPT_WRONG);
	case VERDICT_BURNED:
		return reply_done(a->reply, RESULT_DENY, "wrong code, no try left: enroll again");
	case VERDICT_EXPIRED:
		return reply_done(a->reply, RESULT_DENY, "the code is too old: enroll again");
	default:
		return verdict < 0 ? verdict : -EPROTO;
	}
}

static int enroll_dialogue(const struct admin *a, struct dialogue *d)
{
	char code[WIRE_CODE_MAX];
	enum answer_kind kind = answer_parse(a->request->enroll_answer.text, code);
	int r;

	if (kind == ANSWER_RESEND)
		r = conversation_send(d, 0);
	else if (kind == ANSWER_NEXT_CHANNEL)
		r = conversation_send_next(d);
	else if (kind == ANSWER_CODE)
		r = enroll_check(a, d, code);
	else if (kind == ANSWER_EMPTY)
		r = reply_done(a->reply, RESULT_DENY, "no code typed: nothing has changed");
	else
		r = conversation_ask(d, PROMPT_HELP);
	OPENSSL_cleanse(code, sizeof(code));
	return r;
}

static int enroll_answer(struct admin *a)
{
	unsigned char id[KEYS_ID_SIZE];
	struct dialogue d;
	int r;

	begin_dialogue(a, &d);
	if (challenge_id_parse(a->request->enroll_answer.challenge, id) < 0)
		return reply_done(a->reply, RESULT_DENY, "the challenge's id is malformed");
	r = store_challenge_get(a->tx, id, &d.challenge);
	if (r > 0 && (d.challenge.purpose != CHALLENGE_ENROLMENT || d.challenge.state != CHALLENGE_OPEN))
		r = 0;
	if (r > 0)
		r = store_pending_get(a->tx, id, &d.enrolment);
	if (r == 0)
		return reply_done(a->reply, RESULT_DENY, "no enrolment waits for this code: enroll again");
	if (r > 0)
		r = route_choose(&d);
	if (r == 0)
		r = enroll_dialogue(a, &d);
	dialogue_wipe(&d);
	return r;
}

/* Showing */

static const char *state_name(const struct admin *a, const struct enrolment *e, int64_t now)
{
	if (e->state == ENROLMENT_SUSPENDED)
		return "suspended";
	if (e->state == ENROLMENT_STALE)
		return "stale";
	if (e->failures >= a->engine->config->limits.disable_after)
		return "disabled";
	return e->locked_until > now ? "locked" : "active";
}

static int show_phone(const struct admin *a, const struct enrolment *e, bool reveal, char out[static WIRE_PHONE_MAX])
{
	char mask[PHONE_MASK_MAX];
	struct phone phone;
	int r = open_phone(a, e, &phone);

	if (r == 0)
		snprintf(out, WIRE_PHONE_MAX, "%s", reveal ? phone.e164 : phone_mask(&phone, mask));
	OPENSSL_cleanse(&phone, sizeof(phone));
	return r;
}

static int add_enrolment(const struct admin *a, const struct enrolment *e, bool reveal)
{
	int64_t now = a->engine->clock->now(a->engine->clock);
	struct enrolment_item *item = &a->page->items[a->page->count++].enrolment;

	memset(item, 0, sizeof(*item));
	snprintf(item->user, sizeof(item->user), "%s", e->user);
	snprintf(item->state, sizeof(item->state), "%s", state_name(a, e, now));
	snprintf(item->channel, sizeof(item->channel), "%s", e->channel);
	snprintf(item->lang, sizeof(item->lang), "%s", e->lang);
	snprintf(item->consent, sizeof(item->consent), "%s", e->consent);
	snprintf(item->consent_by, sizeof(item->consent_by), "%s", e->consent_by);
	item->verified = e->verified != 0;
	item->enrolled_at = (uint64_t)e->enrolled_at;
	item->last_login_at = (uint64_t)e->last_login_at;
	item->failures = (uint64_t)e->failures;
	item->locked_seconds = e->locked_until > now ? (uint64_t)((e->locked_until - now + SECOND - 1) / SECOND) : 0;
	return show_phone(a, e, reveal, item->phone);
}

static void note_reveal(const struct admin *a, const char *whose)
{
	if (a->request->user.reveal)
		reply_note(a->reply, LOG_NOTICE, "the number of %s was shown to %s", whose, a->by);
}

static int list(struct admin *a)
{
	bool first = !a->page->after[0];
	struct enrolment e;
	int r = 0;

	while (a->page->count < ADMIN_PAGE_MAX && (r = store_enrolment_next(a->tx, a->page->after, &e)) > 0) {
		r = add_enrolment(a, &e, a->request->user.reveal);
		if (r < 0)
			return r;
		snprintf(a->page->after, sizeof(a->page->after), "%s", e.user);
	}
	if (r < 0)
		return r;
	a->page->more = a->page->count == ADMIN_PAGE_MAX;
	if (first)
		note_reveal(a, "every user");
	return reply_done(a->reply, RESULT_ALLOW, "%s", "");
}

static int show(struct admin *a)
{
	struct enrolment e;
	int r = admin_find_user(a, a->request->user.user, &e);

	if (r <= 0)
		return r;
	note_reveal(a, e.user);
	r = add_enrolment(a, &e, a->request->user.reveal);
	if (r == 0)
		r = addresses_show(a->engine, a->tx, e.user, a->request->user.reveal, &a->page->items[0].enrolment);
	return r < 0 ? r : reply_done(a->reply, RESULT_ALLOW, "%s", "");
}

static void add_challenge(const struct admin *a, const struct challenge *c)
{
	int64_t now = a->engine->clock->now(a->engine->clock);
	struct challenge_item *item = &a->page->items[a->page->count++].challenge;

	memset(item, 0, sizeof(*item));
	challenge_id_format(c->id, item->challenge);
	snprintf(item->user, sizeof(item->user), "%s", c->user);
	snprintf(item->service, sizeof(item->service), "%s", c->service);
	snprintf(item->source, sizeof(item->source), "%s", c->source);
	snprintf(item->state, sizeof(item->state), "%s",
		 challenge_state_names[c->expires > now ? c->state : CHALLENGE_EXPIRED]);
	item->tries = (uint64_t)c->tries;
	item->sends = c->decoy ? 0 : (uint64_t)c->sends;
	item->seconds_left = c->expires > now ? (uint64_t)((c->expires - now) / SECOND) : 0;
}

static int challenges(struct admin *a)
{
	unsigned char after[KEYS_ID_SIZE] = {0};
	struct challenge c;
	int r = a->page->after[0] ? challenge_id_parse(a->page->after, after) : 0;

	while (r >= 0 && a->page->count < ADMIN_PAGE_MAX && (r = store_challenge_next(a->tx, after, &c)) > 0) {
		add_challenge(a, &c);
		memcpy(after, c.id, sizeof(after));
	}
	if (r < 0)
		return r;
	a->page->more = a->page->count == ADMIN_PAGE_MAX;
	challenge_id_format(after, a->page->after);
	return reply_done(a->reply, RESULT_ALLOW, "%s", "");
}

static void add_delivery(const struct admin *a, const struct delivery *d)
{
	int64_t now = a->engine->clock->now(a->engine->clock);
	struct delivery_item *item = &a->page->items[a->page->count++].delivery;

	memset(item, 0, sizeof(*item));
	snprintf(item->channel, sizeof(item->channel), "%s", d->channel);
	snprintf(item->state, sizeof(item->state), "%s", delivery_state_names[d->state]);
	snprintf(item->code, sizeof(item->code), "%s", d->code);
	snprintf(item->detail, sizeof(item->detail), "%s", d->detail);
	item->wait_ms = d->state == DELIVERY_PLANNED && d->due > now ? (uint64_t)(d->due - now) / 1000 : 0;
}

static int deliveries(struct admin *a)
{
	unsigned char id[KEYS_ID_SIZE];
	struct challenge c;
	struct delivery d;
	int64_t position = 0;
	int r = challenge_id_parse(a->request->deliveries.challenge, id);

	r = r < 0 ? 0 : store_challenge_get(a->tx, id, &c);
	if (r == 0)
		return reply_done(a->reply, RESULT_DENY, "there is no such challenge");
	while (r > 0 && a->page->count < ADMIN_PAGE_MAX &&
	       (r = store_delivery_at(a->tx, id, c.generation, position, &d)) > 0) {
		add_delivery(a, &d);
		position = d.position + 1;
	}
	return r < 0 ? r : reply_done(a->reply, RESULT_ALLOW, "%s", "");
}

/* Changing */

static int set(struct admin *a)
{
	const struct admin_set *request = &a->request->set;
	bool automatic = strcmp(request->channel, "auto") == 0;
	struct enrolment e;
	int r;

	if ((!automatic && !channel_ok(a, request->channel)) || !language_ok(a, request->lang))
		return 0;
	r = admin_find_user(a, request->user, &e);
	if (r <= 0)
		return r;
	if (request->channel[0])
		snprintf(e.channel, sizeof(e.channel), "%s", automatic ? "" : request->channel);
	if (request->lang[0])
		snprintf(e.lang, sizeof(e.lang), "%s", request->lang);
	r = store_enrolment_put(a->tx, &e);
	reply_note(a->reply, LOG_NOTICE, "%s was changed by %s", e.user, a->by);
	return r < 0 ? r : reply_done(a->reply, RESULT_ALLOW, "%s is changed", e.user);
}

static int set_state(struct admin *a, enum enrolment_state state, const char *word)
{
	struct enrolment e;
	int r = admin_find_user(a, a->request->user.user, &e);

	if (r <= 0)
		return r;
	if (e.state == (int64_t)state)
		return reply_done(a->reply, RESULT_ALLOW, "%s was %s before", e.user, word);
	e.state = state;
	if (state == ENROLMENT_ACTIVE)
		e.trusted_at = a->engine->clock->wall(a->engine->clock);
	r = store_enrolment_put(a->tx, &e);
	if (r == 0)
		r = store_challenge_cancel_user(a->tx, e.user);
	reply_note(a->reply, LOG_NOTICE, "%s: %s by %s", e.user, state == ENROLMENT_ACTIVE ? "resumed" : word, a->by);
	return r < 0 ? r : reply_done(a->reply, RESULT_ALLOW, "%s is %s", e.user, word);
}

static int suspend(struct admin *a)
{
	return set_state(a, ENROLMENT_SUSPENDED, "suspended");
}

static int resume(struct admin *a)
{
	return set_state(a, ENROLMENT_ACTIVE, "active");
}

static int unlock(struct admin *a)
{
	struct enrolment e;
	int r = admin_find_user(a, a->request->user.user, &e);

	if (r <= 0)
		return r;
	r = store_enrolment_clear(a->tx, e.user, 0);
	if (r == 0)
		r = store_enrolment_trust(a->tx, e.user, a->engine->clock->wall(a->engine->clock));
	reply_note(a->reply, LOG_NOTICE, "%s was unlocked by %s after %lld failures", e.user, a->by,
		   (long long)e.failures);
	return r < 0 ? r : reply_done(a->reply, RESULT_ALLOW, "%s is unlocked", e.user);
}

static int remove_user(struct admin *a)
{
	struct enrolment e;
	int r = admin_find_user(a, a->request->user.user, &e);

	if (r <= 0)
		return r;
	r = store_challenge_cancel_user(a->tx, e.user);
	if (r == 0)
		r = store_enrolment_remove(a->tx, e.user);
	reply_note(a->reply, LOG_NOTICE, "%s was removed by %s", e.user, a->by);
	return r < 0 ? r : reply_done(a->reply, RESULT_ALLOW, "%s is removed", e.user);
}

static int send_test(struct admin *a, struct dialogue *d)
{
	int r = open_own_challenge(d, CHALLENGE_TEST, TEST_SERVICE);

	d->only = a->request->user.channel[0] ? a->request->user.channel : NULL;
	if (r == 0)
		r = route_choose(d);
	if (r == 0 && !d->channels[0])
		return reply_done(a->reply, RESULT_DENY, "no channel can carry a code: %s", d->refused);
	if (r == 0)
		r = conversation_send(d, 0);
	if (r == 0) /* the further channels are for what fails */
		r = outbox_pause(a->tx, d->challenge.id);
	if (r < 0)
		return r;
	if (d->challenge.sends == 0)
		return reply_done(a->reply, RESULT_DENY, "a limit is reached: try again later");
	challenge_id_format(d->challenge.id, a->reply->done.challenge);
	return reply_done(a->reply, RESULT_ALLOW, "a code is on its way");
}

static int test(struct admin *a)
{
	struct dialogue d;
	int r;

	begin_dialogue(a, &d);
	if (!channel_ok(a, a->request->user.channel))
		return 0;
	r = admin_find_user(a, a->request->user.user, &d.enrolment);
	if (r <= 0)
		return r;
	if (d.enrolment.state != ENROLMENT_ACTIVE || dialogue_pretends(&d))
		r = reply_done(a->reply, RESULT_DENY, "%s is suspended or locked: no code is sent", d.enrolment.user);
	else if (!a->engine->sender_ready)
		r = reply_done(a->reply, RESULT_DENY, "the sender is not connected: is whatsapp-otp-sender running?");
	else
		r = send_test(a, &d);
	dialogue_wipe(&d);
	return r;
}

const struct admin_op admin_ops[] = {
	{&wire_enroll, NULL, false, enroll},
	{&wire_enroll_answer, NULL, false, enroll_answer},
	{&wire_list, &wire_enrolment, true, list},
	{&wire_show, &wire_enrolment, true, show},
	{&wire_set, NULL, false, set},
	{&wire_suspend, NULL, false, suspend},
	{&wire_resume, NULL, false, resume},
	{&wire_unlock, NULL, false, unlock},
	{&wire_remove, NULL, false, remove_user},
	{&wire_verify, NULL, false, verify},
	{&wire_address, NULL, false, admin_address},
	{&wire_link_begin, NULL, false, admin_link_begin},
	{&wire_test, NULL, false, test},
	{&wire_challenges, &wire_challenge, true, challenges},
	{&wire_deliveries, &wire_delivery, true, deliveries},
	{&wire_alarms, &wire_alarm, true, admin_alarms},
	{&wire_alarms_ack, NULL, false, admin_alarms_ack},
	{&wire_breakers, &wire_breaker, true, admin_breakers},
	{&wire_breaker_close, NULL, false, admin_breaker_close},
	{&wire_stats, &wire_stat, true, admin_stats},
	{&wire_route_explain, &wire_route_step, true, admin_route_explain},
	{&wire_health, &wire_health, true, admin_health},
};
const size_t admin_op_count = sizeof(admin_ops) / sizeof(admin_ops[0]);
