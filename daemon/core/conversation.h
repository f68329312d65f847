/*
 * The steps that logins and enrolments are made of: sending a code within the limits, checking what was typed, and the
 * prompt that follows. Each changes the database inside the dialogue's transaction and returns 0 or -errno.
 */
#pragma once

#include "daemon/core/dialogue.h"

/*
 * Sends a code: the first one, or a new one that voids the old. Within the cool-down or over a limit nothing is sent
 * and the prompt says so. first: the channel to begin with, an index into channels.
 */
int conversation_send(struct dialogue *d, size_t first);
/* Sends the same code by the next channel now, if there is one. */
int conversation_send_next(struct dialogue *d);

enum verdict { VERDICT_ACCEPTED, VERDICT_WRONG, VERDICT_BURNED, VERDICT_EXPIRED, VERDICT_LOCKED };
/* Takes a try, compares, consumes: in this order, in this transaction. The verdict, or -errno. */
int conversation_check(struct dialogue *d, const char *code);

/* Fills the reply with the prompt of a kind. */
int conversation_ask(struct dialogue *d, enum prompt_kind kind);
