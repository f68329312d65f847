/* Figures as people read them, and the bars beside them. */
#include "tools/otpctl/figure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void thousands_are_set_apart(void **state)
{
	char text[FIGURE_MAX];

	(void)state;
	assert_string_equal(figure_count(0, text), "0");
	assert_string_equal(figure_count(999, text), "999");
	assert_string_equal(figure_count(1204, text), "1,204");
	assert_string_equal(figure_count(1234567, text), "1,234,567");
	assert_string_equal(figure_count(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

static void nearly_all_is_not_all_and_nearly_nothing_not_nothing(void **state)
{
	char text[FIGURE_MAX];

	(void)state;
	assert_string_equal(figure_percent(0, 0, text), "-");
	assert_string_equal(figure_percent(0, 10, text), "0 %");
	assert_string_equal(figure_percent(10, 10, text), "100 %");
	assert_string_equal(figure_percent(998, 1000, text), "99.8 %");
	assert_string_equal(figure_percent(3, 1000, text), "0.3 %");
	assert_string_equal(figure_percent(2, 3, text), "67 %");
	assert_string_equal(figure_percent(11, 10, text), "100 %");
}

static void times_have_two_digits_or_so(void **state)
{
	char text[FIGURE_MAX];

	(void)state;
	assert_string_equal(figure_times(0, 0, text), "-");
	assert_string_equal(figure_times(240, 910, text), "0.24/0.91 s");
	assert_string_equal(figure_times(1900, 61500, text), "1.9/62 s");
}

static void money_has_a_currency_and_small_amounts_more_digits(void **state)
{
	char text[FIGURE_MAX];

	(void)state;
	assert_string_equal(figure_money(0, "", text), "-");
	assert_string_equal(figure_money(0, "USD", text), "0.00 USD");
	assert_string_equal(figure_money(14500, "USD", text), "0.0145 USD");
	assert_string_equal(figure_money(12310000, "SAR", text), "12.31 SAR");
}

static void a_bar_is_filled_to_an_eighth_and_shaded_to_a_cell(void **state)
{
	char text[64];

	(void)state;
	assert_string_equal(figure_bar(0, 0, 10, 8, text, sizeof(text)), "");
	assert_string_equal(figure_bar(8, 8, 8, 8, text, sizeof(text)), "████████");
	assert_string_equal(figure_bar(4, 8, 8, 8, text, sizeof(text)), "████░░░░");
	assert_string_equal(figure_bar(9, 16, 32, 8, text, sizeof(text)), "██▎░");
	assert_string_equal(figure_bar(0, 4, 8, 8, text, sizeof(text)), "░░░░");
}

static void the_least_is_seen(void **state)
{
	char text[64];

	(void)state;
	assert_string_equal(figure_bar(1, 1, 100000, 8, text, sizeof(text)), "▏");
	assert_string_equal(figure_bar(0, 1, 100000, 8, text, sizeof(text)), "░");
	assert_string_equal(figure_bar(1, 1, 0, 8, text, sizeof(text)), "▏");
}

static void a_bar_never_overruns_its_place(void **state)
{
	char text[16];

	(void)state;
	memset(text, 'x', sizeof(text));
	(void)figure_bar(100, 100, 100, 40, text, 9);
	assert_true(strlen(text) < 9);
	assert_int_equal(text[9], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousands_are_set_apart),
		cmocka_unit_test(nearly_all_is_not_all_and_nearly_nothing_not_nothing),
		cmocka_unit_test(times_have_two_digits_or_so),
		cmocka_unit_test(money_has_a_currency_and_small_amounts_more_digits),
		cmocka_unit_test(a_bar_is_filled_to_an_eighth_and_shaded_to_a_cell),
		cmocka_unit_test(the_least_is_seen),
		cmocka_unit_test(a_bar_never_overruns_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
