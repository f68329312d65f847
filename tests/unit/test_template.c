/* daemon/sender/template: a value stays where it stands, whatever is in it. */
#include "daemon/sender/template.h"

#include "daemon/sender/memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"to", "text", NULL};
static const struct template_value values[] = {
	{"to", "+966501234567"},
	{"text", "a b&c=d\"e\\f<g>{to}\xd8\xb1%"},
	{NULL, NULL},
};

static void renders(const char *text, enum template_place place, const char *expected)
{
	char *out = NULL, why[128] = "";

	assert_int_equal(template_check(text, place, names, why, sizeof(why)), 0);
	assert_int_equal(template_render(text, place, values, &out), 0);
	assert_string_equal(out, expected);
	memory_free(out);
}

static void refuses(const char *text, enum template_place place, const char *word)
{
	char *out = NULL, why[128] = "";

	assert_int_equal(template_check(text, place, names, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, word));
	assert_int_equal(template_render(text, place, values, &out), -EINVAL);
	assert_null(out);
}

static void test_text_stays_as_it_is(void **state)
{
	(void)state;
	renders("", TEMPLATE_PLAIN, "");
	renders("no placeholder", TEMPLATE_PLAIN, "no placeholder");
	renders("{to}", TEMPLATE_PLAIN, "+966501234567");
	renders("<{to}{to}>", TEMPLATE_PLAIN, "<+966501234567+966501234567>");
	renders("{text}", TEMPLATE_PLAIN, "a b&c=d\"e\\f<g>{to}\xd8\xb1%");
}

static void test_form_value_adds_no_parameter(void **state)
{
	(void)state;
	renders("to={to}&text={text}", TEMPLATE_PERCENT,
		"to=%2B966501234567&text=a%20b%26c%3Dd%22e%5Cf%3Cg%3E%7Bto%7D%D8%B1%25");
}

static void test_json_value_ends_no_string(void **state)
{
	(void)state;
	renders("{\"a\":{\"to\":\"{to}\"},\"t\":\"{text}\",\"n\":{}}", TEMPLATE_JSON,
		"{\"a\":{\"to\":\"+966501234567\"},\"t\":\"a b&c=d\\\"e\\\\f<g>{to}\xd8\xb1%\",\"n\":{}}");
}

static void test_control_character_in_json(void **state)
{
	static const struct template_value nasty[] = {{"text", "a\nb\x01"}, {NULL, NULL}};
	char *out = NULL;

	(void)state;
	assert_int_equal(template_render("\"{text}\"", TEMPLATE_JSON, nasty, &out), 0);
	assert_string_equal(out, "\"a\\u000ab\\u0001\"");
	memory_free(out);
}

static void test_header_value_adds_no_header(void **state)
{
	static const char *const nasty[] = {"a\r\nX-Evil: 1", "a\nb", "\x7f", "\t"};
	char *out = NULL;

	(void)state;
	renders("X-To: {to}", TEMPLATE_HEADER, "X-To: +966501234567");
	for (size_t i = 0; i < sizeof(nasty) / sizeof(nasty[0]); i++) {
		const struct template_value one[] = {{"text", nasty[i]}, {NULL, NULL}};

		assert_int_equal(template_render("X-A: {text}", TEMPLATE_HEADER, one, &out), -EINVAL);
		assert_null(out);
	}
}

static void test_braces_are_written_twice(void **state)
{
	(void)state;
	renders("{{to}} {{{to}}}", TEMPLATE_PLAIN, "{to} {+966501234567}");
	refuses("{", TEMPLATE_PLAIN, "brace");
	refuses("a}", TEMPLATE_PLAIN, "brace");
	refuses("{to", TEMPLATE_PERCENT, "brace");
	refuses("{}", TEMPLATE_PLAIN, "brace");
	refuses("{ to }", TEMPLATE_HEADER, "brace");
	refuses("{To}", TEMPLATE_PLAIN, "brace");
}

static void test_unknown_placeholder_is_named(void **state)
{
	(void)state;
	refuses("{phone}", TEMPLATE_PLAIN, "{phone}");
	refuses("{\"a\":\"{phone}\"}", TEMPLATE_JSON, "{phone}");
	refuses("{t}", TEMPLATE_PERCENT, "{t}");
	refuses("{too}", TEMPLATE_PERCENT, "{too}");
}

static void test_value_is_no_template(void **state)
{
	static const struct template_value tricky[] = {{"text", "{to}{{%s%n"}, {"to", "x"}, {NULL, NULL}};
	char *out = NULL;

	(void)state;
	assert_int_equal(template_render("{text}", TEMPLATE_PLAIN, tricky, &out), 0);
	assert_string_equal(out, "{to}{{%s%n");
	memory_free(out);
}

static void test_placeholder_is_found_and_a_doubled_brace_is_none(void **state)
{
	(void)state;
	assert_true(template_has("a {to} b", TEMPLATE_PLAIN, "to"));
	assert_false(template_has("a {{to}} b", TEMPLATE_PLAIN, "to"));
	assert_true(template_has("{{{to}}}", TEMPLATE_PLAIN, "to"));
	assert_true(template_has("{\"a\":\"{to}\"}", TEMPLATE_JSON, "to"));
	assert_false(template_has("{too}{t}", TEMPLATE_PLAIN, "to"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_stays_as_it_is),
		cmocka_unit_test(test_form_value_adds_no_parameter),
		cmocka_unit_test(test_json_value_ends_no_string),
		cmocka_unit_test(test_control_character_in_json),
		cmocka_unit_test(test_header_value_adds_no_header),
		cmocka_unit_test(test_braces_are_written_twice),
		cmocka_unit_test(test_unknown_placeholder_is_named),
		cmocka_unit_test(test_value_is_no_template),
		cmocka_unit_test(test_placeholder_is_found_and_a_doubled_brace_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
