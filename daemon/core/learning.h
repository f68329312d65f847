/*
 * What is learned from a message's end: breakers open and close, alarms are raised, channels rise and fall in the order
 * of a country.
 */
#pragma once

#include "daemon/core/dialogue.h"

/* What a delivery tells about its channel. */
struct lesson {
	const struct engine *engine;
	struct tx *tx;
	struct reply *reply;               /* alarms and events */
	struct delivery *delivery;         /* rated is set; the caller writes the row */
	const struct enrolment *recipient; /* whose */
};

/* It failed. */
int learn_failure(const struct lesson *lesson, const struct fault *why);
/* It arrived, after so many microseconds; less than 0: nobody knows how long it took. A message counts once. */
int learn_delivery(const struct lesson *lesson, int64_t usec);
/* Its code came back, and nothing else tells that it arrived: for the score only. */
int learn_arrival(const struct lesson *lesson);
/* Nothing was heard of it in the time that it had; of a channel without receipts nothing can be. */
int learn_silence(const struct lesson *lesson);

/* The language of the channel's template for a user: what a template's breaker is about. */
const char *learning_language(const struct config_channel *channel, const char *lang);

/* The channels whose breakers wait until a probe says that they work: how many of at most max, or -errno. */
int learning_waiting(struct tx *tx, int64_t now, char channels[][WIRE_NAME_MAX], size_t max);
/* A channel works: its breaker closes if it opened before a time. 1 if it did, 0, -errno. */
int learn_recovery(struct tx *tx, const char *channel, int64_t before);
