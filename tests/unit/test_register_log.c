/* tools/otpctl/register_log.c: attempts to register a number, counted over three days that pass here in an instant. */
#include "tools/otpctl/register_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NUMBER "106540352242922"
#define NOON INT64_C(1795262400)
#define HOUR ((int64_t)3600)

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/register.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char path[96];

	(void)state;
	snprintf(path, sizeof(path), "%s/register-attempts", folder);
	(void)unlink(path);
	return rmdir(folder);
}

/* One attempt at that time, if it is free. True if it was. */
static bool attempt(const char *number, int64_t now, long long code)
{
	struct register_log log;
	bool free;

	assert_int_equal(register_log_open(folder, number, now, &log), 0);
	free = log.free_at == 0;
	if (free) {
		assert_int_equal(register_log_add(&log, now), 0);
		assert_int_equal(register_log_end(&log, code), 0);
	}
	register_log_close(&log);
	return free;
}

static int64_t free_at(int64_t now)
{
	struct register_log log;

	assert_int_equal(register_log_open(folder, NUMBER, now, &log), 0);
	register_log_close(&log);
	return log.free_at;
}

static void test_eight_in_a_window_that_moves(void **state)
{
	(void)state;
	for (int i = 0; i < REGISTER_MOST; i++)
		assert_true(attempt(NUMBER, NOON + i * HOUR, 0));
	assert_false(attempt(NUMBER, NOON + 10 * HOUR, 0));
	assert_int_equal(free_at(NOON + 10 * HOUR), NOON + REGISTER_WINDOW);
	assert_false(attempt(NUMBER, NOON + REGISTER_WINDOW - 1, 0));
	assert_true(attempt(NUMBER, NOON + REGISTER_WINDOW, 0));
	assert_int_equal(free_at(NOON + REGISTER_WINDOW), NOON + HOUR + REGISTER_WINDOW);
}

static void test_each_number_has_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < REGISTER_MOST; i++)
		assert_true(attempt(NUMBER, NOON, 133005));
	assert_false(attempt(NUMBER, NOON, 0));
	assert_true(attempt("4711", NOON, 0));
	assert_false(attempt(NUMBER, NOON, 0));
}

static void test_one_refusal_of_meta_ends_it_for_three_days(void **state)
{
	(void)state;
	assert_true(attempt(NUMBER, NOON, 0));
	assert_true(attempt(NUMBER, NOON + HOUR, 133016));
	assert_int_equal(free_at(NOON + 2 * HOUR), NOON + HOUR + REGISTER_WINDOW);
	assert_true(attempt(NUMBER, NOON + HOUR + REGISTER_WINDOW, 0));
}

/* A clock that was ahead and is set right must not lock anybody out for years. */
static void test_attempts_of_next_year_do_not_count(void **state)
{
	(void)state;
	for (int i = 0; i < REGISTER_MOST; i++)
		assert_true(attempt(NUMBER, NOON + 10000 * HOUR, 0));
	assert_int_equal(free_at(NOON), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_eight_in_a_window_that_moves, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_each_number_has_its_own, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_one_refusal_of_meta_ends_it_for_three_days, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(test_attempts_of_next_year_do_not_count, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
