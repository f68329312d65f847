/*
 * What statistics count. Decisions say what happened as events, which are counted after the commit; times become
 * buckets, so that sums of counts are all there is to keep. Pure.
 */
#pragma once

#include "daemon/base/phone.h"

#include <stddef.h>
#include <stdint.h>

enum tally {
	TALLY_SENT,
	TALLY_ACCEPTED,
	TALLY_DELIVERED,
	TALLY_READ,
	TALLY_FAILED,
	TALLY_FALLBACK,
	TALLY_VERIFIED,
	TALLY_COST, /* value: millionths */
	TALLY_COUNTS,
	/* Of these, value is a time in microseconds; each has TALLY_BUCKETS of its own behind this number. */
	TALLY_SEND_TIME = 100,
	TALLY_DELIVERY_TIME = 200,
	TALLY_ANSWER_TIME = 300,
};
#define TALLY_BUCKETS 80
#define TALLY_PLACES (TALLY_ANSWER_TIME + TALLY_BUCKETS)

struct event {
	enum tally what;
	const char *channel; /* a name of the config, which outlives the event */
	char country[PHONE_COUNTRY_MAX];
	int64_t value;
};

/* Of one decision, or of one look at the outbox. */
#define EVENTS_MAX 100
struct events {
	struct event item[EVENTS_MAX];
	size_t count;
};

void events_add(struct events *events, enum tally what, const char *channel, const char *country, int64_t value);

/* Where an event is counted and how much it adds. */
int64_t tally_place(const struct event *event, int64_t *ret_amount);

/* A time's bucket, and the time that stands for a bucket: milliseconds, within a seventh of the real one. */
int64_t tally_bucket(int64_t usec);
int64_t tally_bucket_ms(int64_t bucket);

/* The milliseconds within which so many of a hundred are; 0 if there are none. */
int64_t tally_quantile(const int64_t buckets[static TALLY_BUCKETS], int percent);
