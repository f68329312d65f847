/* daemon/core/sql_sqlite: what the store's own tests do not reach. */
#include "daemon/core/sql.h"
#include "tests/unit/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STATEMENTS 1000

static int run(struct sql *db, const char *sql, const char *letters, ...)
{
	va_list values;
	int r;

	va_start(values, letters);
	r = sql_sqlite.run(db, sql, letters, values);
	va_end(values);
	return r;
}

/* A core that has done everything once has prepared every statement of the program; none of them may be one too many.
 */
static void every_statement_of_a_long_life_is_kept(void **state)
{
	static char literals[STATEMENTS][64];
	struct folder folder;
	char path[128], why[256];
	struct sql *db;

	(void)state;
	folder_make(&folder);
	snprintf(path, sizeof(path), "%s/whatsapp-otp.db", folder.path);
	assert_int_equal(sql_sqlite.open(path, &db, why, sizeof(why)), 0);
	assert_int_equal(sql_sqlite.script(db, "CREATE TABLE t(x INTEGER)"), 0);
	for (int again = 0; again < 2; again++)
		for (int64_t i = 0; i < STATEMENTS; i++) {
			snprintf(literals[i], sizeof(literals[i]), "INSERT INTO t VALUES(? + %d)", (int)i);
			assert_int_equal(run(db, literals[i], "i", i), 1);
		}
	sql_sqlite.close(db);
	folder_remove(&folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_statement_of_a_long_life_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
