/*
 * One request, from its first line to its answer: gathers the body, asks the parser whose path it is, and hands what it
 * says to the herald. Knows HTTP's words but no socket.
 */
#pragma once

#include "daemon/webhook/herald.h"
#include "daemon/webhook/hooks.h"

#include <microhttpd.h>

#define EXCHANGE_BODIES_MAX (32UL * 1024 * 1024) /* of all requests that are being read; beyond, they get 503 */
#define EXCHANGE_URI_MAX 4096

/* What all requests share. */
struct reception {
	struct herald *herald;
	struct hooks *hooks;
	size_t body_bytes; /* held for bodies */
	uint64_t taken, refused;
	uint64_t logged_at; /* the last refusal that was logged, CLOCK_MONOTONIC, seconds */
	uint64_t unlogged;
};

struct answer {
	unsigned status;
	const char *header, *value; /* one more header; NULL: none */
	bool at_once; /* where the request ends is in doubt: it is not waited for, and the connection is closed */
	char body[PARSER_GREETING_MAX];
};

struct exchange;

/* uri: as it stands in the request line. NULL: no memory. */
struct exchange *exchange_new(struct reception *reception, const char *uri);
void exchange_free(struct exchange *exchange);

/*
 * The headers are there. True: the answer is certain, and a client that asks first need not send the body, nor is that
 * waited for if the answer says at_once.
 */
bool exchange_begin(struct exchange *exchange, struct MHD_Connection *connection, const char *method);
bool exchange_has_begun(const struct exchange *exchange);
/* A piece of the body. False: no answer is worth reading all of this. */
bool exchange_take(struct exchange *exchange, const char *data, size_t length);
/* The request is complete. */
const struct answer *exchange_answer(struct exchange *exchange);
