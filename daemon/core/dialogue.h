/*
 * What all dialogues share, be it a login or an enrolment: the working set of one request and its reply. The steps are
 * in conversation.h, budget.h and outbox.h.
 */
#pragma once

#include "daemon/base/clock.h"
#include "daemon/core/challenge.h"
#include "daemon/core/policy.h"
#include "daemon/core/prompt.h"
#include "daemon/core/store_delivery.h"
#include "daemon/core/store_enrolment.h"

#include <sys/types.h>

/* What a request is decided with; immutable while it is. */
struct engine {
	const struct config *config;
	const struct keys *keys;
	const struct clock *clock;
	const char *hostname;
	policy_in_group *in_group;
	bool sender_ready; /* what is due can be handed over at once */
};

struct caller {
	uid_t uid;
	bool trusted;             /* may name any user */
	char name[WIRE_USER_MAX]; /* empty if the uid has none */
};

enum reply_kind { REPLY_NONE, REPLY_ASK, REPLY_DONE };

struct reply {
	enum reply_kind kind;
	struct ask ask;
	struct done done;
	bool has_send;
	struct send send; /* to the sender, after the commit; holds a code and a number: reply_wipe() */
	int64_t due;      /* something was planned: the earliest time at which the outbox must look again; 0: nothing */
	int note_priority; /* a line for the log, after the commit */
	char note[WIRE_TEXT_MAX + WIRE_USER_MAX];
};

void reply_wipe(struct reply *reply);
/* The dialogue ends. reason is for logs and admins. Returns 0. */
int reply_done(struct reply *reply, enum result result, const char *reason, ...) __attribute__((format(printf, 3, 4)));
void reply_note(struct reply *reply, int priority, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define DIALOGUE_CHANNELS_MAX 8

struct dialogue {
	const struct engine *engine;
	struct tx *tx;
	struct reply *reply;
	int64_t now;
	struct challenge challenge;
	bool unsaved;               /* the challenge is not in the database yet */
	struct enrolment enrolment; /* the number that codes go to; of a decoy: empty but for the user */
	struct phone phone;         /* open; dialogue_wipe() */
	const char *channels[DIALOGUE_CHANNELS_MAX + 1]; /* in the order in which they are tried; ends with NULL */
	size_t first;                                    /* the channel that the plan begins with */
	int64_t fallback_after;                          /* seconds */
	const char *address;                             /* where the login comes from; empty: local */
	bool show_digits;
	struct prompt prompt;
};

/* Opens the number and finds the channels. The enrolment (or nothing but its user) and the challenge are set. */
int dialogue_route(struct dialogue *d);
void dialogue_wipe(struct dialogue *d);

/* A decoy, and whoever is locked out, sees what an enrolled user sees, but nothing is sent and nothing is accepted. */
bool dialogue_pretends(const struct dialogue *d);
bool dialogue_is_locked(const struct dialogue *d); /* the account, by itself or for good */

/*
 * Makes d->challenge a new one: id, times, state; the caller has set who, what and how many tries. It is not in the
 * database before dialogue_save().
 */
int dialogue_open(struct dialogue *d, int64_t ttl);
int dialogue_save(struct dialogue *d);
