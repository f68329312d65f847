/* daemon/base/phone: which numbers an admin may type, and what anybody else ever sees of them. */
#include "daemon/base/phone.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text, *e164; /* NULL: refused */
} numbers[] = {
	{"+966512345634", "+966512345634"},
	{"00966512345634", "+966512345634"},
	{"+966 51 234-5634", "+966512345634"},
	{"+1 (202) 555.0123", "+12025550123"},
	{"+ 49 151 12345678 ", "+4915112345678"},
	{"+1234567", "+1234567"},                 /* the shortest */
	{"+123456789012345", "+123456789012345"}, /* the longest */
	{"00123456789012345", "+123456789012345"},
	{"+123456", NULL},
	{"+1234567890123456", NULL},
	{"+12345678901234567890123456789012345678901234567890", NULL},
	{"+0512345634", NULL},
	{"000512345634", NULL},
	{"0512345634", NULL},
	{"512345634", NULL},
	{"(+966) 512345634", NULL},
	{" +966512345634", NULL},
	{"++966512345634", NULL},
	{"+966512345634x12", NULL},
	{"+96651234563٤", NULL},
	{"+966512345634\n", NULL},
	{"+966;512345634", NULL},
	{"+", NULL},
	{"00", NULL},
	{"0", NULL},
	{"+-.() ", NULL},
	{"", NULL},
};

static void only_whole_international_numbers_are_taken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct phone phone;
		int r = phone_parse(numbers[i].text, &phone);

		if (r != (numbers[i].e164 ? 0 : -EINVAL))
			fail_msg("\"%s\": %d", numbers[i].text, r);
		if (numbers[i].e164)
			assert_string_equal(phone.e164, numbers[i].e164);
	}
}

static void a_mask_shows_two_digits(void **state)
{
	struct phone phone = {"+966512345634"}, none = {""};
	char mask[PHONE_MASK_MAX];

	(void)state;
	assert_string_equal(phone_mask(&phone, mask), "…34");
	assert_string_equal(phone_mask(&none, mask), "…??");
}

static void a_route_is_found_by_the_numbers_beginning(void **state)
{
	struct phone phone = {"+966512345634"}, none = {""};

	(void)state;
	assert_true(phone_has_prefix(&phone, "+966"));
	assert_true(phone_has_prefix(&phone, "+966512345634"));
	assert_false(phone_has_prefix(&phone, "+9665123456345"));
	assert_false(phone_has_prefix(&phone, "+49"));
	assert_false(phone_has_prefix(&none, "+966"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_whole_international_numbers_are_taken),
		cmocka_unit_test(a_mask_shows_two_digits),
		cmocka_unit_test(a_route_is_found_by_the_numbers_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
