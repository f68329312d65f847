/* What is sent back. A handler fills it; the server sends it and frees it. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define ANSWER_JSON "application/json; charset=UTF-8"

enum answer_how {
	ANSWER_SEND,
	ANSWER_WAIT,  /* nothing to say yet: ask the handler again when a message has come */
	ANSWER_RESET, /* drop the connection */
	ANSWER_HANG,  /* keep the connection and say nothing */
};

/* How the request is counted in /requests.json. */
enum answer_outcome {
	ANSWER_ACCEPTED,
	ANSWER_FAILED,  /* a good request that --fail spoilt */
	ANSWER_REFUSED, /* a bad request */
	ANSWER_OUTCOMES,
};

struct answer {
	enum answer_how how;
	enum answer_outcome outcome;
	unsigned status;
	const char *type; /* static */
	char *body;       /* malloc'ed; NULL: page is sent */
	const void *page; /* static */
	size_t size;
	const char *header; /* one more header, static; NULL: none */
	char header_value[128];
	int code;              /* Meta's error code, 0: none */
	char reason[192];      /* why it was refused or failed; never holds what the client sent as a secret */
	unsigned wait_ms;      /* ANSWER_WAIT: at most so long */
	bool changes_messages; /* who waits for messages looks again */
};

/* Takes json. */
void answer_json(struct answer *answer, unsigned status, json_t *json);

void answer_text(struct answer *answer, unsigned status, const char *type, const char *text);

void answer_header(struct answer *answer, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* {"error": reason} and counted as refused. */
void answer_refuse(struct answer *answer, unsigned status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "?" for all but printable ASCII: for text that holds what a client sent. */
void answer_clean(char *text);

void answer_free(struct answer *answer);
