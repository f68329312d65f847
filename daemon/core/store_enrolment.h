/* Who is enrolled with which number. Numbers are sealed; see keys.h. */
#pragma once

#include "daemon/core/keys.h"
#include "daemon/core/store.h"

enum enrolment_state {
	ENROLMENT_ACTIVE,
	ENROLMENT_SUSPENDED,
	ENROLMENT_STALE, /* somebody else may hold the number: suspended until it is verified again */
};

struct enrolment {
	char user[WIRE_USER_MAX];
	int64_t state;
	unsigned char sealed[KEYS_SEALED_MAX]; /* the number; its row is the user */
	size_t sealed_length;
	unsigned char index[KEYS_INDEX_SIZE];
	char channel[WIRE_NAME_MAX], lang[WIRE_LANG_MAX]; /* empty: the route's order, the text's default */
	char consent[WIRE_TEXT_MAX], consent_by[WIRE_USER_MAX];
	int64_t verified;
	int64_t enrolled_at, last_login_at; /* wall clock, seconds */
	int64_t failures;                   /* consecutive, of all challenges */
	int64_t locked_until, locked_for;   /* boot time, microseconds; 0: not locked */
	int64_t locked_wall;                /* when it ends by wall clock, seconds: for the next boot */
	int64_t sends_since_success;
	int64_t trusted_at; /* wall clock: when a code or an admin last said that the number is the user's */
};

/* 1 if there is one, 0 if not, -errno. */
int store_enrolment_get(struct tx *tx, const char *user, struct enrolment *ret);
/* The first user with a number after a name: 1, 0, -errno. */
int store_enrolment_of_number(struct tx *tx, const unsigned char index[static KEYS_INDEX_SIZE], const char *after,
			      struct enrolment *ret);
/* The next user after a name, in the order of bytes: 1, 0 at the end, -errno. */
int store_enrolment_next(struct tx *tx, const char *after, struct enrolment *ret);
int store_enrolment_put(struct tx *tx, const struct enrolment *enrolment);
/* Number of rows. */
int store_enrolment_remove(struct tx *tx, const char *user);

/* Adds one failure unless the account is locked or disabled: 1 if added, 0 if refused or not enrolled. */
int store_enrolment_charge(struct tx *tx, const char *user, int64_t now, int64_t disable_after);
/* Writes locked_until, locked_for and locked_wall. */
int store_enrolment_lock(struct tx *tx, const struct enrolment *enrolment);
/* An admin says that all is well with the user. */
int store_enrolment_trust(struct tx *tx, const char *user, int64_t wall);
/* A code was accepted (wall clock), or an admin unlocks (0): failures, lock and sends count from zero again. */
int store_enrolment_clear(struct tx *tx, const char *user, int64_t login_at);
int store_enrolment_sent(struct tx *tx, const char *user);

/* Active → stale: 1 if this call did it, 0 if it was not active. */
int store_enrolment_doubt(struct tx *tx, const char *user);
/* Writes the state. */
int store_enrolment_state(struct tx *tx, const char *user, enum enrolment_state state);

/* An enrolment that waits for the code of its challenge. */
int store_pending_put(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE],
		      const struct enrolment *enrolment);
int store_pending_get(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE], struct enrolment *ret);
