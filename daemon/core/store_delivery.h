/* The outbox: what is to be sent for a challenge, by which channel, when, and what became of it. */
#pragma once

#include "daemon/core/keys.h"
#include "daemon/core/store.h"

enum delivery_state {
	DELIVERY_PLANNED,
	DELIVERY_PAUSED, /* nobody waits at the prompt */
	DELIVERY_SENDING,
	DELIVERY_SENT,
	DELIVERY_FAILED,
	DELIVERY_UNKNOWN, /* it may have been sent: never again by this channel */
	DELIVERY_CANCELLED
};
extern const char *const delivery_state_names[];

/* Named by its challenge, the code's generation and its place in the order of channels. */
struct delivery {
	unsigned char challenge[KEYS_ID_SIZE];
	int64_t generation, position;
	char channel[WIRE_NAME_MAX];
	int64_t state, due;
	char code[WIRE_NAME_MAX], detail[WIRE_TEXT_MAX]; /* why it failed */
};

/* The first of a challenge's generation at or behind a position: 1, 0 if there is none, -errno. */
int store_delivery_at(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE], int64_t generation,
		      int64_t position, struct delivery *ret);
/* The planned one that is due first. */
int store_delivery_due(struct tx *tx, struct delivery *ret);
/* One that was handed to the sender before then and has no report yet. */
int store_delivery_interrupted(struct tx *tx, int64_t before, struct delivery *ret);

int store_delivery_insert(struct tx *tx, const struct delivery *delivery);
/* Writes state, due, code and detail. */
int store_delivery_update(struct tx *tx, const struct delivery *delivery);
/* Sending → sent. 1 if this call did it, 0 if it was not being sent. */
int store_delivery_sent(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE], int64_t generation,
			int64_t position);
/* All deliveries of a challenge in one state go to another. Number of rows. */
int store_delivery_move(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE], enum delivery_state from,
			enum delivery_state to);
