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

#define MESSAGES_EVENTS 8 /* of a message; what comes later is not kept */

enum channel { CHANNEL_WHATSAPP, CHANNEL_SMS, CHANNEL_VOICE, CHANNEL_TELEGRAM, CHANNEL_EMAIL };

enum provider {
	PROVIDER_META,
	PROVIDER_GATEWAY, /* POST /sms */
	PROVIDER_YCLOUD,
	PROVIDER_TWILIO,
	PROVIDER_VONAGE,
	PROVIDER_INFOBIP,
	PROVIDER_UNIFONIC,
	PROVIDER_AUTHENTICA,
	PROVIDER_TELEGRAM_GATEWAY,
	PROVIDER_TELEGRAM_BOT,
	PROVIDER_KANNEL,
	PROVIDER_GETGABS,
	PROVIDERS,
};

/* What becomes of a message after it was accepted. */
enum status { STATUS_SENT, STATUS_DELIVERED, STATUS_READ, STATUS_FAILED, STATUSES };

extern const char *const channel_names[], *const provider_names[], *const status_names[];

struct event {
	enum status status;
	const char *code; /* of STATUS_FAILED, as --receipt has it; static */
	uint64_t at_ms;
};

/* Every string is copied, but for those of events. */
struct message {
	enum channel channel;
	enum provider provider;
	const char *id;
	const char *to;   /* E.164 with +; the digits of a Telegram chat; an e-mail address */
	const char *code; /* empty: the text holds none */
	const char *text;
	const char *language; /* empty: unknown */
	const char *callback; /* the client's own id; empty: none */
	const char *error;    /* NULL: accepted, else the word or code of --fail that spoilt it */
	const char *from;     /* NULL: the provider does not say who sends */
	const char *notify;   /* where its receipts go, if the request said so; else NULL */
	unsigned notify_mask; /* Kannel: which */
	bool hidden;          /* accepted, but never shown on the phone */
	bool keeps_callback;  /* no later message of this provider may use its callback */
	bool seen;            /* somebody has looked at it on the page */
	uint64_t at_ms;
	struct event events[MESSAGES_EVENTS]; /* in the order in which they came */
	size_t events_n;
};

/* Names a message, also one that is forgotten since. */
struct message_ref {
	uint64_t epoch, index;
};

struct messages;

/* NULL: out of memory. */
struct messages *messages_new(void);
void messages_free(struct messages *messages);

/* 0, -EEXIST if the callback was used with this provider before, -ENOMEM. ret may be NULL. */
int messages_add(struct messages *messages, const struct message *message, struct message_ref *ret);

/* Notes what became of a message. 0; -EALREADY if that was noted before; -ENOENT if the message is forgotten. */
int messages_note(struct messages *messages, const struct message_ref *ref, const struct event *event);

/* Somebody has looked at it. True: for the first time. */
bool messages_see(struct messages *messages, const struct message_ref *ref);

/* A copy, for the caller to free(3), or NULL. */
struct message *messages_copy(struct messages *messages, const struct message_ref *ref);
struct message *messages_find(struct messages *messages, enum provider provider, const char *id);

/* The word of messages.json for what is known: accepted, sent, delivered, read, failed. */
const char *message_status(const struct message *message);

void messages_clear(struct messages *messages);

struct messages_state {
	size_t listed;   /* how many are in the array */
	uint64_t newest; /* the highest index */
	uint64_t epoch;  /* another one after each clear and each start */
	uint64_t change; /* the latest: each new message and each event is one */
};

struct messages_filter {
	uint64_t after;   /* only those with an index above */
	uint64_t changed; /* only those that have changed after this change, in the order of their changes; 0: by index
			   */
	const char *to;   /* NULL: any; a "+" in front does not matter */
};

/* A JSON array. The caller frees it; NULL: out of memory. */
char *messages_json(struct messages *messages, const struct messages_filter *filter, struct messages_state *ret);
