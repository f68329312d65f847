#include "tools/otpctl/stats_list.h"

#include "tools/otpctl/output.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void keep_item(void *userdata, const struct wire_message *message, const void *item)
{
	struct stat_list *list = userdata;
	struct stat_item *grown = list->items;

	(void)message;
	if ((list->count & (list->count + 1)) == 0)
		grown = reallocarray(list->items, 2 * list->count + 2, sizeof(*grown));
	if (!grown)
		errx(1, "out of memory");
	list->items = grown;
	list->items[list->count++] = *(const struct stat_item *)item;
}

static int by_size(const void *a, const void *b)
{
	const struct stat_item *x = a, *y = b;

	return x->sent == y->sent ? strcmp(x->key, y->key) : x->sent < y->sent ? 1 : -1;
}

static int by_time(const void *a, const void *b)
{
	const struct stat_item *x = a, *y = b;
	unsigned long long s = strtoull(x->key, NULL, 10), t = strtoull(y->key, NULL, 10);

	return (s > t) - (s < t);
}

int stats_fetch(struct connection *connection, uint64_t since, const char *by, struct stat_list *ret, struct done *done)
{
	struct stats request = {.since = since};
	int status;

	*ret = (struct stat_list){0};
	snprintf(request.by, sizeof(request.by), "%s", by);
	snprintf(ret->by, sizeof(ret->by), "%s", by);
	status = connection_call(connection, &wire_stats, &request, &wire_stat, keep_item, ret, done);
	if (status != EXIT_OK || done->result != RESULT_ALLOW)
		stats_free(ret);
	else if (ret->count > 0)
		qsort(ret->items, ret->count, sizeof(ret->items[0]), strcmp(by, "hour") == 0 ? by_time : by_size);
	return status;
}

void stats_free(struct stat_list *list)
{
	free(list->items);
	list->items = NULL;
	list->count = 0;
}

uint64_t stats_codes(const struct stat_item *item, const char *by)
{
	bool each = strcmp(by, "channel") == 0 || strcmp(by, "provider") == 0;

	return each || item->fallback > item->sent ? item->sent : item->sent - item->fallback;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

struct outcome stats_outcome(const struct stat_item *item)
{
	uint64_t left = item->sent, arrived = item->delivered > item->read ? item->delivered : item->read;
	struct outcome o = {.verified = least(item->verified, left)};

	left -= o.verified;
	o.failed = least(item->failed, left);
	left -= o.failed;
	o.delivered = least(arrived > o.verified ? arrived - o.verified : 0, left);
	o.silent = left - o.delivered;
	return o;
}

const char *stats_label(const struct stat_item *item, const char *by, char text[static STATS_LABEL_MAX])
{
	char time[OUTPUT_TIME_MAX];

	if (strcmp(by, "hour") == 0)
		snprintf(text, STATS_LABEL_MAX, "%s", output_time(strtoull(item->key, NULL, 10), time));
	else
		snprintf(text, STATS_LABEL_MAX, "%s", item->key[0] ? item->key : "not known");
	return text;
}
