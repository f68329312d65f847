/*
 * Which message goes out by which channel, and when. A code's deliveries are planned in one transaction with it; what
 * is due goes to the sender; what became of it moves the next one. After a crash the rows are still there. A delivery
 * whose outcome is unknown is never tried again by the same channel: the next channel carries the same code.
 */
#pragma once

#include "daemon/core/dialogue.h"

/*
 * Plans the deliveries of the challenge's generation: the channel at d->first now, each further one fallback_after
 * later. If the sender is there the first is handed over with the reply. Whoever pretends gets rows that look alike and
 * never go out.
 */
int outbox_plan(struct dialogue *d);
/* The next planned delivery goes out now, with the reply: 1 if there was one, 0 if not, -errno. */
int outbox_advance(struct dialogue *d);

/* Nobody waits / somebody waits again. */
int outbox_pause(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE]);
int outbox_resume(struct dialogue *d);

#define OUTBOX_BATCH_MAX 32
struct outbox_batch {
	struct send sends[OUTBOX_BATCH_MAX]; /* wiped by outbox_batch_wipe() */
	size_t count;
	int64_t next_due; /* of what is left; INT64_MAX: nothing */
};
/* Takes what is due for sending; without a sender it only finds next_due. reply: alarms and events. */
int outbox_claim(const struct engine *engine, struct tx *tx, struct outbox_batch *ret, struct reply *reply);
void outbox_batch_wipe(struct outbox_batch *batch);
