/*
 * The messages that have arrived since the start or since the last clear, in memory, oldest first. Safe to use from
 * many threads. A message has an index, counted from 1; the oldest are forgotten beyond MESSAGES_MAX.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGES_MAX 100000
#define MESSAGES_ID_MAX 128

enum channel { CHANNEL_WHATSAPP, CHANNEL_SMS };

extern const char *const channel_names[];

/* Every string is copied. */
struct message {
	enum channel channel;
	const char *id;
	const char *to;   /* E.164 with + */
	const char *code; /* empty: the text holds none */
	const char *text;
	const char *language; /* empty: unknown */
	const char *callback; /* the client's own id; empty: none */
	const char *error;    /* NULL: accepted, else the word or code of --fail that spoilt it */
	bool hidden;          /* accepted, but never shown on the phone */
	bool keeps_callback;  /* no later message of this channel may use its callback */
	uint64_t at_ms;
};

struct messages;

/* NULL: out of memory. */
struct messages *messages_new(void);
void messages_free(struct messages *messages);

/* 0, -EEXIST if the callback was used on this channel before, -ENOMEM. */
int messages_add(struct messages *messages, const struct message *message);

void messages_clear(struct messages *messages);

struct messages_state {
	size_t listed;   /* how many are in the array */
	uint64_t newest; /* the highest index */
	uint64_t epoch;  /* another one after each clear and each start */
};

/*
 * A JSON array of those with an index above after and, unless to is NULL, to that number. The caller frees it; NULL:
 * out of memory.
 */
char *messages_json(struct messages *messages, uint64_t after, const char *to, struct messages_state *ret);
