/* driver telegram_gateway: a question first, then the message; words as errors; a message that can be taken back. */
#include "tests/unit/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define OPTION(name) offsetof(struct config_channel, name)
#define ABLE                                                                                                           \
	"{\"ok\":true,\"result\":{\"request_id\":\"REQ1\",\"phone_number\":\"+966501234567\",\"request_cost\":0.01}}"
#define ERROR(word) "{\"ok\":false,\"error\":\"" word "\"}"
#define STATUS(object) "{\"ok\":true,\"result\":{\"request_id\":\"REQ1\",\"delivery_status\":" object "}}"

static char name[] = "telegram", sender[] = "acme_channel", callback[] = "https://web1.example/receipts/telegram";

static int setup(void **state)
{
	struct config_channel section = fake_section;

	(void)state;
	section.name = section.driver = name;
	section.kind = CHANNEL_TELEGRAM;
	return driver_open(&channel_telegram_gateway, &section, DRIVER_SECRET);
}

static int teardown(void **state)
{
	(void)state;
	driver_close();
	return 0;
}

static struct fake_call hears_after_asking(long status, const char *body)
{
	driver.provider.queued = 0;
	fake_provider_queues(&driver.provider, 200, ABLE);
	return driver_hears(status, body);
}

static void test_asks_first_and_sends_with_the_id_of_the_question(void **state)
{
	struct fake_call call = hears_after_asking(200, "{\"ok\":true,\"result\":{\"request_id\":\"REQ1\"}}");

	(void)state;
	assert_true(call.answer.sent);
	assert_string_equal(call.answer.message_id, "REQ1");
	assert_int_equal(driver.provider.requests, 2);
	assert_string_equal(driver.provider.first_url, "https://gatewayapi.telegram.org/checkSendAbility");
	assert_string_equal(driver.provider.first_body, "{\"phone_number\":\"+966501234567\"}");
	assert_string_equal(driver.provider.method, "POST");
	assert_string_equal(driver.provider.url, "https://gatewayapi.telegram.org/sendVerificationMessage");
	assert_string_equal(driver.provider.headers, "Accept: application/json\nContent-Type: application/json\n"
						     "Authorization: Bearer s3cr-et_key\n");
	assert_string_equal(
		driver.provider.body,
		"{\"phone_number\":\"+966501234567\",\"request_id\":\"REQ1\",\"code\":\"48213057\",\"ttl\":299,"
		"\"payload\":\"65f0c1a20123456789abcdef0123456789abcdef-0-1\"}");
}

static void test_sender_and_callback(void **state)
{
	(void)state;
	driver.section.sender = sender;
	driver.section.callback_url = callback;
	driver.message.seconds = 29;
	hears_after_asking(200, "{}");
	assert_non_null(strstr(driver.provider.body, "\"ttl\":30,"));
	assert_non_null(strstr(driver.provider.body, ",\"sender_username\":\"acme_channel\",\"callback_url\":"
						     "\"https://web1.example/receipts/telegram\"}"));
	driver.message.seconds = 5400;
	hears_after_asking(200, "{}");
	assert_non_null(strstr(driver.provider.body, "\"ttl\":3600,"));
}

static void test_number_that_is_not_on_telegram_costs_one_question(void **state)
{
	static const struct driver_row rows[] = {
		{200, ERROR("PHONE_NUMBER_NOT_AVAILABLE"), 'u', '-', "PHONE_NUMBER_NOT_AVAILABLE"},
		{400, ERROR("PHONE_NUMBER_INVALID"), 'u', '-', "PHONE_NUMBER_INVALID"},
		{200, ERROR("ACCESS_TOKEN_INVALID"), 'c', '-', "ACCESS_TOKEN_INVALID"},
		{200, ERROR("BALANCE_NOT_ENOUGH"), 'c', '-', "BALANCE"},
		{500, ERROR("INTERNAL_ERROR"), 't', 'r', "INTERNAL_ERROR"},
		{200, ERROR("SOMETHING_NEW"), 'u', '-', "SOMETHING_NEW"},
		{503, "<html>", 't', 'r', "http-503"},
		{500, "<html>", 't', 'r', "http-500"},
		{401, "", 'c', '-', "http-401"},
	};

	(void)state;
	DRIVER_ROWS(rows);
	assert_int_equal(driver.provider.requests, sizeof(rows) / sizeof(rows[0]));
}

static void test_question_that_was_not_answered_sent_nothing(void **state)
{
	static const struct driver_row rows[] = {
		{200, "", 't', '-', "check"},
		{200, "<html>", 't', '-', "check"},
		{200, "{\"ok\":true}", 't', '-', "check"},
		{200, "{\"ok\":true,\"result\":{\"request_id\":\"\"}}", 't', '-', "check"},
		{200, "{\"ok\":true,\"result\":{\"request_id\":\"a/b\"}}", 't', '-', "check"},
		{200, "{\"ok\":1,\"result\":{\"request_id\":\"REQ1\"}}", 't', '-', "check"},
		{200, "{\"ok\":false,\"error\":\"+966501234567\"}", 't', '-', "check"},
		{200, "{\"ok\":true,\"result\":{\"request_id\":", 't', '-', "check"},
	};
	struct fake_call call;

	(void)state;
	DRIVER_ROWS(rows);
	assert_int_equal(driver.provider.requests, sizeof(rows) / sizeof(rows[0]));
	driver.provider.answer = (struct http_answer){.outcome = HTTP_LOST, .body = "", .error = "the time is up"};
	call = fake_send(driver.ops, driver.channel, &driver.message);
	driver_check(&call);
	assert_int_equal(call.answer.why.failure, FAILURE_TRANSIENT);
	assert_string_equal(call.answer.why.detail, "the time is up");
}

static void test_message_that_was_not_answered_may_have_been_sent(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum failure failure;
		bool retry;
	} rows[] = {
		{200, "", FAILURE_UNKNOWN_OUTCOME, false},
		{200, "{\"ok\":true,\"result\":{}}", FAILURE_UNKNOWN_OUTCOME, false},
		{200, "{\"ok\":true,\"result\":{\"request_id\":7.5}}", FAILURE_UNKNOWN_OUTCOME, false},
		{200, ERROR("MESSAGE_ALREADY_SENT"), FAILURE_UNKNOWN_OUTCOME, false},
		{200, ERROR("CODE_INVALID_FORMAT"), FAILURE_CONFIG, false},
		/* A second try would pay for the question again, and after a fault be a second message. */
		{200, ERROR("FLOOD_WAIT_1"), FAILURE_TRANSIENT, false},
		{429, "", FAILURE_TRANSIENT, false},
		{200, ERROR("INTERNAL_ERROR"), FAILURE_UNKNOWN_OUTCOME, false},
		{500, ERROR("INTERNAL_ERROR"), FAILURE_UNKNOWN_OUTCOME, false},
		{500, "", FAILURE_UNKNOWN_OUTCOME, false},
		{502, "<html>", FAILURE_UNKNOWN_OUTCOME, false},
		{503, ERROR("SOMETHING_NEW"), FAILURE_UNKNOWN_OUTCOME, false},
	};
	struct fake_call call;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		call = hears_after_asking(rows[i].status, rows[i].body);
		assert_false(call.answer.sent);
		assert_int_equal(call.answer.why.failure, rows[i].failure);
		assert_int_equal(call.answer.retry, rows[i].retry);
	}
	fake_provider_queues(&driver.provider, 200, ABLE);
	driver.provider.answer = (struct http_answer){.outcome = HTTP_LOST, .body = "", .error = "the time is up"};
	call = fake_send(driver.ops, driver.channel, &driver.message);
	driver_check(&call);
	assert_int_equal(call.answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	fake_provider_queues(&driver.provider, 200, ABLE);
	driver.provider.answer = (struct http_answer){.outcome = HTTP_NOT_SENT, .body = "", .error = "no connection"};
	call = fake_send(driver.ops, driver.channel, &driver.message);
	assert_int_equal(call.answer.why.failure, FAILURE_TRANSIENT);
	assert_false(call.answer.retry);
}

static void test_flood_wait_says_how_long(void **state)
{
	static const struct {
		const char *word;
		int64_t seconds;
	} rows[] = {
		{ERROR("FLOOD_WAIT_30"), 30},
		{ERROR("FLOOD_WAIT_999999"), 86400},
	};
	static const char *const odd[] = {ERROR("FLOOD_WAIT_x"), ERROR("FLOOD_WAIT_"), ERROR("FLOOD_WAIT_-5")};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_call call = driver_hears(200, rows[i].word);

		assert_int_equal(call.answer.why.failure, FAILURE_TRANSIENT);
		assert_string_equal(call.answer.why.code, "FLOOD_WAIT");
		assert_int_equal(call.answer.retry_after, rows[i].seconds);
	}
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_int_equal(driver_hears(200, odd[i]).answer.retry_after, 0);
}

static void test_code_that_the_gateway_does_not_take(void **state)
{
	static const char *const wrong[] = {"123", "123456789", "12345a", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		driver.message.code = wrong[i];
		assert_int_equal(driver_hears(200, ABLE).answer.why.failure, FAILURE_CONFIG);
	}
	assert_int_equal(driver.provider.requests, 0);
}

static void test_cancelled_between_question_and_message(void **state)
{
	struct fake_call call;

	(void)state;
	driver.provider.hold = true;
	call = fake_send(driver.ops, driver.channel, &driver.message);
	assert_non_null(call.call.scratch);
	driver.ops->cancel(&call.call);
	assert_null(call.call.scratch);
	assert_int_equal(call.count, 0);
	assert_int_equal(driver.provider.requests, 1);
}

static void told(const char *body, enum receipt_state expected, uint64_t at)
{
	struct fake_call call = driver_is_told(200, body);

	assert_true(call.answer.sent);
	assert_int_equal(call.answer.state, expected);
	assert_int_equal(call.answer.at, at);
}

static void test_poll(void **state)
{
	struct fake_call call;

	(void)state;
	told(STATUS("{\"status\":\"sent\",\"updated_at\":1790000100}"), RECEIPT_SENT, 1790000100);
	assert_string_equal(driver.provider.url, "https://gatewayapi.telegram.org/checkVerificationStatus");
	assert_string_equal(driver.provider.body, "{\"request_id\":\"id-1\"}");
	told(STATUS("{\"status\":\"delivered\"}"), RECEIPT_DELIVERED, 0);
	told(STATUS("{\"status\":\"read\",\"updated_at\":-1}"), RECEIPT_READ, 0);
	told(STATUS("{\"status\":\"expired\"}"), RECEIPT_FAILED, 0);
	told(STATUS("null"), RECEIPT_ACCEPTED, 0);
	told("{\"ok\":true,\"result\":{\"request_id\":\"REQ1\"}}", RECEIPT_ACCEPTED, 0);
	call = driver_is_told(200, STATUS("{\"status\":\"expired\"}"));
	assert_string_equal(call.answer.why.code, "expired");
	assert_int_equal(call.answer.why.failure, FAILURE_UNDELIVERABLE);
	assert_int_equal(call.answer.why.alarm, ALARM_NONE);
	assert_false(driver_is_told(200, STATUS("{\"status\":\"revoked\"}")).answer.sent);
	assert_false(driver_is_told(200, STATUS("{}")).answer.sent);
	assert_false(driver_is_told(200, "{\"ok\":true,\"result\":{}}").answer.sent);
	assert_false(driver_is_told(200, "<html>").answer.sent);
	assert_int_equal(driver_is_told(200, ERROR("ACCESS_TOKEN_INVALID")).answer.why.failure, FAILURE_CONFIG);
}

static void test_revocation(void **state)
{
	struct fake_call call;
	unsigned requests;

	(void)state;
	fake_provider_says(&driver.provider, 200, "{\"ok\":true,\"result\":true}");
	call = fake_revoke(driver.ops, driver.channel, DRIVER_NUMBER, "REQ1");
	driver_check(&call);
	assert_true(call.answer.sent);
	assert_string_equal(driver.provider.url, "https://gatewayapi.telegram.org/revokeVerificationMessage");
	assert_string_equal(driver.provider.body, "{\"request_id\":\"REQ1\"}");
	fake_provider_says(&driver.provider, 200, ERROR("REQUEST_ID_INVALID"));
	call = fake_revoke(driver.ops, driver.channel, DRIVER_NUMBER, "REQ1");
	driver_check(&call);
	assert_false(call.answer.sent);
	fake_provider_says(&driver.provider, 200, "{\"ok\":true}");
	call = fake_revoke(driver.ops, driver.channel, DRIVER_NUMBER, "REQ1");
	assert_false(call.answer.sent);
	requests = driver.provider.requests;
	call = fake_revoke(driver.ops, driver.channel, DRIVER_NUMBER, "");
	assert_false(call.answer.sent);
	assert_int_equal(driver.provider.requests, requests);
}

static void test_probe_only_connects(void **state)
{
	struct fake_call call = fake_probe(driver.ops, driver.channel);

	(void)state;
	assert_true(call.answer.sent);
	assert_true(driver.provider.connect_only);
}

static void test_network(void **state)
{
	(void)state;
	driver_check_network();
}

static void test_options(void **state)
{
	char longest[300] = "https://web1.example/";

	(void)state;
	memset(longest + strlen(longest), 'x', 240);
	driver_refuses(OPTION(token), "", "needs token = ");
	driver_refuses(OPTION(callback_url), longest, "callback_url is longer");
	driver_refuses(OPTION(callback_url), "http://web1.example", "callback_url ");
	driver.section.kind = CHANNEL_SMS;
	driver_refuses(OPTION(sender), "", "kind");
}

static void test_table(void **state)
{
	static const struct driver_code codes[] = {
		{"ACCESS_TOKEN_INVALID", 'c', '-', 'y', 'c', 0},
		{"ACCESS_TOKEN_REQUIRED", 'c', '-', 'y', 'c', 0},
		{"BALANCE", 'c', '-', 'y', 'c', 0},
		{"PHONE_NUMBER_INVALID", 'u', '-', '-', 'u', 86400},
		{"PHONE_NUMBER_UNOCCUPIED", 'u', '-', '-', 'u', 86400},
		{"PHONE_NUMBER_NOT_FOUND", 'u', '-', '-', 'u', 86400},
		{"PHONE_NUMBER_NOT_AVAILABLE", 'u', '-', '-', 'u', 3600},
		{"FLOOD_WAIT", 't', 'r', 'o', '-', 0},
		{"INTERNAL_ERROR", 't', 'r', 'o', 'o', 0},
		{"MESSAGE_ALREADY_SENT", '?', '-', 'o', '-', 0},
		{"REQUEST_ID_INVALID", 'c', '-', 'y', '-', 0},
		{"CODE_INVALID_FORMAT", 'c', '-', 'y', '-', 0},
		{"CODE_LENGTH_INVALID", 'c', '-', 'y', '-', 0},
		{"TTL_INVALID", 'c', '-', 'y', '-', 0},
		{"SENDER_USERNAME_INVALID", 'c', '-', 'y', 'c', 0},
		{"SENDER_NOT_VERIFIED", 'c', '-', 'y', 'c', 0},
		{"CALLBACK_URL_INVALID", 'c', '-', 'y', 'c', 0},
		{"PAYLOAD_INVALID", 'c', '-', 'y', '-', 0},
		{"expired", 'u', '-', '-', '-', 0},
	};

	(void)state;
	DRIVER_TABLE(&provider_telegram, codes);
	assert_true(provider_state_of(&provider_telegram, "revoked") < 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_asks_first_and_sends_with_the_id_of_the_question),
		TEST(test_sender_and_callback),
		TEST(test_number_that_is_not_on_telegram_costs_one_question),
		TEST(test_question_that_was_not_answered_sent_nothing),
		TEST(test_message_that_was_not_answered_may_have_been_sent),
		TEST(test_flood_wait_says_how_long),
		TEST(test_code_that_the_gateway_does_not_take),
		TEST(test_cancelled_between_question_and_message),
		TEST(test_poll),
		TEST(test_revocation),
		TEST(test_probe_only_connects),
		TEST(test_network),
		TEST(test_options),
		TEST(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
