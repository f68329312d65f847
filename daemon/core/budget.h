/* The limits that one more code must pass, all of them in the transaction that plans its deliveries (THREATS.md 2.7).
 */
#pragma once

#include "daemon/core/dialogue.h"

/*
 * May an unprivileged caller begin one more login? Each costs a row, so it takes a token of the caller's own. 0 with
 * *wait 0 or the microseconds to wait, or -errno.
 */
int budget_start(struct dialogue *d, bool trusted, int64_t *wait);

/*
 * Takes one token for the user, the number, the source address, an unprivileged caller, and the whole host. 0 with
 * *wait 0; 0 with the microseconds to wait and a note in the reply, and nothing taken; or -errno.
 */
int budget_take(struct dialogue *d, int64_t *wait);
