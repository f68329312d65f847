/*
 * The database and its transactions; the rows are in store_enrolment.h, store_challenge.h, store_delivery.h … SQL lives
 * in the store's files and nowhere else. A struct tx is an open transaction: every call on it works on the thread that
 * holds it and returns negative errno. -ENOSPC, -EROFS, -EUCLEAN and -EIO are the disk's; the caller refuses and says
 * so.
 *
 * Times of deadlines are CLOCK_BOOTTIME microseconds of the boot that the store was opened in: what another boot left
 * open is void.
 */
#pragma once

#include "daemon/base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;
struct tx;

/*
 * Opens or creates the database in the directory, migrates it, voids what another boot left. Refuses a database that is
 * damaged, foreign, or newer than this program. 0, or -errno with a sentence in why.
 */
int store_open(const char *directory, const struct clock *clock, struct store **ret, char *why, size_t why_size);
void store_close(struct store *store);

/*
 * Writes the mark of the master key into a database that has none yet. -EKEYREJECTED if it was made with another: every
 * number in it is sealed with that one.
 */
int store_claim(struct store *store, const char *mark);

int store_begin(struct store *store, struct tx **ret);
/* 0: the transaction is seen by those that follow, and durable after the next store_sync(). After an error nothing of
 * it is. */
int store_commit(struct tx *tx);
/*
 * 0 only if everything that was committed before is durable; nothing may be answered earlier. May run on another thread
 * beside the next transaction, but once at a time. After an error the store has failed for good: what an fsync that
 * failed has written cannot be asked again (fsync(2) reports an error once).
 */
int store_sync(struct store *store);
void store_rollback(struct tx *tx);

/* False if an error has ended the whole transaction: then nothing of it may be kept. */
bool store_is_open(const struct tx *tx);

/* The database's last error, for a log; empty if it met none. */
const char *store_error(struct store *store);

/*
 * Forgets what ended before a time: challenges with their deliveries and pending enrolments, idle rates and breakers.
 * Decoys go as soon as they have ended (now), or strangers could fill the disk with names.
 */
int store_prune(struct tx *tx, int64_t before, int64_t now);
