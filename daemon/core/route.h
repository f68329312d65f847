/*
 * Which channels may carry a code to a user, in which order, and why not the others: the route of the number's country,
 * the policy, breakers, money, addresses, and how the channels have done lately.
 */
#pragma once

#include "daemon/core/dialogue.h"

#define ROUTE_STEPS_MAX 16

/* What became of each channel that the route names. */
struct route_plan {
	struct route_step steps[ROUTE_STEPS_MAX]; /* those that are used first, in their order */
	size_t count;
	int64_t fallback_after; /* seconds */
};

/* Judges all channels for the dialogue's user; the number is open. 0 or -errno. */
int route_plan(const struct dialogue *d, struct route_plan *ret);

/*
 * Fills the dialogue's channels and fallback_after; opens the number first. Without a channel that may be used it notes
 * why in the reply.
 */
int route_choose(struct dialogue *d);
