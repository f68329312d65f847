/* Hours put together into so few columns that a chart can show them, the empty ones too. */
#pragma once

#include "tools/otpctl/stats_list.h"

struct hours {
	uint64_t seconds;        /* of one slot */
	size_t count;            /* at least one */
	uint64_t *from;          /* when each begins, local hours and days */
	struct stat_item *slots; /* without times, which cannot be put together */
};

/* Of items by hour, from since (0: the first of them) until now. For hours_free(); never NULL. */
struct hours *hours_of(const struct stat_list *list, uint64_t since, uint64_t now);
void hours_free(struct hours *hours);
