/*
 * daemon/provider/provider_twilio and provider_ycloud: a row for every code, written by hand from the vendors' pages
 * and not from ours. Whoever meets a code, in an answer or in a receipt, gets the same.
 */
#include "daemon/provider/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* f: undeliverable, transient or config; r: a quick retry; a: alarm no, often or yes; b: breaker none, channel, often
 * (channel, if it repeats), template, user, land; then for how long. */
struct row {
	const char *code;
	char f, r, a, b;
	unsigned seconds;
};

static const struct row ycloud[] = {
	{"ACCOUNT_LIMITED", 'c', '-', 'y', 'c', 600},
	{"ACCOUNT_RATE_LIMITED", 't', 'r', 'o', 'o', 0},
	{"ACCOUNT_UNAVAILABLE", 'c', '-', 'y', 'c', 0},
	{"BAD_REQUEST", 'c', '-', 'y', '-', 0},
	{"BALANCE_INSUFFICIENT", 'c', '-', 'y', 'c', 0},
	{"CONTENT_PROHIBITED", 'c', '-', 'y', '-', 0},
	{"CONTENT_TOO_LARGE", 'c', '-', 'y', '-', 0},
	{"FORBIDDEN", 'c', '-', 'y', 'c', 600},
	{"INTERNAL_SERVER_ERROR", 't', 'r', 'o', 'o', 0},
	{"MESSAGING_REGION_UNSUPPORTED", 'u', '-', 'y', 'l', 86400},
	{"NOT_FOUND", 'c', '-', 'y', '-', 0},
	{"PARAM_INVALID", 'c', '-', 'y', '-', 0},
	{"PARAM_INVALID_LENGTH", 'c', '-', 'y', '-', 0},
	{"PARAM_MISSING", 'c', '-', 'y', '-', 0},
	{"PARAM_NOT_MATCH", 'c', '-', 'y', '-', 0},
	{"RECIPIENT_IN_BLOCK_LIST", 'u', '-', '-', 'u', 86400},
	{"RECIPIENT_UNSUBSCRIBED", 'u', '-', '-', 'u', 86400},
	{"SENDER_ID_UNAVAILABLE", 'c', '-', 'y', 'c', 600},
	{"SENDER_RATE_LIMITED", 't', 'r', 'o', 'o', 0},
	{"SERVICE_UNAVAILABLE", 't', 'r', 'o', 'o', 0},
	{"SMS_SIGNATURE_UNAVAILABLE", 'c', '-', 'y', 'l', 86400},
	{"TOO_MANY_REQUESTS", 't', 'r', 'o', 'o', 0},
	{"UNAUTHORIZED", 'c', '-', 'y', 'c', 0},
	{"WHATSAPP_PHONE_NUMBER_UNAVAILABLE", 'c', '-', 'y', 'c', 600},
	{"WHATSAPP_TEMPLATE_UNAVAILABLE", 'c', '-', 'y', 't', 600},
};

static const struct row twilio[] = {
	{"10001", 'c', '-', 'y', 'c', 0},     {"13224", 'u', '-', '-', 'u', 86400},
	{"20003", 'c', '-', 'y', 'c', 0},     {"20005", 'c', '-', 'y', 'c', 0},
	{"20404", 'c', '-', 'y', 'c', 0},     {"20429", 't', 'r', 'o', 'o', 0},
	{"21210", 'c', '-', 'y', 'c', 600},   {"21211", 'u', '-', '-', 'u', 86400},
	{"21212", 'c', '-', 'y', 'c', 600},   {"21214", 'u', '-', '-', 'u', 86400},
	{"21215", 'u', '-', 'y', 'l', 86400}, {"21216", 'u', '-', 'y', 'u', 86400},
	{"21217", 'u', '-', '-', 'u', 86400}, {"21219", 'u', '-', 'y', '-', 0},
	{"21408", 'u', '-', 'y', 'l', 86400}, {"21606", 'c', '-', 'y', 'c', 600},
	{"21608", 'u', '-', 'y', '-', 0},     {"21610", 'u', '-', '-', 'u', 86400},
	{"21612", 'c', '-', 'y', 'l', 86400}, {"21614", 'u', '-', 'y', 'u', 86400},
	{"21617", 'c', '-', 'y', '-', 0},     {"21656", 'c', '-', 'y', 't', 600},
	{"21701", 'c', '-', 'y', 'c', 600},   {"21705", 'c', '-', 'y', 'c', 600},
	{"30001", 't', 'r', 'o', '-', 0},     {"30002", 'c', '-', 'y', 'c', 0},
	{"30003", 'u', '-', '-', '-', 0},     {"30004", 'u', '-', '-', 'u', 86400},
	{"30005", 'u', '-', '-', 'u', 86400}, {"30006", 'u', '-', '-', 'u', 86400},
	{"30007", 'u', '-', 'y', '-', 0},     {"30008", 't', 'r', 'o', '-', 0},
	{"30034", 'c', '-', 'y', 'l', 86400}, {"30036", 'u', '-', 'o', '-', 0},
	{"63003", 'u', '-', '-', 'u', 86400}, {"63007", 'c', '-', 'y', 'c', 600},
	{"63016", 'c', '-', 'y', '-', 0},     {"63018", 't', 'r', 'o', '-', 0},
	{"63024", 'u', '-', '-', 'u', 86400}, {"63027", 'c', '-', 'y', 't', 600},
	{"63028", 'c', '-', 'y', 't', 600},   {"63032", 'u', '-', '-', 'u', 86400},
	{"63040", 'c', '-', 'y', 't', 600},   {"63041", 'c', '-', 'y', 't', 600},
	{"63042", 'c', '-', 'y', 't', 600},   {"63049", 'u', '-', 'o', 'u', 3600},
	{"63051", 'c', '-', 'y', 'c', 600},   {"busy", 'u', '-', '-', '-', 0},
	{"canceled", 'u', '-', 'o', '-', 0},  {"no-answer", 'u', '-', '-', '-', 0},
};

static char breaker_letter(const struct provider_error *e)
{
	if (e->breaker == BREAKER_CHANNEL)
		return e->often ? 'o' : 'c';
	return "-ctul"[e->breaker];
}

static void check_row(const struct provider *provider, const struct row *row)
{
	const struct provider_error *e = provider_error_find(provider, row->code);
	struct fault why;

	print_message("%s %s\n", provider->name, row->code);
	assert_non_null(e);
	assert_int_equal("utc?i"[e->failure], row -> f);
	assert_int_equal(e->retry ? 'r' : '-', row->r);
	assert_int_equal("-oy"[e->alarm], row -> a);
	assert_int_equal(breaker_letter(e), row->b);
	assert_int_equal(e->seconds, row->seconds);
	assert_true(!e->retry || e->failure == FAILURE_TRANSIENT);
	provider_judge(provider, row->code, &why); /* a receipt */
	assert_int_equal(why.failure, e->failure);
	assert_int_equal(why.breaker, e->breaker);
	assert_int_equal(why.breaker_seconds, row->seconds);
	assert_string_equal(why.code, row->code);
	assert_true(strlen(why.detail) > 10 && strlen(why.detail) < 100);
}

/* Each row of the test is one of the table, and each of the table is one of the test. */
static void check_table(const struct provider *provider, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_row(provider, &rows[i]);
	for (size_t i = 0; i < provider->error_count; i++) {
		bool found = false;

		for (size_t k = 0; k < count; k++)
			found = found || provider_error_find(provider, rows[k].code) == &provider->errors[i];
		if (!found)
			fail_msg("%s: row %zu has no row in this test", provider->name, i);
	}
}

static void test_each_code_of_the_vendors_pages(void **state)
{
	(void)state;
	check_table(&provider_ycloud, ycloud, COUNT(ycloud));
	check_table(&provider_twilio, twilio, COUNT(twilio));
}

static void test_codes_that_nobody_knows(void **state)
{
	(void)state;
	assert_null(provider_error_find(&provider_twilio, "21700"));
	assert_null(provider_error_find(&provider_twilio, "21706"));
	assert_null(provider_error_find(&provider_twilio, "failed"));
	assert_null(provider_error_find(&provider_twilio, ""));
	assert_null(provider_error_find(&provider_ycloud, "unauthorized"));
	assert_null(provider_error_find(&provider_ycloud, "131026"));
	assert_null(provider_error_find(&provider_ycloud, "0"));
}

static void check_states(const struct provider *provider, const char *words, int state)
{
	char copy[128], *rest = copy;

	snprintf(copy, sizeof(copy), "%s", words);
	for (const char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
		assert_int_equal(provider_state_of(provider, word), state);
}

static void test_words_for_what_became_of_a_message_or_call(void **state)
{
	(void)state;
	check_states(&provider_ycloud, "accepted", RECEIPT_ACCEPTED);
	check_states(&provider_ycloud, "sent SENT", RECEIPT_SENT);
	check_states(&provider_ycloud, "delivered", RECEIPT_DELIVERED);
	check_states(&provider_ycloud, "read", RECEIPT_READ);
	check_states(&provider_ycloud, "failed undelivered", RECEIPT_FAILED);
	assert_true(provider_state_of(&provider_ycloud, "queued") < 0);
	check_states(&provider_twilio, "accepted scheduled queued sending initiated", RECEIPT_ACCEPTED);
	check_states(&provider_twilio, "sent ringing", RECEIPT_SENT);
	check_states(&provider_twilio, "delivered in-progress completed", RECEIPT_DELIVERED);
	check_states(&provider_twilio, "read", RECEIPT_READ);
	check_states(&provider_twilio, "undelivered failed canceled busy no-answer", RECEIPT_FAILED);
	assert_true(provider_state_of(&provider_twilio, "receiving") < 0);
	assert_true(provider_state_of(&provider_twilio, "") < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_code_of_the_vendors_pages),
		cmocka_unit_test(test_codes_that_nobody_knows),
		cmocka_unit_test(test_words_for_what_became_of_a_message_or_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
