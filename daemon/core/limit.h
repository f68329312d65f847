/*
 * Rate limits by GCRA (ITU-T I.371): one number a rate, the theoretical arrival time of the next event. Pure.
 * "3/10min" lets three through at once and then one each 200 s.
 */
#pragma once

#include "daemon/base/config.h"

/* What is kept for one key: an arrival time for each of its rates. */
struct limit_state {
	int64_t arrival[CONFIG_RATES_MAX];
};

/*
 * Takes one token of every rate. Returns 0 with *state moved on, or the microseconds until one would be free, with
 * *state as it was.
 */
int64_t limit_take(const struct config_rates *rates, struct limit_state *state, int64_t now);
