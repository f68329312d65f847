#include "daemon/core/breaker.h"

#include "daemon/base/clock.h"

#define LONGEST 86400 /* seconds; whatever a provider or its messenger says */

bool breaker_is_open(const struct breaker_state *state, int64_t now)
{
	return state->open_until > now;
}

bool breaker_count(struct breaker_state *state, const struct config_limits *limits, int64_t now)
{
	if (state->failures == 0 || now - state->first_at >= limits->breaker_window * SECOND) {
		state->failures = 0;
		state->first_at = now;
	}
	if (++state->failures < limits->breaker_after)
		return false;
	state->failures = 0;
	return true;
}

bool breaker_fail(struct breaker_state *state, const struct fault *why, const struct config_limits *limits, int64_t now)
{
	uint64_t seconds = why->breaker_seconds < LONGEST ? why->breaker_seconds : LONGEST;
	int64_t until;

	if (why->often && !breaker_count(state, limits, now))
		return false;
	until = seconds ? now + (int64_t)seconds * SECOND : BREAKER_UNTIL_CLOSED;
	if (until <= state->open_until)
		return false;
	state->open_until = until;
	return true;
}
