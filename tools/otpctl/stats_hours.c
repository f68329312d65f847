#include "tools/otpctl/stats_hours.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLOTS_MAX 190
#define HOUR 3600
#define DAY (24 * HOUR)

/* So that days begin at local midnight; a change of the clocks in between moves them by an hour. */
static int64_t zone_of(uint64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;

	return localtime_r(&t, &tm) ? tm.tm_gmtoff : 0;
}

static uint64_t slot_seconds(uint64_t span)
{
	static const uint64_t sizes[] = {HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY, 30 * DAY};
	const size_t last = sizeof(sizes) / sizeof(sizes[0]) - 1;

	for (size_t i = 0; i < last; i++)
		if (span / sizes[i] < SLOTS_MAX)
			return sizes[i];
	return sizes[last] * (span / sizes[last] / SLOTS_MAX + 1);
}

static void add(struct stat_item *to, const struct stat_item *item)
{
	to->sent += item->sent;
	to->accepted += item->accepted;
	to->delivered += item->delivered;
	to->read += item->read;
	to->failed += item->failed;
	to->fallback += item->fallback;
	to->verified += item->verified;
	to->cost += item->cost;
	if (item->currency[0])
		memcpy(to->currency, item->currency, sizeof(to->currency));
}

struct hours *hours_of(const struct stat_list *list, uint64_t since, uint64_t now)
{
	struct hours *hours = calloc(1, sizeof(*hours));
	uint64_t first = since, start, zone = (uint64_t)zone_of(now);

	if (!hours)
		errx(1, "out of memory");
	if (first == 0 && list->count > 0)
		first = strtoull(list->items[0].key, NULL, 10);
	if (first == 0 || first > now)
		first = now;
	hours->seconds = slot_seconds(now - first);
	start = (first + zone) / hours->seconds;
	hours->count = (size_t)((now + zone) / hours->seconds - start + 1);
	hours->from = calloc(hours->count, sizeof(*hours->from));
	hours->slots = calloc(hours->count, sizeof(*hours->slots));
	if (!hours->from || !hours->slots)
		errx(1, "out of memory");
	for (size_t i = 0; i < hours->count; i++)
		hours->from[i] = (start + i) * hours->seconds - zone;
	for (size_t i = 0; i < list->count; i++) {
		uint64_t slot = (strtoull(list->items[i].key, NULL, 10) + zone) / hours->seconds;

		/* The hour in which since lies begins before it. */
		slot = slot < start ? 0 : slot - start;
		if (slot < hours->count)
			add(&hours->slots[slot], &list->items[i]);
	}
	return hours;
}

void hours_free(struct hours *hours)
{
	if (!hours)
		return;
	free(hours->from);
	free(hours->slots);
	free(hours);
}
