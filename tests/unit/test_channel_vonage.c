/* driver vonage: HTTP 200 whatever happens, parts of a message that are taken or not, and a secret in the body. */
#include "tests/unit/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define OPTION(name) offsetof(struct config_channel, name)

static char name[] = "sms", key[] = "abcd1234", sender[] = "Acme & Co",
	    callback[] = "https://web1.example/receipts/vonage?a=1";

static int setup(void **state)
{
	struct config_channel section = fake_section;

	(void)state;
	section.name = section.driver = name;
	section.kind = CHANNEL_SMS;
	section.account = key;
	section.sender = sender;
	return driver_open(&channel_vonage, &section, DRIVER_SECRET);
}

static int teardown(void **state)
{
	(void)state;
	driver_close();
	return 0;
}

static void test_request_is_the_one_of_the_documentation(void **state)
{
	(void)state;
	driver_hears(200, "{}");
	assert_string_equal(driver.provider.method, "POST");
	assert_string_equal(driver.provider.url, "https://rest.nexmo.com/sms/json");
	assert_string_equal(driver.provider.headers,
			    "Accept: application/json\nContent-Type: application/x-www-form-urlencoded\n");
	assert_string_equal(
		driver.provider.body,
		"api_key=abcd1234&api_secret=s3cr-et_key&from=Acme%20%26%20Co&to=966501234567&type=text&text="
		"48213057%20is%20your%20code%20%26%20it%20lives%205%20min&client-ref="
		"65f0c1a20123456789abcdef0123456789abcdef-0-1&ttl=299000&status-report-req=false");
}

static void test_text_that_needs_unicode_says_so(void **state)
{
	(void)state;
	driver.message.text = "رمزك 48213057";
	driver.message.seconds = 19;
	driver.section.receipts = RECEIPTS_WEBHOOK;
	driver.section.callback_url = callback;
	driver_hears(200, "{}");
	assert_non_null(strstr(driver.provider.body, "&type=unicode&text=%D8%B1%D9%85%D8%B2%D9%83%2048213057&"));
	assert_non_null(strstr(driver.provider.body, "&ttl=20000&status-report-req=true&callback="
						     "https%3A%2F%2Fweb1.example%2Freceipts%2Fvonage%3Fa%3D1"));
}

static void test_taken_over_is_what_has_status_0_and_an_id(void **state)
{
	struct fake_call one = driver_hears(200, "{\"message-count\":\"1\",\"messages\":[{\"to\":\"966501234567\","
						 "\"message-id\":\"0A0000001234567B\",\"status\":\"0\"}]}");
	struct fake_call two = driver_hears(200, "{\"message-count\":\"2\",\"messages\":[{\"message-id\":\"A\","
						 "\"status\":\"0\"},{\"message-id\":\"B\",\"status\":\"0\"}]}");

	(void)state;
	assert_true(one.answer.sent);
	assert_string_equal(one.answer.message_id, "0A0000001234567B");
	assert_true(two.answer.sent);
	assert_string_equal(two.answer.message_id, "A");
}

static void test_refusals_come_with_status_200(void **state)
{
	static const struct driver_row rows[] = {
		{200, "{\"messages\":[{\"status\":\"1\",\"error-text\":\"Throttled +966501234567\"}]}", 't', 'r', "1"},
		{200, "{\"messages\":[{\"status\":\"4\",\"error-text\":\"Bad Credentials\"}]}", 'c', '-', "4"},
		{200, "{\"messages\":[{\"status\":4}]}", 'c', '-', "4"},
		{200, "{\"messages\":[{\"status\":\"7\"}]}", 'u', '-', "7"},
		{200, "{\"messages\":[{\"status\":\"77\"}]}", 'u', '-', "77"},
		{200, "{\"messages\":[{\"status\":\"0\",\"message-id\":\"A\"},{\"status\":\"9\"}]}", '?', '-', "part"},
		{200, "{\"messages\":[{\"status\":\"9\"},{\"status\":\"1\"}]}", 'c', '-', "9"},
	};

	(void)state;
	DRIVER_ROWS(rows);
}

static void test_answers_that_prove_nothing(void **state)
{
	static const struct driver_row rows[] = {
		{200, "", '?', '-', "http-200"},
		{200, "{}", '?', '-', "http-200"},
		{200, "<html>", '?', '-', "http-200"},
		{200, "{\"messages\":[]}", '?', '-', "http-200"},
		{200, "{\"messages\":[{\"status\":\"0\"}]}", '?', '-', "http-200"},
		{200, "{\"messages\":[{\"status\":\"0\",\"message-id\":\"\"}]}", '?', '-', "http-200"},
		{200, "{\"messages\":[{\"status\":\"0\",\"message-id\":\"a b\"}]}", '?', '-', "http-200"},
		{200, "{\"messages\":[{\"status\":\"0\",\"message-id\":\"A\"},{}]}", '?', '-', "http-200"},
		{200, "{\"messages\":[{\"status\":\"0\",\"message-id\":", '?', '-', "http-200"},
		{200, "{\"messages\":[{\"status\":\"966501234567\"}]}", '?', '-', "http-200"},
		{201, "{\"messages\":[{\"status\":\"0\",\"message-id\":\"A\"}]}", '?', '-', "http-201"},
		{302, "", 'c', '-', "http-302"},
		{401, "", 'c', '-', "http-401"},
		{404, "", 'u', '-', "http-404"},
		{429, "", 't', 'r', "http-429"},
		{503, "<html>", 't', 'r', "http-503"},
	};

	(void)state;
	DRIVER_ROWS(rows);
}

static void test_pause_that_the_provider_asks_for(void **state)
{
	struct fake_call call;

	(void)state;
	fake_provider_says(&driver.provider, 429, "");
	driver.provider.answer.retry_after = 17;
	call = fake_send(driver.ops, driver.channel, &driver.message);
	assert_int_equal(call.answer.retry_after, 17);
}

static void test_what_is_no_number_gets_nothing(void **state)
{
	static const char *const wrong[] = {"", "+", "966501234567", "+96650 1234567", "+966&to=1"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct fake_call call;

		driver.message.to = wrong[i];
		call = driver_hears(200, "{}");
		assert_int_equal(call.answer.why.failure, FAILURE_UNDELIVERABLE);
	}
	assert_int_equal(driver.provider.requests, 0);
}

static void test_probe_only_connects(void **state)
{
	struct fake_call call = fake_probe(driver.ops, driver.channel);

	(void)state;
	assert_true(call.answer.sent);
	assert_true(driver.provider.connect_only);
	assert_string_equal(driver.provider.headers, "");
}

static void test_network(void **state)
{
	(void)state;
	driver_check_network();
}

static void test_options(void **state)
{
	(void)state;
	driver_refuses(OPTION(token), "", "needs token = ");
	driver_refuses(OPTION(token), "file:/nowhere/at/all", "token: ");
	driver_refuses(OPTION(account), "", "needs account");
	driver_refuses(OPTION(sender), "", "needs sender");
	driver_refuses(OPTION(base_url), "http://rest.nexmo.com", "base_url ");
	driver_refuses(OPTION(base_url), "https://rest.nexmo.com/?a", "base_url ");
	driver_refuses(OPTION(callback_url), "http://web1.example", "callback_url ");
	driver_refuses(OPTION(ca_file), "/nowhere/at/all.pem", "ca_file ");
	driver.section.kind = CHANNEL_VOICE;
	driver_refuses(OPTION(name), "sms", "kind");
}

static void test_table(void **state)
{
	static const struct driver_code codes[] = {
		{"1", 't', 'r', 'o', '-', 0},          {"2", 'c', '-', 'y', 'o', 0},
		{"3", 'c', '-', 'y', 'o', 0},          {"4", 'c', '-', 'y', 'c', 0},
		{"5", 't', 'r', 'o', 'o', 0},          {"6", 'c', '-', 'y', 'o', 0},
		{"7", 'u', '-', '-', 'u', 86400},      {"8", 'c', '-', 'y', 'c', 0},
		{"9", 'c', '-', 'y', 'c', 0},          {"10", 't', '-', 'o', 'c', 60},
		{"11", 'c', '-', 'y', 'c', 0},         {"12", 'c', '-', 'y', '-', 0},
		{"14", 'c', '-', 'y', 'c', 0},         {"15", 'c', '-', 'y', 'o', 0},
		{"22", 'u', '-', '-', '-', 0},         {"23", 'c', '-', 'y', 'c', 0},
		{"29", 'u', '-', 'y', '-', 0},         {"32", 'c', '-', 'y', 'c', 0},
		{"33", 'u', '-', '-', 'u', 86400},     {"dlr-1", 'u', '-', 'o', '-', 0},
		{"dlr-2", 'u', '-', '-', '-', 0},      {"dlr-3", 'u', '-', '-', 'u', 86400},
		{"dlr-4", 'u', '-', '-', 'u', 3600},   {"dlr-5", 'u', '-', '-', '-', 0},
		{"dlr-6", 'u', '-', 'y', '-', 0},      {"dlr-7", 'u', '-', '-', '-', 0},
		{"dlr-8", 'u', '-', 'o', '-', 0},      {"dlr-9", 'u', '-', '-', 'u', 86400},
		{"dlr-10", 'u', '-', 'y', '-', 0},     {"dlr-11", 'u', '-', 'y', '-', 0},
		{"dlr-12", 'u', '-', 'o', '-', 0},     {"dlr-13", 'u', '-', '-', 'u', 86400},
		{"dlr-14", 'u', '-', '-', 'u', 86400}, {"dlr-15", 'u', '-', '-', 'u', 3600},
		{"dlr-16", 't', '-', 'y', 'c', 60},    {"dlr-50", 'c', '-', 'y', 'l', 86400},
		{"dlr-51", 'c', '-', 'y', 'l', 86400}, {"dlr-52", 'c', '-', 'y', 'l', 86400},
		{"dlr-53", 'u', '-', 'y', '-', 0},     {"dlr-54", 'u', '-', 'y', 'l', 86400},
		{"dlr-99", 'u', '-', 'o', '-', 0},
	};

	(void)state;
	DRIVER_TABLE(&provider_vonage, codes);
	assert_null(provider_error_find(&provider_vonage, "0"));
	assert_null(provider_error_find(&provider_vonage, "16"));
}

static void test_states(void **state)
{
	(void)state;
	assert_int_equal(provider_state_of(&provider_vonage, "delivered"), RECEIPT_DELIVERED);
	assert_int_equal(provider_state_of(&provider_vonage, "accepted"), RECEIPT_SENT);
	assert_int_equal(provider_state_of(&provider_vonage, "buffered"), RECEIPT_SENT);
	assert_int_equal(provider_state_of(&provider_vonage, "unknown"), RECEIPT_SENT);
	assert_int_equal(provider_state_of(&provider_vonage, "expired"), RECEIPT_FAILED);
	assert_int_equal(provider_state_of(&provider_vonage, "failed"), RECEIPT_FAILED);
	assert_int_equal(provider_state_of(&provider_vonage, "rejected"), RECEIPT_FAILED);
	assert_true(provider_state_of(&provider_vonage, "lost") < 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_request_is_the_one_of_the_documentation),
		TEST(test_text_that_needs_unicode_says_so),
		TEST(test_taken_over_is_what_has_status_0_and_an_id),
		TEST(test_refusals_come_with_status_200),
		TEST(test_answers_that_prove_nothing),
		TEST(test_pause_that_the_provider_asks_for),
		TEST(test_what_is_no_number_gets_nothing),
		TEST(test_probe_only_connects),
		TEST(test_network),
		TEST(test_options),
		TEST(test_table),
		TEST(test_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
