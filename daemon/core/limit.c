#include "daemon/core/limit.h"

#include "daemon/base/clock.h"

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t limit_take(const struct config_rates *rates, struct limit_state *state, int64_t now)
{
	struct limit_state next = *state;
	int64_t wait = 0;

	for (size_t i = 0; i < rates->count; i++) {
		int64_t period = rates->rate[i].period * SECOND;
		int64_t step = period / rates->rate[i].count;

		next.arrival[i] = later(state->arrival[i], now) + step;
		wait = later(wait, next.arrival[i] - now - step * rates->rate[i].count);
	}
	if (wait == 0)
		*state = next;
	return wait;
}
