/* tools/otpctl/meta_versions.c: when a version of the Graph API ends, at a day of ours. */
#include "tools/otpctl/meta_versions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define DAY ((int64_t)86400)
#define END_OF_V25 INT64_C(1848441600) /* 2028-07-29 */

static void test_a_version_grows_old(void **state)
{
	static const struct {
		int64_t now;
		enum meta_version wanted;
	} rows[] = {
		{END_OF_V25 - 400 * DAY, META_VERSION_LIVES},
		{END_OF_V25 - 90 * DAY, META_VERSION_LIVES},
		{END_OF_V25 - 90 * DAY + 1, META_VERSION_ENDS},
		{END_OF_V25 - 1, META_VERSION_ENDS},
		{END_OF_V25, META_VERSION_ENDED},
		{END_OF_V25 + 400 * DAY, META_VERSION_ENDED},
	};
	int64_t end;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(meta_version("v25.0", rows[i].now, &end), rows[i].wanted);
		assert_int_equal(end, END_OF_V25);
	}
}

static void test_versions_without_an_end(void **state)
{
	int64_t end = 1;

	(void)state;
	assert_int_equal(meta_version("v26.0", END_OF_V25, &end), META_VERSION_OPEN);
	assert_int_equal(end, 0);
	assert_int_equal(meta_version("v25", END_OF_V25, &end), META_VERSION_UNKNOWN);
	assert_int_equal(meta_version("", END_OF_V25, &end), META_VERSION_UNKNOWN);
}

/* What setup writes must not be what doctor complains about. */
static void test_the_default_is_one_of_them(void **state)
{
	int64_t end;

	(void)state;
	assert_int_equal(meta_version(META_VERSION_DEFAULT, END_OF_V25 - 600 * DAY, &end), META_VERSION_LIVES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_version_grows_old),
		cmocka_unit_test(test_versions_without_an_end),
		cmocka_unit_test(test_the_default_is_one_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
