/* What --since takes, in a time zone with an hour of summer time. */
#include "tools/otpctl/since.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define NOW 1795290240 /* 2026-11-21 20:44 in Berlin */
#define HOUR 3600
#define DAY (24 * HOUR)

static uint64_t since(const char *text)
{
	uint64_t at = 1;

	assert_int_equal(since_parse(text, NOW, &at), 0);
	return at;
}

static void a_time_ago(void **state)
{
	(void)state;
	assert_int_equal(since("90min"), NOW - 90 * 60);
	assert_int_equal(since("12h"), NOW - 12 * HOUR);
	assert_int_equal(since("7d"), NOW - 7 * DAY);
	assert_int_equal(since("2w"), NOW - 14 * DAY);
	assert_int_equal(since("30s"), NOW - 30);
	assert_int_equal(since("999999d"), 0);
}

static void a_word(void **state)
{
	(void)state;
	assert_int_equal(since("all"), 0);
	assert_int_equal(since("today"), NOW - (20 * HOUR + 44 * 60));
	assert_int_equal(since("yesterday"), NOW - (20 * HOUR + 44 * 60) - DAY);
}

static void a_day_in_local_time(void **state)
{
	(void)state;
	assert_int_equal(since("2026-11-21"), since("today"));
	assert_int_equal(since("2026-11-21 14:30"), since("today") + 14 * HOUR + 30 * 60);
	assert_int_equal(since("2026-11-21T14:30"), since("2026-11-21 14:30"));
	/* In October the clocks went back: that day had 25 hours. */
	assert_int_equal(since("2026-10-26") - since("2026-10-25"), 25 * HOUR);
}

static void what_is_yet_to_come(void **state)
{
	uint64_t at;

	(void)state;
	assert_int_equal(since_parse("2026-11-22", NOW, &at), -ERANGE);
	assert_int_equal(since_parse("2030-01-01 00:00", NOW, &at), -ERANGE);
}

static void what_is_no_time(void **state)
{
	static const char *const words[] = {"",
					    "7",
					    "2026",
					    "d",
					    "-7d",
					    "7 d",
					    "0d",
					    "7y",
					    "tomorrow",
					    "2026-02-31",
					    "2026-13-01",
					    "2026-11-01 25:00",
					    "2026-11-01x",
					    "99999999999w",
					    "00w"};
	uint64_t at;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_int_equal(since_parse(words[i], NOW, &at), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_ago),          cmocka_unit_test(a_word),
		cmocka_unit_test(a_day_in_local_time), cmocka_unit_test(what_is_yet_to_come),
		cmocka_unit_test(what_is_no_time),
	};

	/* By its rule: no zone file need be installed. */
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
