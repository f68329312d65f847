/*
 * When a channel, a template, a recipient or a country is to be left alone for a while. Pure: times are CLOCK_BOOTTIME
 * microseconds. What a failure says about that is a provider's row (provider.h), what "often" means is in the limits.
 */
#pragma once

#include "daemon/base/config.h"
#include "wire/proto.h"

#define BREAKER_UNTIL_CLOSED INT64_MAX

struct breaker_state {
	int64_t open_until;         /* 0: closed; BREAKER_UNTIL_CLOSED: until something closes it */
	int64_t failures, first_at; /* within the window that began at first_at */
};

bool breaker_is_open(const struct breaker_state *state, int64_t now);

/* One failure of those that count when they are many: true if it is the one that makes them many, and counting begins
 * anew. */
bool breaker_count(struct breaker_state *state, const struct config_limits *limits, int64_t now);

/* One failure that asks for a breaker: true if that opens it, or keeps it open for longer. */
bool breaker_fail(struct breaker_state *state, const struct fault *why, const struct config_limits *limits,
		  int64_t now);
