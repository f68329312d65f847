/* daemon/webhook/form: queries and forms become pairs, or an error. */
#include "daemon/webhook/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#define PAIRS 4

/* In memory of its own size, so that a sanitizer sees one byte too far. */
static int decode(const char *text, size_t length, struct parser_pair *pairs, char **copy)
{
	*copy = malloc(length + 1);
	assert_non_null(*copy);
	memcpy(*copy, text, length);
	(*copy)[length] = '\0';
	return form_decode(*copy, length, pairs, PAIRS);
}

/* expected: "key=value|key=value", NULL for refused. */
static void expect(const char *text, const char *expected)
{
	struct parser_pair pairs[PAIRS];
	char joined[256] = "";
	size_t used = 0;
	char *copy;
	int n = decode(text, strlen(text), pairs, &copy);

	for (int i = 0; i < n; i++)
		used += (size_t)snprintf(joined + used, sizeof(joined) - used, "%s%s=%s", i ? "|" : "", pairs[i].key,
					 pairs[i].value);
	if ((n < 0) != (expected == NULL) || (expected && strcmp(joined, expected) != 0))
		fail_msg("\"%s\": %d \"%s\"", text, n, joined);
	free(copy);
}

static void pairs_are_decoded_in_order(void **state)
{
	(void)state;
	expect("", "");
	expect("a=1", "a=1");
	expect("b=2&a=1", "b=2|a=1");
	expect("To=%2B16505551234&x=a+b%20c", "To=+16505551234|x=a b c");
	expect("hub.mode=subscribe&hub.challenge=1", "hub.mode=subscribe|hub.challenge=1");
	expect("k%65y=v=w", "key=v=w");
	expect("alone", "alone=");
	expect("a%3d&b=", "a==|b=");
	expect("=v", "=v");
	expect("&&a=1&&b=2&", "a=1|b=2");
}

static void what_is_no_form_is_refused(void **state)
{
	struct parser_pair pairs[PAIRS];
	char *copy;

	(void)state;
	expect("a=%", NULL);
	expect("a=%4", NULL);
	expect("a=%&b=41", NULL);
	expect("a=%zz", NULL);
	expect("a=%00", NULL);
	expect("%0=1", NULL);
	expect("a=1&b=2&c=3&d=4", "a=1|b=2|c=3|d=4");
	assert_int_equal(decode("a=1&b=2&c=3&d=4&e=5", 19, pairs, &copy), -E2BIG);
	free(copy);
	assert_int_equal(decode("a=\0b", 4, pairs, &copy), -EBADMSG);
	free(copy);
}

static void a_key_that_is_there_twice_is_not_there(void **state)
{
	struct parser_pair pairs[PAIRS];
	char *copy;
	int n = decode("a=1&b=2&a=3", 11, pairs, &copy);

	(void)state;
	assert_int_equal(n, 3);
	assert_null(form_value(pairs, (size_t)n, "a"));
	assert_string_equal(form_value(pairs, (size_t)n, "b"), "2");
	assert_null(form_value(pairs, (size_t)n, "c"));
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_decoded_in_order),
		cmocka_unit_test(what_is_no_form_is_refused),
		cmocka_unit_test(a_key_that_is_there_twice_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
