/* daemon/sender/json: what counts as JSON, and where a pointer leads. */
#include "daemon/provider/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* RFC 6901, 5: the specification's own document and its table. */
static const char rfc6901[] = "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,"
			      "\"k\\\"l\":6,\" \":7,\"m~n\":8}";

static void leads_to(const json_t *root, const char *pointer, const char *expected)
{
	char text[64];

	assert_true(json_pointer_ok(pointer));
	assert_true(json_scalar(json_at(root, pointer), text, sizeof(text)));
	assert_string_equal(text, expected);
}

static void test_pointers_of_the_rfc(void **state)
{
	json_t *root = json_read(rfc6901, strlen(rfc6901));

	(void)state;
	leads_to(root, "/foo/0", "bar");
	leads_to(root, "/foo/1", "baz");
	leads_to(root, "/", "0");
	leads_to(root, "/a~1b", "1");
	leads_to(root, "/c%d", "2");
	leads_to(root, "/e^f", "3");
	leads_to(root, "/g|h", "4");
	leads_to(root, "/i\\j", "5");
	leads_to(root, "/k\"l", "6");
	leads_to(root, "/ ", "7");
	leads_to(root, "/m~0n", "8");
	assert_true(json_is_array(json_at(root, "/foo")));
	json_decref(root);
}

static void test_pointer_that_leads_nowhere(void **state)
{
	static const char *const nowhere[] = {"/foo/2",  "/foo/00", "/foo/-",
					      "/foo/01", "/foo/x",  "/foo/0/0",
					      "/bar",    "/foo/",   "/foo/99999999999999999999"};
	json_t *root = json_read(rfc6901, strlen(rfc6901));

	(void)state;
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++)
		assert_null(json_at(root, nowhere[i]));
	assert_null(json_at(NULL, "/foo"));
	json_decref(root);
}

static void test_what_is_no_pointer(void **state)
{
	char deep[JSON_TOKEN_MAX + 2];

	(void)state;
	assert_false(json_pointer_ok(""));
	assert_false(json_pointer_ok("id"));
	assert_false(json_pointer_ok("/~"));
	assert_false(json_pointer_ok("/~2"));
	memset(deep, 'a', sizeof(deep) - 1);
	deep[0] = '/';
	deep[sizeof(deep) - 1] = '\0';
	assert_false(json_pointer_ok(deep));
	deep[JSON_TOKEN_MAX] = '\0';
	assert_true(json_pointer_ok(deep));
}

static void test_only_whole_and_unambiguous_json(void **state)
{
	static const char *const refused[] = {"",
					      "x",
					      "{",
					      "{}{}",
					      "{} x",
					      "\"id\"",
					      "[1,]",
					      "1",
					      "{\"a\":1,\"a\":2}",
					      "{'a':1}",
					      "[\"\\u0000\"]",
					      "[\"\xff\"]"};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_null(json_read(refused[i], strlen(refused[i])));
}

static void test_nesting_has_an_end(void **state)
{
	size_t depth = 60000;
	char *deep = malloc(depth);

	(void)state;
	memset(deep, '[', depth);
	assert_null(json_read(deep, depth));
	free(deep);
}

static void test_scalars_as_text(void **state)
{
	static const char data[] = "{\"s\":\"x\",\"n\":42,\"m\":-9223372036854775808,\"t\":true,\"f\":false,\"z\":null,"
				   "\"e\":\"\",\"o\":{},\"r\":1.5,\"c\":\"a\\nb\",\"long\":\"0123456789abcdef\"}";
	static const char *const none[] = {"/z", "/e", "/o", "/r", "/c"};
	json_t *root = json_read(data, strlen(data));
	char text[64], small[16];

	(void)state;
	leads_to(root, "/s", "x");
	leads_to(root, "/n", "42");
	leads_to(root, "/m", "-9223372036854775808");
	leads_to(root, "/t", "true");
	leads_to(root, "/f", "false");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_false(json_scalar(json_at(root, none[i]), text, sizeof(text)));
		assert_string_equal(text, "");
	}
	assert_false(json_scalar(json_at(root, "/long"), small, sizeof(small)));
	assert_string_equal(small, "");
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pointers_of_the_rfc), cmocka_unit_test(test_pointer_that_leads_nowhere),
		cmocka_unit_test(test_what_is_no_pointer),  cmocka_unit_test(test_only_whole_and_unambiguous_json),
		cmocka_unit_test(test_nesting_has_an_end),  cmocka_unit_test(test_scalars_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
