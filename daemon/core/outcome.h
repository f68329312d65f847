/*
 * What became of a message, by the sender's report, by a provider's receipt, by the code that came back. A failure
 * moves the next channel up, a delivery spares it, and both are learned from.
 */
#pragma once

#include "daemon/core/dialogue.h"

/*
 * What the sender reported. A report on an unknown delivery, or on one whose end is known, is ignored. Of the reply
 * note, due, alarms and events are used.
 */
int outcome_sent(const struct engine *engine, struct tx *tx, const struct sent *sent, struct reply *reply);
int outcome_failed(const struct engine *engine, struct tx *tx, const struct failed *failed, struct reply *reply);
#define OUTCOME_BATCH_MAX 32
/*
 * What was handed over before then and was never reported has an unknown outcome. How many were found, -errno;
 * OUTCOME_BATCH_MAX: there may be more.
 */
int outcome_recover(const struct engine *engine, struct tx *tx, int64_t before, struct reply *reply);

/*
 * What a provider said about a message that it had taken over. States only move forward: delivered and read outlast
 * failed, whatever comes first, and nothing that comes late opens anything again.
 */
int outcome_receipt(const struct engine *engine, struct tx *tx, const struct receipt *receipt, struct reply *reply);
/* The delivery that a receipt or a signal is about: by our id, else by the provider's. 1, 0 if there is none, -errno.
 */
int outcome_find(const struct engine *engine, struct tx *tx, const char *provider, const char *id,
		 const char *message_id, struct delivery *ret);

/* A code came back: which channel it was that brought it. Counts it and learns from it. */
int outcome_verified(struct dialogue *d);
