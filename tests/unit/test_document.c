/* daemon/webhook/document: what is no text becomes U+FFFD, and all else stays as it came. */
#include "daemon/webhook/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LOST "\\ufffd"

/* Exactly as long as its text: what reads on is found by the sanitizers. */
static void mends(const char *text, const char *expected, size_t count)
{
	size_t length = strlen(text);
	char *copy = malloc(length ? length : 1);

	assert_non_null(copy);
	memcpy(copy, text, length);
	assert_int_equal(document_mend(copy, length), count);
	assert_int_equal(strlen(expected), length);
	assert_memory_equal(copy, expected, length);
	free(copy);
}

static void test_what_is_no_text_is_replaced(void **state)
{
	static const struct {
		const char *text, *expected;
		size_t count;
	} rows[] = {
		{"\"\\u0000\"", "\"" LOST "\"", 1},
		{"\"\\ud83d\"", "\"" LOST "\"", 1},
		{"\"\\uDBFF\\uDBFF\"", "\"" LOST LOST "\"", 2},
		{"\"\\ude00\\ud83d\"", "\"" LOST LOST "\"", 2},
		{"\"\\ud83d\\ud83d\\ude00\"", "\"" LOST "\\ud83d\\ude00\"", 1},
		{"\"\\ud83d\\ude00\\ude00\"", "\"\\ud83d\\ude00" LOST "\"", 1},
		{"\"\\ud83dx\\ude00\"", "\"" LOST "x" LOST "\"", 2},
		{"\"\\ud83d\\n\"", "\"" LOST "\\n\"", 1},
		{"\"\\\\\\ud83d\"", "\"\\\\" LOST "\"", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		mends(rows[i].text, rows[i].expected, rows[i].count);
}

static void test_what_is_text_stays(void **state)
{
	static const char *const rows[] = {
		"",
		"{}",
		"\\",
		"\\u",
		"\\u000",
		"\"\\ud83d\\ude00\"", /* a pair */
		"\"\\\\ud83d\"",      /* a backslash, and letters */
		"\"\\\\u0000\"",
		"\"\\ud7ff\\ue000\\u0001\"",
		"\"\\u00e9 \\u062a \\/ \\\"\"",
		"\\ud83",
		"\\uzzzz",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		mends(rows[i], rows[i], 0);
}

static void test_the_rest_of_the_document_is_read(void **state)
{
	static const char text[] = "{\"text\":\"a\\u0000b\\ud83d\",\"kept\":\"\\ud83d\\ude00\"}";
	json_t *root = document_read(text, strlen(text));

	(void)state;
	assert_non_null(root);
	assert_string_equal(json_string_value(json_object_get(root, "text")), "a\xef\xbf\xbd"
									      "b\xef\xbf\xbd");
	assert_string_equal(json_string_value(json_object_get(root, "kept")), "\xf0\x9f\x98\x80");
	json_decref(root);
}

static void test_what_is_no_json_stays_none(void **state)
{
	static const char *const rows[] = {
		"", "{", "{\"a\":1,\"a\":1}", "{\"a\":\"\\ud83d\",\"a\":1}", "{\"\\u0000", "\"\xff\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_null(document_read(rows[i], strlen(rows[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_no_text_is_replaced),
		cmocka_unit_test(test_what_is_text_stays),
		cmocka_unit_test(test_the_rest_of_the_document_is_read),
		cmocka_unit_test(test_what_is_no_json_stays_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
