/* daemon/sender/meta_errors: every code of the vendor's table, by hand from that table and not from ours. */
#include "daemon/sender/meta_errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ALL(list) list, sizeof(list) / sizeof(list[0])

static void all(const int codes[], size_t count, enum failure failure, bool retry)
{
	for (size_t i = 0; i < count; i++) {
		const struct meta_error *row = meta_error_of(codes[i]);

		if (!row)
			fail_msg("code %d is not in the table", codes[i]);
		if (row->failure != failure || row->retry != retry)
			fail_msg("code %d: failure %d, retry %d", codes[i], row->failure, row->retry);
	}
}

static void test_passing_faults_are_tried_again(void **state)
{
	static const int codes[] = {1, 2, 130429, 131000, 131016, 133004};

	(void)state;
	all(ALL(codes), FAILURE_TRANSIENT, true);
}

static void test_limits_that_a_second_try_would_hit_again(void **state)
{
	static const int codes[] = {4, 80007, 131057};

	(void)state;
	all(ALL(codes), FAILURE_TRANSIENT, false);
}

static void test_recipients_who_cannot_be_reached(void **state)
{
	static const int codes[] = {130403, 130472, 130497, 131021, 131026, 131030, 131049, 131050, 131056,
				    131062, 137000, 138000, 138999, 139000, 139004, 139100, 139103};

	(void)state;
	all(ALL(codes), FAILURE_UNDELIVERABLE, false);
}

static void test_faults_that_an_admin_must_mend(void **state)
{
	static const int codes[] = {0,      3,      10,     33,     100,    190,    200,    250,    299,
				    368,    131005, 131008, 131009, 131031, 131037, 131042, 131045, 131047,
				    131048, 131051, 131055, 131063, 131064, 132000, 132001, 132005, 132007,
				    132008, 132012, 132015, 132016, 132018, 132068, 132069, 133000, 133005,
				    133006, 133008, 133009, 133010, 133015, 133016, 134011, 135000};

	(void)state;
	all(ALL(codes), FAILURE_CONFIG, false);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_int_equal(meta_error_of(codes[i])->alarm, META_ALARM);
}

static void test_alarms_that_are_not_about_the_config(void **state)
{
	static const int loud[] = {80007, 130497, 131030, 137000};
	static const int quiet[] = {131026, 131021, 131050, 131057, 131062, 130403, 130472};

	(void)state;
	for (size_t i = 0; i < sizeof(loud) / sizeof(loud[0]); i++)
		assert_int_equal(meta_error_of(loud[i])->alarm, META_ALARM);
	for (size_t i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
		assert_int_equal(meta_error_of(quiet[i])->alarm, META_QUIET);
}

static void test_codes_that_nobody_knows(void **state)
{
	static const long long codes[] = {-1, 5, 199, 300, 131027, 139005, 139104, 140000, INT64_MAX, INT64_MIN};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_null(meta_error_of(codes[i]));
}

static void test_rows_are_sorted_and_apart_and_say_something(void **state)
{
	(void)state;
	for (size_t i = 0; i < meta_error_count; i++) {
		assert_true(meta_errors[i].first <= meta_errors[i].last);
		assert_true(i == 0 || meta_errors[i].first > meta_errors[i - 1].last);
		assert_true(!meta_errors[i].retry || meta_errors[i].failure == FAILURE_TRANSIENT);
		assert_true(strlen(meta_errors[i].meaning) > 10 && strlen(meta_errors[i].meaning) < 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passing_faults_are_tried_again),
		cmocka_unit_test(test_limits_that_a_second_try_would_hit_again),
		cmocka_unit_test(test_recipients_who_cannot_be_reached),
		cmocka_unit_test(test_faults_that_an_admin_must_mend),
		cmocka_unit_test(test_alarms_that_are_not_about_the_config),
		cmocka_unit_test(test_codes_that_nobody_knows),
		cmocka_unit_test(test_rows_are_sorted_and_apart_and_say_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
