#include "daemon/core/engine.h"

#include "daemon/base/address.h"
#include "daemon/core/budget.h"
#include "daemon/core/conversation.h"
#include "daemon/core/outbox.h"
#include "daemon/core/route.h"
#include "daemon/core/store_challenge.h"
#include "wire/name.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

/* One login's request: the dialogue and what it is judged by. */
struct login {
	struct dialogue d;
	const struct login_begin *begin;
	const struct caller *caller;
	const struct config_policy *policy;
	bool enrolled;
	bool proven; /* may cause a message */
	char address[ADDRESS_TEXT_MAX];
};

/* An unprivileged caller may ask for nobody but itself. */
static bool caller_may_name(const struct caller *caller, const char *user)
{
	return caller->trusted || (caller->name[0] && strcmp(caller->name, user) == 0);
}

/* What makes two requests the same login: an address for a remote one, else the terminal and who sits at it. */
static void find_source(struct login *l)
{
	const struct login_begin *b = l->begin;
	struct address address;
	char *source = l->d.challenge.source;
	size_t size = sizeof(l->d.challenge.source);

	/* What an unprivileged caller says about itself must not stand in a message, nor use up anybody's limit. */
	if (l->caller->trusted && policy_is_remote(b) && address_parse(b->rhost, &address) == 0)
		address_format(&address, l->address);
	if (!l->caller->trusted)
		snprintf(source, size, "uid %u", (unsigned)l->caller->uid); /* it may name any terminal */
	else if (policy_is_remote(b))
		snprintf(source, size, "%s%s", l->address[0] ? l->address : "remote",
			 l->proven ? "" : " (no first factor)");
	else
		snprintf(source, size, "%.64s%s%.128s", b->tty[0] ? b->tty : "no tty", b->ruser[0] ? " " : "",
			 b->ruser);
	l->d.address = l->address;
}

static int load_enrolment(struct login *l)
{
	int r = store_enrolment_get(l->d.tx, l->begin->user, &l->d.enrolment);

	l->enrolled = r > 0;
	snprintf(l->d.enrolment.user, sizeof(l->d.enrolment.user), "%s", l->begin->user);
	return r < 0 ? r : 0;
}

/* Why no code may go to this user, for the log; NULL if one may. */
static const char *decoy_reason(const struct login *l)
{
	if (!caller_may_name(l->caller, l->begin->user))
		return "the caller may not name this user";
	if (!l->enrolled)
		return "not enrolled: whatsapp-otpctl enroll";
	if (l->d.enrolment.state == ENROLMENT_SUSPENDED)
		return "the enrolment is suspended: whatsapp-otpctl resume";
	if (l->d.enrolment.state == ENROLMENT_STALE)
		return "the number must be verified again: whatsapp-otpctl verify";
	if (!l->proven)
		return "no first factor was proven: let sshd ask for publickey,keyboard-interactive, or put pam_unix "
		       "requisite "
		       "before this module";
	return NULL;
}

/* 0 with the policy, or 1 with the refusal in the reply. */
static int choose_policy(struct login *l)
{
	const struct config *config = l->d.engine->config;
	int r = 0;

	if (caller_may_name(l->caller, l->begin->user))
		r = policy_match(config, l->begin, l->d.engine->in_group, &l->policy);
	else /* a decoy needs no look-up of a name that a stranger chose */
		l->policy = config_policy(config, "default");
	if (r == 0)
		return 0;
	if (!l->policy)
		reply_done(l->d.reply, RESULT_UNAVAILABLE, "the module's policy=%s names no policy of the config",
			   l->begin->policy);
	else
		reply_done(l->d.reply, RESULT_UNAVAILABLE,
			   "policy \"%s\": one of its groups cannot be looked up (%s): check their names and "
			   "nsswitch.conf",
			   l->policy->name, strerror(-r));
	return 1;
}

/* 0, 1 if the reply is there already, -errno. */
static int prepare(struct login *l, const struct engine *engine, struct tx *tx, const struct login_begin *begin,
		   const struct caller *caller, struct reply *reply)
{
	int r;

	*l = (struct login){.begin = begin, .caller = caller};
	l->d.engine = engine;
	l->d.tx = tx;
	l->d.reply = reply;
	l->d.now = engine->clock->now(engine->clock);
	r = choose_policy(l);
	if (r != 0)
		return r;
	l->d.policy = l->policy;
	l->proven = policy_may_send(l->policy, begin);
	l->d.show_digits = !policy_is_remote(begin) || begin->first_factor != FIRST_FACTOR_NONE;
	find_source(l);
	r = load_enrolment(l);
	if (r < 0)
		return r;
	if (decoy_reason(l)) {
		/* Nothing of a number may come near a decoy. */
		l->d.enrolment.sealed_length = 0;
		l->d.enrolment.channel[0] = '\0';
		l->d.enrolment.lang[0] = '\0';
	}
	return 0;
}

/* The two decisions that skip the factor (HOSTS.md 2.5): true if one was taken. */
static bool skips(struct login *l)
{
	if (!l->caller->trusted)
		return false;
	if (l->policy->exempt)
		return reply_done(l->d.reply, RESULT_IGNORE, "exempt by policy \"%s\"", l->policy->name) == 0;
	if (!l->enrolled && (l->policy->unenrolled == UNENROLLED_IGNORE || l->begin->nullok))
		return reply_done(l->d.reply, RESULT_IGNORE, "not enrolled, which %s lets pass",
				  l->begin->nullok ? "the module's nullok" : "the policy") == 0;
	return false;
}

static int open_challenge(struct login *l)
{
	struct challenge *c = &l->d.challenge;

	snprintf(c->user, sizeof(c->user), "%s", l->begin->user);
	snprintf(c->service, sizeof(c->service), "%s", l->begin->service);
	c->purpose = CHALLENGE_LOGIN;
	c->code_length = l->policy->code_length;
	c->tries_max = l->policy->tries;
	c->decoy = decoy_reason(l) != NULL;
	c->counts = l->caller->trusted;
	c->keep_fallback = l->policy->on_delivered == DELIVERED_KEEP;
	return dialogue_open(&l->d, l->policy->ttl);
}

/* The live challenge of this login, else a new one: 1 if it was resumed, 0 if it is new, -errno. */
static int find_challenge(struct login *l)
{
	struct challenge found;
	bool decoy = decoy_reason(l) != NULL;
	int64_t wait = 0;
	int r = store_challenge_find(l->d.tx, l->begin->user, l->begin->service, l->d.challenge.source, &found);

	if (r > 0 && found.expires > l->d.now && found.decoy == decoy) {
		l->d.challenge = found;
		return 1;
	}
	if (r > 0)
		r = store_challenge_close(l->d.tx, found.id,
					  found.expires > l->d.now ? CHALLENGE_CANCELLED : CHALLENGE_EXPIRED);
	if (r >= 0)
		r = budget_start(&l->d, l->caller->trusted, &wait);
	if (r == 0 && wait > 0)
		return reply_done(l->d.reply, RESULT_DENY, "uid %u begins too often, the next time in %lld s",
				  (unsigned)l->caller->uid, (long long)(wait / SECOND + 1));
	if (r >= 0)
		r = open_challenge(l);
	return r < 0 ? r : 0;
}

static int greet(struct login *l, bool resumed)
{
	struct challenge *c = &l->d.challenge;

	if (c->sends == 0)
		return policy_sends_at_once(l->policy, l->begin)
			       ? conversation_send(&l->d, 0)
			       : conversation_ask(&l->d, c->tries > 0 ? PROMPT_WRONG : PROMPT_UNSENT);
	if (resumed) {
		int r = outbox_resume(&l->d);

		if (r < 0)
			return r;
		reply_watch(l->d.reply, l->d.engine->config, c->id, (c->expires - l->d.now) / SECOND, false);
	}
	return conversation_ask(&l->d, c->tries > 0 ? PROMPT_WRONG : PROMPT_RESUMED);
}

static int converse(struct login *l)
{
	char name[NAME_QUOTED_MAX];
	int r = route_choose(&l->d);

	if (r >= 0)
		r = find_challenge(l);
	if (r < 0 || l->d.reply->kind == REPLY_DONE)
		return r;
	if (r == 0 && decoy_reason(l))
		reply_note(l->d.reply, LOG_NOTICE, "%s: %s from %s: no code is sent: %s",
			   name_quote(l->begin->user, name), l->begin->service, l->d.challenge.source, decoy_reason(l));
	return greet(l, r > 0);
}

int engine_begin(const struct engine *engine, struct tx *tx, const struct login_begin *begin,
		 const struct caller *caller, struct reply *reply)
{
	struct login l;
	int r = prepare(&l, engine, tx, begin, caller, reply);

	if (r == 0 && !skips(&l))
		r = converse(&l);
	dialogue_wipe(&l.d);
	return r < 0 ? r : 0;
}

/* An answer to a prompt whose challenge has ended meanwhile. */
static int answer_ended(struct login *l)
{
	static const char *const reasons[] = {[CHALLENGE_OPEN] = "",
					      [CHALLENGE_USED] = "the code was used already",
					      [CHALLENGE_BURNED] = "too many wrong codes",
					      [CHALLENGE_EXPIRED] = "the code is too old",
					      [CHALLENGE_CANCELLED] = "the challenge was cancelled"};
	int64_t state = l->d.challenge.state;

	return reply_done(l->d.reply, state == CHALLENGE_BURNED ? RESULT_LOCKED : RESULT_DENY, "%s", reasons[state]);
}

static int answer_code(struct login *l, const char *code)
{
	int verdict = conversation_check(&l->d, code);
	struct challenge *c = &l->d.challenge;

	switch (verdict) {
	case VERDICT_ACCEPTED:
		return reply_done(l->d.reply, RESULT_ALLOW, "code accepted");
	case VERDICT_WRONG:
		return reply_done(l->d.reply, RESULT_DENY, "wrong code, try %lld of %lld", (long long)c->tries,
				  (long long)c->tries_max);
	case VERDICT_BURNED:
		return reply_done(l->d.reply, RESULT_LOCKED, "wrong code, no try left");
	case VERDICT_EXPIRED:
		return reply_done(l->d.reply, RESULT_DENY, "the code is too old");
	case VERDICT_LOCKED:
		return reply_done(l->d.reply, RESULT_LOCKED, "the account is locked: whatsapp-otpctl unlock %s",
				  c->user);
	default:
		return verdict;
	}
}

static int answer_open(struct login *l, const char *text)
{
	char code[WIRE_CODE_MAX];
	enum answer_kind kind = answer_parse(text, code);
	/* A code is checked without a look at the number. */
	int r = kind == ANSWER_CODE ? 0 : route_choose(&l->d);

	if (r < 0)
		return r;
	switch (kind) {
	case ANSWER_EMPTY:
		r = l->d.challenge.sends == 0 ? conversation_send(&l->d, 0)
					      : reply_done(l->d.reply, RESULT_DENY, "no code typed");
		break;
	case ANSWER_RESEND:
		r = conversation_send(&l->d, 0);
		break;
	case ANSWER_NEXT_CHANNEL:
		r = conversation_send_next(&l->d);
		break;
	case ANSWER_HELP:
		r = conversation_ask(&l->d, PROMPT_HELP);
		break;
	case ANSWER_CODE:
		r = answer_code(l, code);
		break;
	default:
		r = reply_done(l->d.reply, RESULT_DENY, "what was typed is no code");
	}
	OPENSSL_cleanse(code, sizeof(code));
	return r;
}

/* The challenge is this login's. What has become a decoy since it was opened stays one for this answer. */
static bool belongs(struct login *l)
{
	struct challenge *c = &l->d.challenge;

	c->decoy = c->decoy || decoy_reason(l);
	return c->purpose == CHALLENGE_LOGIN && strcmp(c->user, l->begin->user) == 0 &&
	       strcmp(c->service, l->begin->service) == 0;
}

int engine_answer(const struct engine *engine, struct tx *tx, const struct login_begin *begin,
		  const struct caller *caller, const struct login_answer *answer, struct reply *reply)
{
	unsigned char id[KEYS_ID_SIZE];
	struct login l;
	int r = prepare(&l, engine, tx, begin, caller, reply);

	if (r > 0)
		return 0;
	if (r == 0)
		r = challenge_id_parse(answer->challenge, id);
	if (r == 0)
		r = store_challenge_get(tx, id, &l.d.challenge);
	if (r == 0 || (r > 0 && !belongs(&l))) {
		r = reply_done(reply, RESULT_DENY, "the challenge is not known any more");
	} else if (r > 0) {
		r = l.d.challenge.state == CHALLENGE_OPEN ? answer_open(&l, answer->text) : answer_ended(&l);
		/* The dialogue is over, the challenge may not be: its fallback waits for the next connection. */
		if (r == 0 && reply->kind == REPLY_DONE)
			reply_watch(reply, engine->config, id, 0, reply->done.result == RESULT_ALLOW);
		if (r == 0 && reply->kind == REPLY_DONE && reply->done.result != RESULT_ALLOW)
			r = outbox_pause(tx, id);
	}
	dialogue_wipe(&l.d);
	return r;
}

int engine_leave(const struct engine *engine, struct tx *tx, const char *challenge, struct reply *reply)
{
	unsigned char id[KEYS_ID_SIZE];
	int r = challenge_id_parse(challenge, id);

	if (r < 0)
		return r;
	reply_watch(reply, engine->config, id, 0, false);
	return outbox_pause(tx, id);
}
