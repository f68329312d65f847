/* Shares that are reckoned from what the core counted, and hours put together for a chart. */
#include "tools/otpctl/stats_hours.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define HOUR 3600
#define DAY (24 * HOUR)
#define MIDNIGHT 1795219200 /* 2026-11-21 00:00 UTC */

static void the_parts_of_an_outcome_are_all_that_was_sent(void **state)
{
	static const struct {
		struct stat_item item;
		struct outcome outcome;
	} rows[] = {
		{{.sent = 100, .delivered = 90, .failed = 4, .verified = 80}, {80, 10, 6, 4}},
		/* No receipts: what was typed has arrived, of the rest nobody knows. */
		{{.sent = 100, .failed = 4, .verified = 80}, {80, 0, 16, 4}},
		/* A provider that leaves "delivered" out. */
		{{.sent = 10, .read = 9, .verified = 5}, {5, 4, 1, 0}},
		/* Counted in other hours: never more than was sent. */
		{{.sent = 3, .delivered = 9, .failed = 9, .verified = 9}, {3, 0, 0, 0}},
		{{.sent = 5, .delivered = 5, .failed = 3, .verified = 1}, {1, 1, 0, 3}},
		{{.sent = 0}, {0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome o = stats_outcome(&rows[i].item);

		assert_memory_equal(&o, &rows[i].outcome, sizeof(o));
		assert_int_equal(o.verified + o.delivered + o.silent + o.failed, rows[i].item.sent);
	}
}

static void a_code_by_two_channels_counts_once_but_for_each_channel(void **state)
{
	const struct stat_item item = {.sent = 130, .fallback = 30}, odd = {.sent = 1, .fallback = 2};

	(void)state;
	assert_int_equal(stats_codes(&item, "channel"), 130);
	assert_int_equal(stats_codes(&item, "provider"), 130);
	assert_int_equal(stats_codes(&item, "country"), 100);
	assert_int_equal(stats_codes(&item, "hour"), 100);
	assert_int_equal(stats_codes(&item, ""), 100);
	assert_int_equal(stats_codes(&odd, "hour"), 1);
}

/* A list with one message in each hour named. */
static struct stat_list list_of(const uint64_t *hours, size_t count)
{
	struct stat_list list = {.by = "hour", .items = calloc(count, sizeof(*list.items)), .count = count};

	for (size_t i = 0; i < count; i++) {
		snprintf(list.items[i].key, sizeof(list.items[i].key), "%llu", (unsigned long long)hours[i]);
		list.items[i].sent = 1;
	}
	return list;
}

static uint64_t sent_in(const struct hours *hours)
{
	uint64_t sent = 0;

	for (size_t i = 0; i < hours->count; i++)
		sent += hours->slots[i].sent;
	return sent;
}

static void empty_hours_have_a_place(void **state)
{
	const uint64_t at[] = {MIDNIGHT, MIDNIGHT + 5 * HOUR};
	struct stat_list list = list_of(at, 2);
	struct hours *hours = hours_of(&list, MIDNIGHT, MIDNIGHT + 5 * HOUR + 60);

	(void)state;
	assert_int_equal(hours->seconds, HOUR);
	assert_int_equal(hours->count, 6);
	assert_int_equal(hours->from[5], MIDNIGHT + 5 * HOUR);
	assert_int_equal(hours->slots[0].sent, 1);
	assert_int_equal(hours->slots[1].sent, 0);
	assert_int_equal(hours->slots[5].sent, 1);
	hours_free(hours);
	stats_free(&list);
}

static void a_long_time_has_wide_columns_and_loses_nothing(void **state)
{
	static const uint64_t spans[] = {
		HOUR, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY, 3650 * DAY, 20000 * (uint64_t)DAY};

	(void)state;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		const uint64_t at[] = {MIDNIGHT - spans[i], MIDNIGHT - spans[i] / 2, MIDNIGHT};
		struct stat_list list = list_of(at, 3);
		struct hours *hours = hours_of(&list, MIDNIGHT - spans[i] + 600, MIDNIGHT + 60);

		assert_in_range(hours->count, 1, 200);
		assert_int_equal(sent_in(hours), 3);
		hours_free(hours);
		stats_free(&list);
	}
}

static void days_begin_at_midnight(void **state)
{
	const uint64_t at[] = {MIDNIGHT - 60 * DAY};
	struct stat_list list = list_of(at, 1);
	struct hours *hours;

	(void)state;
	setenv("TZ", "AST-3", 1); /* as in Riyadh */
	tzset();
	hours = hours_of(&list, MIDNIGHT - 120 * DAY, MIDNIGHT + 60);
	assert_int_equal(hours->seconds, DAY);
	assert_int_equal((hours->from[7] + 3 * HOUR) % DAY, 0);
	hours_free(hours);
	stats_free(&list);
	setenv("TZ", "UTC0", 1);
	tzset();
}

static void all_begins_with_the_first_message(void **state)
{
	const uint64_t at[] = {MIDNIGHT - 4 * HOUR};
	struct stat_list list = list_of(at, 1), none = {.by = "hour"};
	struct hours *hours = hours_of(&list, 0, MIDNIGHT);

	(void)state;
	assert_int_equal(hours->count, 5);
	hours_free(hours);
	hours = hours_of(&none, 0, MIDNIGHT);
	assert_int_equal(hours->count, 1);
	hours_free(hours);
	stats_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parts_of_an_outcome_are_all_that_was_sent),
		cmocka_unit_test(a_code_by_two_channels_counts_once_but_for_each_channel),
		cmocka_unit_test(empty_hours_have_a_place),
		cmocka_unit_test(a_long_time_has_wide_columns_and_loses_nothing),
		cmocka_unit_test(days_begin_at_midnight),
		cmocka_unit_test(all_begins_with_the_first_message),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
