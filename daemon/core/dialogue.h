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
#include "daemon/core/tally.h"

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

/* The name of a channel as the config holds it, for what outlives the row that it was read from. NULL: it is gone. */
const char *engine_channel_name(const struct engine *engine, const char *channel);

struct caller {
	uid_t uid;
	bool trusted;             /* may name any user */
	char name[WIRE_USER_MAX]; /* empty if the uid has none */
};

enum reply_kind { REPLY_NONE, REPLY_ASK, REPLY_DONE };

/* Something that an admin must hear of: for the journal and the alarm's program, after the commit. */
struct reply_alarm {
	char kind[WIRE_NAME_MAX]; /* as log_ids.h has them */
	char subject[WIRE_TEXT_MAX], text[WIRE_TEXT_MAX];
};
#define REPLY_ALARMS_MAX 4

struct reply {
	enum reply_kind kind;
	struct ask ask;
	struct done done;
	bool has_send;
	struct send send; /* to the sender, after the commit; holds a code and a number: reply_wipe() */
	int64_t due;      /* something was planned: the earliest time at which the outbox must look again; 0: nothing */
	bool has_watch;
	struct watch watch; /* to the sender, after the commit */
	bool has_link;
	struct link link;  /* the same */
	int note_priority; /* a line for the log, after the commit */
	char note[WIRE_TEXT_MAX + WIRE_USER_MAX];
	struct reply_alarm alarm[REPLY_ALARMS_MAX];
	size_t alarm_count;
	struct events events; /* for statistics */
};

void reply_wipe(struct reply *reply);
/* The dialogue ends. reason is for logs and admins. Returns 0. */
int reply_done(struct reply *reply, enum result result, const char *reason, ...) __attribute__((format(printf, 3, 4)));
void reply_note(struct reply *reply, int priority, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The outbox must look again at that time, or earlier. */
void reply_expect(struct reply *reply, int64_t due);
/* How long somebody still waits for a challenge's messages; 0: nobody. Told only where a driver can make use of it. */
void reply_watch(struct reply *reply, const struct config *config, const unsigned char challenge[static KEYS_ID_SIZE],
		 int64_t seconds, bool over);

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
	char country[PHONE_COUNTRY_MAX];
	const struct config_policy *policy;              /* NULL: an enrolment or a test, which go by "default" */
	const char *channels[DIALOGUE_CHANNELS_MAX + 1]; /* in the order in which they are tried; ends with NULL */
	size_t first;                                    /* the channel that the plan begins with */
	const char *only;            /* this channel, whatever the route, the policy and its breaker say; NULL */
	char refused[WIRE_TEXT_MAX]; /* without any channel: why each is skipped */
	int64_t fallback_after;      /* seconds */
	const char *address;         /* where the login comes from; empty: local */
	bool show_digits;
	struct prompt prompt;
};

/* Opens the enrolment's number, if there is one: phone and country. */
int dialogue_open_number(struct dialogue *d);
/* What a channel's message goes to: 1, 0 if the user has no such address, -errno. The caller wipes it. */
int dialogue_recipient(const struct dialogue *d, const char *channel, char recipient[static WIRE_RECIPIENT_MAX]);
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
