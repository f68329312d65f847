/* How a provider tells its customers what became of their messages: each provider that does has a struct notifier. */
#pragma once

#include "tools/simulator/messages.h"
#include "tools/simulator/options.h"
#include "tools/simulator/receipt_rule.h"

#define POSTING_HEADERS 3

/* One status of one message. */
struct notice {
	struct message *message; /* a copy */
	enum status status;
	const char *code; /* of STATUS_FAILED; empty: the provider's for "not delivered" */
	uint64_t at_ms;   /* wall clock */
	int flags;        /* enum receipt_flag */
};

/* A request of the provider to its customer. */
struct posting {
	char *url;
	char *body; /* NULL: GET */
	size_t size;
	char headers[POSTING_HEADERS][160]; /* empty: none */
};

struct notifier {
	const char *words[STATUSES];                                      /* NULL: it does not tell that */
	size_t batch_max;                                                 /* statuses in a request */
	bool (*wants)(const struct message *message, enum status status); /* NULL: all are wanted */
	/*
	 * Fills url, which is the one that the notices share, body and headers. Notices are those of one url, and a
	 * flag is that of all. now: seconds. False: out of memory.
	 */
	bool (*compose)(const struct options *options, const struct notifier *notifier, const struct notice *notices,
			size_t n, int64_t now, struct posting *ret);
};

/* Where a message's receipts go: as --receipts says, else as the request said, else NULL. */
const char *notify_url(const struct options *options, const struct message *message);

/* The secret to sign with: another one for what is forged. */
const char *notify_secret(const char *secret, const struct notice *notice);

/* Takes json; "Content-Type: application/json". */
bool notify_json(struct posting *posting, const char *url, json_t *json);

/* Appends "key=value", escaped, to a form or query that began with *text (malloc'ed or NULL). */
bool notify_pair(char **text, const char *key, const char *value);

/* "2026-11-21T18:52:04.000Z". */
void notify_time(uint64_t at_ms, char text[static 32]);

void posting_free(struct posting *posting);
