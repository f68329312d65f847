/* The challenges' rows. What a challenge is: challenge.h. */
#pragma once

#include "daemon/core/challenge.h"
#include "daemon/core/store.h"

/* 1 if there is one, 0 if not, -errno. */
int store_challenge_get(struct tx *tx, const unsigned char id[static KEYS_ID_SIZE], struct challenge *ret);
/* The open one of a login, whether its time is over or not. */
int store_challenge_find(struct tx *tx, const char *user, const char *service, const char *source,
			 struct challenge *ret);
/* The next open one after an id, in the order of ids. */
int store_challenge_next(struct tx *tx, const unsigned char after[static KEYS_ID_SIZE], struct challenge *ret);
int store_challenge_insert(struct tx *tx, const struct challenge *challenge);
/* Writes what a send changes: generation, sends, last_send, expires. */
int store_challenge_sent(struct tx *tx, const struct challenge *challenge);

/* Takes one try of an open challenge before its end: 1 if taken, 0 if there is none to take. */
int store_challenge_charge(struct tx *tx, const unsigned char id[static KEYS_ID_SIZE], int64_t now);
/* Open → state, and what was planned for it is cancelled: 1 if this call did it, 0 if it was not open. */
int store_challenge_close(struct tx *tx, const unsigned char id[static KEYS_ID_SIZE], enum challenge_state state);
/* Cancels every open challenge of a user. */
int store_challenge_cancel_user(struct tx *tx, const char *user);

/* How many are open. */
int store_challenge_count(struct tx *tx, int64_t now, int64_t *ret);
