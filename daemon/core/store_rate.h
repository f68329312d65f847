/* What limit.h keeps for a key ("user alice", "number 5f…", "source 192.0.2.1"). An unknown key is idle. */
#pragma once

#include "daemon/core/limit.h"
#include "daemon/core/store.h"

int store_rate_get(struct tx *tx, const char *key, struct limit_state *ret);
int store_rate_put(struct tx *tx, const char *key, const struct limit_state *state);
