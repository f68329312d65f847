/* stats: what was sent, what arrived, how fast, and what it cost. */
#include "tools/otpctl/stats.h"
#include "tools/otpctl/output.h"
#include "tools/otpctl/since.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SINCE_TABLE "7d"
#define SINCE_PAGE "30d"
#define BY_DEFAULT "channel"

static void print_json(const struct stat_item *item, const char *by)
{
	json_t *object = output_json_of(&wire_stat, item);

	(void)json_object_set_new(object, "by", json_string(by));
	output_json(object);
}

static void print_all(const struct otpctl *ctl, const struct stat_list *list, const struct stat_list *all,
		      uint64_t since)
{
	const struct stat_item nothing = {0}, *total = all->count > 0 ? &all->items[0] : &nothing;

	if (!ctl->options.json) {
		stats_print(list, total, since);
		return;
	}
	for (size_t i = 0; i < list->count; i++)
		print_json(&list->items[i], list->by);
	print_json(total, "total");
}

static int print_stats(struct otpctl *ctl, const char *by, uint64_t since)
{
	struct connection connection = CONNECTION_CLOSED;
	struct stat_list list = {0}, all = {0};
	struct done done = {0};
	int status = connection_open(ctl, &connection);

	if (status == EXIT_OK)
		status = stats_fetch(&connection, since, by, &list, &done);
	if (status == EXIT_OK && done.result == RESULT_ALLOW)
		status = stats_fetch(&connection, since, "", &all, &done);
	connection_close(&connection);
	if (status == EXIT_OK && done.result == RESULT_ALLOW)
		print_all(ctl, &list, &all, since);
	stats_free(&list);
	stats_free(&all);
	return status == EXIT_OK ? connection_end_of_list(ctl, "", &done) : status;
}

static bool is_key(const char *by)
{
	static const char *const keys[] = {"channel", "country", "provider", "hour"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i], by) == 0)
			return true;
	return false;
}

int command_stats(struct otpctl *ctl)
{
	const struct options *o = &ctl->options;
	const char *since = o->since ? o->since : o->html ? SINCE_PAGE : SINCE_TABLE;
	uint64_t now = (uint64_t)time(NULL), from;
	int r = since_parse(since, now, &from);

	if (r == -ERANGE)
		output_error("--since %s: is yet to come", since);
	else if (r < 0)
		output_error("--since %s: not a time; write 7d, 12h, today, 2026-11-01, \"2026-11-01 14:30\" or all",
			     since);
	else if (o->by && !is_key(o->by))
		output_error("--by %s: not known; write channel, country, provider or hour", o->by);
	else if (o->html && (o->by || o->json))
		output_error("--html: the page has everything in it; leave %s out", o->by ? "--by" : "--json");
	else if (o->html)
		return stats_page(ctl, from, now);
	else
		return print_stats(ctl, o->by ? o->by : BY_DEFAULT, from);
	return EXIT_USAGE;
}
