#include "daemon/core/tally.h"

#include <stdbool.h>
#include <stdio.h>

/* Four buckets to each doubling, from 1 ms on. */
#define PARTS 4

void events_add(struct events *events, enum tally what, const char *channel, const char *country, int64_t value)
{
	struct event *event = &events->item[events->count];

	if (!channel || events->count == EVENTS_MAX) /* a channel that the config has lost */
		return;
	*event = (struct event){.what = what, .channel = channel, .value = value};
	snprintf(event->country, sizeof(event->country), "%s", country);
	events->count++;
}

int64_t tally_place(const struct event *event, int64_t *ret_amount)
{
	bool is_time = event->what > TALLY_COUNTS;

	*ret_amount = event->what == TALLY_COST ? event->value : 1;
	return (int64_t)event->what + (is_time ? tally_bucket(event->value) : 0);
}

int64_t tally_bucket(int64_t usec)
{
	int64_t ms = usec / 1000, floor = 1, bucket = 1;

	if (ms < 1)
		return 0;
	for (; ms >= 2 * floor; floor *= 2)
		bucket += PARTS;
	bucket += (ms - floor) * PARTS / floor;
	return bucket < TALLY_BUCKETS ? bucket : TALLY_BUCKETS - 1;
}

int64_t tally_bucket_ms(int64_t bucket)
{
	int64_t floor = 1;

	if (bucket == 0)
		return 0;
	for (bucket--; bucket >= PARTS; bucket -= PARTS)
		floor *= 2;
	return floor + floor * bucket / PARTS + floor / (2 * PARTS);
}

int64_t tally_quantile(const int64_t buckets[static TALLY_BUCKETS], int percent)
{
	int64_t all = 0, seen = 0;

	for (size_t i = 0; i < TALLY_BUCKETS; i++)
		all += buckets[i];
	for (size_t i = 0; i < TALLY_BUCKETS && all > 0; i++) {
		seen += buckets[i];
		if (seen * 100 >= all * percent)
			return tally_bucket_ms((int64_t)i);
	}
	return 0;
}
