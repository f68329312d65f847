/* The outbox: what is to be sent for a challenge, by which channel, when, and what became of it. */
#pragma once

#include "daemon/core/challenge.h"
#include "daemon/core/keys.h"
#include "daemon/core/store.h"

enum delivery_state {
	DELIVERY_PLANNED,
	DELIVERY_PAUSED, /* nobody waits at the prompt */
	DELIVERY_SENDING,
	DELIVERY_SENT,
	DELIVERY_FAILED,
	DELIVERY_UNKNOWN, /* it may have been sent: never again by this channel */
	DELIVERY_CANCELLED,
	DELIVERY_DELIVERED,
	DELIVERY_READ,
	DELIVERY_SPARED, /* an earlier one was delivered; it goes out only if the user asks for it */
};
extern const char *const delivery_state_names[];

/* Named by its challenge, the code's generation and its place in the order of channels. */
struct delivery {
	unsigned char challenge[KEYS_ID_SIZE];
	int64_t generation, position;
	char channel[WIRE_NAME_MAX];
	char country[PHONE_COUNTRY_MAX];
	int64_t state, due; /* due: once it was handed over, when that was */
	int64_t accepted;   /* when the provider took it over; 0: it has not, or nobody knows */
	int64_t cost;       /* that was charged, millionths */
	int64_t rated;      /* its channel's score has heard of it */
	char code[WIRE_NAME_MAX], detail[WIRE_TEXT_MAX]; /* why it failed */
};

/* "sending" and what follows it is over; these may still go out. */
bool delivery_is_waiting(const struct delivery *delivery);

/* A delivery's id is its challenge's, the code's generation and the place of the channel, in hex. */
void delivery_id_format(const struct delivery *delivery, char text[static WIRE_ID_MAX]);
/* 0 with challenge, generation and position, or -EINVAL. */
int delivery_id_parse(const char *text, struct delivery *ret);

/* The first of a challenge's generation at or behind a position: 1, 0 if there is none, -errno. */
int store_delivery_at(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE], int64_t generation,
		      int64_t position, struct delivery *ret);
/* At most max of a generation, in the order of positions: how many, or -errno. */
int store_delivery_list(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE], int64_t generation,
			struct delivery *rows, size_t max);
/* The first of the challenge's generation at or behind a position that has not gone out yet; with spared, those count,
 * too. */
int store_delivery_waiting(struct tx *tx, const struct challenge *challenge, int64_t position, bool spared,
			   struct delivery *ret);
/* The planned one that is due first. */
int store_delivery_due(struct tx *tx, struct delivery *ret);
/* One that was handed to the sender before then and has no report yet. */
int store_delivery_interrupted(struct tx *tx, int64_t before, struct delivery *ret);

int store_delivery_insert(struct tx *tx, const struct delivery *delivery);
/* The one whose message has this index (keys_message_index): 1, 0, -errno. */
int store_delivery_of_message(struct tx *tx, const unsigned char index[static KEYS_INDEX_SIZE], struct delivery *ret);
/* Writes state, due, cost, rated, code and detail. */
int store_delivery_update(struct tx *tx, const struct delivery *delivery);
/*
 * Writes when the provider took it over and, unless NULL, the index of the provider's id of it; sending → sent, any
 * other state stays.
 */
int store_delivery_accepted(struct tx *tx, const struct delivery *delivery, const unsigned char *index);
/* All deliveries of a challenge in one state go to another. Number of rows. */
int store_delivery_move(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE], enum delivery_state from,
			enum delivery_state to);
