/*
 * Sends receipts: what is handed over gathers, goes as soon as no other request of the same provider is on its way, and
 * is sent again when the answer was not 2xx. Belongs to one thread, but for poster_wake and the counts.
 */
#pragma once

#include "tools/simulator/notify.h"

#define POSTER_ATTEMPTS 8
#define POSTER_WAITING_MAX 200000 /* statuses; more are dropped and counted */

struct poster;

/* All are borrowed. NULL: out of memory. */
struct poster *poster_new(const struct options *options, const struct notifier *const notifiers[static PROVIDERS]);
void poster_free(struct poster *poster);

/* Takes the message of notice; one that nobody is told about is freed. rule: NULL, or whose batch it belongs to. */
void poster_add(struct poster *poster, const struct notice *notice, const struct receipt_rule *rule);

/* Sends what is due, and waits for answers, at most until a time (monotonic milliseconds) or poster_wake. */
void poster_work(struct poster *poster, uint64_t until_ms);

void poster_wake(struct poster *poster);

json_t *poster_json(struct poster *poster);
void poster_clear(struct poster *poster);
