/* daemon/core/limit: how many pass at once, and when the next one may. */
#include "daemon/base/clock.h"
#include "daemon/core/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HOUR (3600 * SECOND)

static const struct config_rates three_in_ten_minutes = {.rate = {{3, 600}}, .count = 1};
static const struct config_rates user_rates = {.rate = {{3, 600}, {10, 3600}, {20, 86400}}, .count = 3};

static void a_burst_passes_and_then_one_each_step(void **state)
{
	static const struct {
		int64_t at, wait; /* seconds */
	} rows[] = {{0, 0},   {0, 0},   {0, 0},   {0, 200},   {50, 150}, {199, 1},  {200, 0},  {200, 200}, {399, 1},
		    {400, 0}, {900, 0}, {900, 0}, {900, 100}, {1600, 0}, {1600, 0}, {1600, 0}, {1600, 200}};
	struct limit_state s = {0};
	int64_t start = 7 * HOUR + 1;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(limit_take(&three_in_ten_minutes, &s, start + rows[i].at * SECOND),
				 rows[i].wait * SECOND);
}

static void to_the_microsecond(void **state)
{
	struct limit_state s = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(limit_take(&three_in_ten_minutes, &s, 0), 0);
	assert_int_equal(limit_take(&three_in_ten_minutes, &s, 200 * SECOND - 1), 1);
	assert_int_equal(limit_take(&three_in_ten_minutes, &s, 200 * SECOND), 0);
}

static void a_refusal_takes_nothing(void **state)
{
	struct limit_state s = {0}, before;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(limit_take(&user_rates, &s, SECOND), 0);
	before = s;
	for (int i = 0; i < 1000; i++)
		assert_true(limit_take(&user_rates, &s, SECOND + i) > 0);
	assert_memory_equal(&s, &before, sizeof(s));
}

/* The busiest user there can be, over two days: each rate holds in every window of its own. */
static void several_rates_hold_at_once(void **state)
{
	struct limit_state s = {0};
	int64_t taken[128];
	size_t count = 0;

	(void)state;
	for (int64_t now = 0; now < 48 * HOUR && count < 128; now += 10 * SECOND)
		if (limit_take(&user_rates, &s, now) == 0)
			taken[count++] = now;
	assert_in_range(count, 40, 61); /* 20 at once a day, and what grows back */
	for (size_t i = 0; i < count; i++)
		for (size_t r = 0; r < user_rates.count; r++) {
			const struct config_rate *rate = &user_rates.rate[r];
			size_t inside = 0;

			/* GCRA lets a burst through and what has grown back by its end: less than twice the count. */
			for (size_t k = i; k < count && taken[k] < taken[i] + rate->period * SECOND; k++)
				inside++;
			assert_true((int64_t)inside < 2 * rate->count);
		}
}

static void the_longest_wait_is_told(void **state)
{
	struct config_rates rates = {.rate = {{1, 10}, {1, 60}}, .count = 2};
	struct limit_state s = {0};

	(void)state;
	assert_int_equal(limit_take(&rates, &s, 0), 0);
	assert_int_equal(limit_take(&rates, &s, 0), 60 * SECOND);
	assert_int_equal(limit_take(&rates, &s, 30 * SECOND), 30 * SECOND);
}

static void no_rate_is_no_limit(void **state)
{
	struct config_rates none = {0};
	struct limit_state s = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(limit_take(&none, &s, 0), 0);
}

static void the_extremes_of_the_config_do_not_overflow(void **state)
{
	struct config_rates rates = {.rate = {{1000000, 1}, {1, 86400000000}}, .count = 2};
	struct limit_state s = {0};

	(void)state;
	assert_int_equal(limit_take(&rates, &s, INT64_C(1) << 50), 0);
	assert_int_equal(limit_take(&rates, &s, INT64_C(1) << 50), INT64_C(86400000000) * SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_passes_and_then_one_each_step),
		cmocka_unit_test(to_the_microsecond),
		cmocka_unit_test(a_refusal_takes_nothing),
		cmocka_unit_test(several_rates_hold_at_once),
		cmocka_unit_test(the_longest_wait_is_told),
		cmocka_unit_test(no_rate_is_no_limit),
		cmocka_unit_test(the_extremes_of_the_config_do_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
