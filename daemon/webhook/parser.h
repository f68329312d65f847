/*
 * A parser: how one provider's requests prove where they come from, and what they say. A parser is one file,
 * parser_NAME.c, that exports one struct parser; hooks.c lists them. Pure: no I/O, no clock; what it finds goes into a
 * sink, and whether all of it is used is the listener's business.
 *
 * verify() runs over the raw bytes and before parse(); nothing of a request is looked at otherwise until it has said 0.
 * One that must take a body apart to verify it has a body_max by which that costs nothing worth an attack.
 */
#pragma once

#include "daemon/base/config.h"
#include "daemon/base/secret.h"
#include "daemon/provider/provider.h"
#include "daemon/webhook/form.h"
#include "wire/proto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARSER_BODY_MAX (3 * 1024 * 1024)
#define PARSER_PAIRS_MAX 64
#define PARSER_AGE_MAX 300 /* seconds, of requests that carry their time: older ones are replays */
#define PARSER_GREETING_MAX 64

struct parser_request {
	const char *method; /* GET, POST */
	const char *url;    /* as the provider called it: public_url, the path, "?" and the raw query */
	const char *rest;   /* of the path, behind the parser's own; "" or "/…" */
	const struct parser_pair *headers, *query;
	size_t header_count, query_count;
	const char *body; /* raw; NUL-terminated behind its length */
	size_t length;
	int64_t now; /* wall clock, seconds */
};

/* NULL: not there. Names of headers are compared without regard to case. A key that is there twice is not there. */
const char *parser_header(const struct parser_request *request, const char *name);
const char *parser_query(const struct parser_request *request, const char *key);

/* What parse() found. The structs are lent for the call; provider is filled in by the listener. */
struct parser_sink {
	void (*receipt)(void *userdata, const struct receipt *receipt);
	void (*signal)(void *userdata, const struct signal *signal);
	void *userdata;
};

struct parser_context {
	const struct config *config; /* which numbers and templates are ours */
	const struct secret *secret; /* of the provider; of meta: the app secret */
	const struct secret *token;  /* of greet(); else NULL */
};

struct parser {
	const struct provider *provider;
	size_t path, secret; /* offsetof in struct config_webhook: path_NAME, NAME_secret */
	const char *answer;  /* the body of 200; "" mostly */
	size_t body_max;     /* bytes; 0: PARSER_BODY_MAX */
	/* 0; -EACCES: it does not prove that the provider made it (401). */
	int (*verify)(const struct parser_context *context, const struct parser_request *request);
	/*
	 * 0, or -EBADMSG with a sentence in why for a body that is none of the provider's (400; of one that signs, who
	 * would bring the same for days, 200; what was found before is dropped). What it says that is none of our
	 * business (other fields, other numbers) is skipped. message ids and words of a request never stand in why.
	 */
	int (*parse)(const struct parser_context *context, const struct parser_request *request,
		     const struct parser_sink *sink, char why[static WIRE_WHY_MAX]);
	bool signs;          /* verify() proves all that parse() reads, not only who calls */
	bool signs_url;      /* public_url must be known */
	const char *methods; /* by which verify() and parse() are reached: "POST"; NULL: GET and POST */
	/*
	 * A GET by which the provider makes sure that the address is ours. 0 with the body of 200, or -EACCES (403).
	 * token is the offsetof of what it must name; NULL and 0 of providers that do not ask.
	 */
	int (*greet)(const struct parser_context *context, const struct parser_request *request,
		     char answer[static PARSER_GREETING_MAX]);
	size_t token;
};

extern const struct parser parser_meta, parser_ycloud, parser_twilio, parser_vonage, parser_infobip, parser_unifonic,
	parser_telegram, parser_generic;
