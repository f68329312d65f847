/*
 * daemon/provider/provider_meta: a row for every code of the vendor's error page, written by hand from that page's
 * classes and not from ours. Whoever meets a code, in an answer or in a receipt, gets the same.
 */
#include "daemon/provider/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* f: undeliverable, transient, config or identity; r: a quick retry; a: alarm no, often or yes; b: breaker none,
 * channel, often (channel, if it repeats), template, user, land; then for how long. */
static const struct row {
	const char *code;
	char f, r, a, b;
	unsigned seconds;
} rows[] = {
	{"0", 'c', '-', 'y', 'c', 0},          {"190", 'c', '-', 'y', 'c', 0},
	{"3", 'c', '-', 'y', 'c', 0},          {"10", 'c', '-', 'y', 'c', 0},
	{"200", 'c', '-', 'y', 'c', 0},        {"250", 'c', '-', 'y', 'c', 0},
	{"299", 'c', '-', 'y', 'c', 0},        {"1", 't', 'r', 'o', 'o', 0},
	{"2", 't', 'r', 'o', 'o', 0},          {"4", 't', '-', 'o', 'c', 60},
	{"80007", 't', '-', 'y', 'c', 60},     {"130429", 't', 'r', 'o', '-', 0},
	{"131048", 'c', '-', 'y', 'c', 0},     {"131056", 'u', '-', 'o', 'u', 60},
	{"131064", 'c', '-', 'y', 'c', 0},     {"133016", 'c', '-', 'y', '-', 0},
	{"368", 'c', '-', 'y', 'c', 0},        {"131031", 'c', '-', 'y', 'c', 0},
	{"130497", 'u', '-', 'y', 'l', 86400}, {"131042", 'c', '-', 'y', 'c', 0},
	{"33", 'c', '-', 'y', 'c', 0},         {"100", 'c', '-', 'y', 'o', 0},
	{"131000", 't', 'r', 'o', '-', 0},     {"131016", 't', 'r', 'o', '-', 0},
	{"131057", 't', '-', '-', 'c', 60},    {"131005", 'c', '-', 'y', 'c', 0},
	{"131008", 'c', '-', 'y', '-', 0},     {"131009", 'c', '-', 'y', '-', 0},
	{"131021", 'u', '-', 'o', '-', 0},     {"131026", 'u', '-', '-', 'u', 86400},
	{"131030", 'u', '-', 'y', '-', 0},     {"131037", 'c', '-', 'y', 'c', 0},
	{"131045", 'c', '-', 'y', 'c', 0},     {"131047", 'c', '-', 'y', '-', 0},
	{"131049", 'u', '-', 'o', 'u', 3600},  {"131050", 'u', '-', '-', '-', 0},
	{"131051", 'c', '-', 'y', '-', 0},     {"131055", 'c', '-', 'y', '-', 0},
	{"131063", 'c', '-', 'y', '-', 0},     {"131062", 'u', '-', '-', '-', 0},
	{"130403", 'u', '-', '-', 'u', 86400}, {"130472", 'u', '-', '-', 'u', 86400},
	{"132000", 'c', '-', 'y', 't', 600},   {"132001", 'c', '-', 'y', 't', 600},
	{"132005", 'c', '-', 'y', 't', 600},   {"132007", 'c', '-', 'y', 't', 600},
	{"132008", 'c', '-', 'y', '-', 0},     {"132012", 'c', '-', 'y', '-', 0},
	{"132018", 'c', '-', 'y', '-', 0},     {"132015", 'c', '-', 'y', 't', 600},
	{"132016", 'c', '-', 'y', 't', 600},   {"132068", 'c', '-', 'y', '-', 0},
	{"132069", 'c', '-', 'y', '-', 0},     {"133000", 'c', '-', 'y', '-', 0},
	{"133004", 't', 'r', '-', '-', 0},     {"133005", 'c', '-', 'y', '-', 0},
	{"133006", 'c', '-', 'y', '-', 0},     {"133008", 'c', '-', 'y', '-', 0},
	{"133009", 'c', '-', 'y', '-', 0},     {"133010", 'c', '-', 'y', 'c', 0},
	{"133015", 'c', '-', 'y', '-', 0},     {"134011", 'c', '-', 'y', '-', 0},
	{"135000", 'c', '-', 'y', '-', 0},     {"137000", 'i', '-', 'y', '-', 0},
	{"138000", 'u', '-', '-', '-', 0},     {"138999", 'u', '-', '-', '-', 0},
	{"139000", 'u', '-', '-', '-', 0},     {"139004", 'u', '-', '-', '-', 0},
	{"139100", 'u', '-', '-', '-', 0},     {"139103", 'u', '-', '-', '-', 0},
};

static char breaker_letter(const struct provider_error *e)
{
	if (e->breaker == BREAKER_CHANNEL)
		return e->often ? 'o' : 'c';
	return "-ctul"[e->breaker];
}

static void test_each_code_of_the_vendors_page(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		const struct provider_error *e = provider_error_find(&provider_meta, row->code);
		struct fault why;

		print_message("%s\n", row->code);
		assert_non_null(e);
		assert_int_equal("utc?i"[e->failure], row -> f);
		assert_int_equal(e->retry ? 'r' : '-', row->r);
		assert_int_equal("-oy"[e->alarm], row -> a);
		assert_int_equal(breaker_letter(e), row->b);
		assert_int_equal(e->seconds, row->seconds);
		provider_judge(&provider_meta, row->code, &why); /* a receipt */
		assert_int_equal(why.failure, e->failure);
		assert_int_equal(why.alarm, e->alarm);
		assert_int_equal(why.breaker, e->breaker);
		assert_int_equal(why.often, e->often);
		assert_int_equal(why.breaker_seconds, row->seconds);
		assert_string_equal(why.code, row->code);
		assert_true(strlen(why.detail) > 10 && strlen(why.detail) < 100);
	}
}

static void test_every_row_of_ours_is_tested(void **state)
{
	(void)state;
	for (size_t i = 0; i < provider_meta.error_count; i++) {
		bool found = false;

		for (size_t k = 0; k < COUNT(rows); k++)
			found = found || provider_error_find(&provider_meta, rows[k].code) == &provider_meta.errors[i];
		if (!found)
			fail_msg("%lld has no row in this test", provider_meta.errors[i].first);
	}
}

static void test_codes_that_nobody_knows(void **state)
{
	static const char *const codes[] = {"-1",
					    "5",
					    "199",
					    "300",
					    "131027",
					    "139005",
					    "139104",
					    "140000",
					    "131026x",
					    " 131026 ",
					    "9223372036854775807",
					    "99999999999999999999",
					    "abc"};
	struct fault why;

	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++) {
		assert_null(provider_error_find(&provider_meta, codes[i]));
		provider_judge(&provider_meta, codes[i], &why);
		assert_int_equal(why.failure, FAILURE_UNDELIVERABLE);
		assert_int_equal(why.alarm, ALARM_NOW);
		assert_int_equal(why.breaker, BREAKER_NONE);
	}
	provider_judge(&provider_meta, "", &why);
	assert_int_equal(why.alarm, ALARM_OFTEN);
}

static void test_rows_are_sorted_and_apart(void **state)
{
	const struct provider_error *e = provider_meta.errors;

	(void)state;
	for (size_t i = 0; i < provider_meta.error_count; i++) {
		assert_true(e[i].first <= e[i].last);
		assert_true(i == 0 || e[i].first > e[i - 1].first);
		assert_true(!e[i].retry || e[i].failure == FAILURE_TRANSIENT);
	}
}

static void test_words_for_what_became_of_a_message(void **state)
{
	(void)state;
	assert_int_equal(provider_state_of(&provider_meta, "delivered"), RECEIPT_DELIVERED);
	assert_int_equal(provider_state_of(&provider_meta, "READ"), RECEIPT_READ);
	assert_int_equal(provider_state_of(&provider_meta, "failed"), RECEIPT_FAILED);
	assert_true(provider_state_of(&provider_meta, "deleted") < 0);
	assert_true(provider_state_of(&provider_meta, "") < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_code_of_the_vendors_page),
		cmocka_unit_test(test_every_row_of_ours_is_tested),
		cmocka_unit_test(test_codes_that_nobody_knows),
		cmocka_unit_test(test_rows_are_sorted_and_apart),
		cmocka_unit_test(test_words_for_what_became_of_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
