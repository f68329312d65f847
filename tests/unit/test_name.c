/* A name in a log line cannot be taken for more than a name. */
#include "wire/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void names_are_shown(void **state)
{
	static const struct {
		const char *name, *shown;
	} rows[] = {
		{"alice", "alice"},
		{"al.ice_2-x+y@example.org", "al.ice_2-x+y@example.org"},
		{"host$", "host$"},
		{"علي", "علي"},
		{"", "\"\""},
		{"a b", "\"a b\""},
		{"root: sshd from 10.0.0.1: allow", "\"root: sshd from 10.0.0.1: allow\""},
		{"say \"hi\"", "\"say \\\"hi\\\"\""},
		{"DOM\\alice", "\"DOM\\\\alice\""},
	};
	char out[NAME_QUOTED_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(name_quote(rows[i].name, out), rows[i].shown);
}

static void the_longest_name_fits(void **state)
{
	char name[WIRE_USER_MAX], out[NAME_QUOTED_MAX];

	(void)state;
	memset(name, '"', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(strlen(name_quote(name, out)), 2 * (sizeof(name) - 1) + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(names_are_shown), cmocka_unit_test(the_longest_name_fits)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
