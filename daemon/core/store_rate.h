/* What limit.h keeps for a key ("5f… user alice", "5f… number", "source 192.0.2.1"). An unknown key is idle. */
#pragma once

#include "daemon/core/keys.h"
#include "daemon/core/limit.h"
#include "daemon/core/store.h"
#include "wire/proto.h"

#define STORE_RATES_MAX 8

struct rate {
	char key[2 * KEYS_INDEX_SIZE + WIRE_USER_MAX + WIRE_ADDRESS_MAX + 16];
	struct limit_state state;
};

/* Fills the states of at most STORE_RATES_MAX keys, by one look. */
int store_rate_get(struct tx *tx, struct rate *rates, size_t count);
int store_rate_put(struct tx *tx, const struct rate *rate);
