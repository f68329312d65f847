/*
 * What becomes of messages after they were accepted: a thread of its own moves them on (sent, delivered, read, failed)
 * at the times that --receipt-delay and --receipt give, and tells their senders, where --receipts or the request said
 * how. What has gathered while a request was under way goes in one, as far as the provider does that. Answers other
 * than 2xx are retried with growing delay. Safe to use from many threads; nobody waits.
 */
#pragma once

#include "tools/simulator/messages.h"
#include "tools/simulator/notify.h"
#include "tools/simulator/options.h"
#include "tools/simulator/pause.h"

#include <jansson.h>

struct receipts;

/* notifiers: by provider, NULL for those that tell nothing; all are borrowed. NULL: the thread could not start. */
struct receipts *receipts_start(const struct options *options, struct messages *messages, struct pauses *pauses,
				const struct notifier *const notifiers[static PROVIDERS]);
void receipts_stop(struct receipts *receipts);

/* A message was accepted; arrives: false: it gets lost on its way. */
void receipts_plan(struct receipts *receipts, const struct message *message, const struct message_ref *ref,
		   bool arrives);

/* Somebody has looked at it on the page: it is read as soon as it is delivered. */
void receipts_seen(struct receipts *receipts, const struct message_ref *ref);

/* A new object for /receipts.json; NULL: out of memory. */
json_t *receipts_json(struct receipts *receipts);
void receipts_clear(struct receipts *receipts);
