/* driver unifonic: a user and a password, success as a word or a boolean, HTTP statuses that nobody else has. */
#include "tests/unit/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define OPTION(name) offsetof(struct config_channel, name)

static char name[] = "sms", user[] = "otp@acme.example", app[] = "AppS1dAbc", sender[] = "Acme-AD";

static int setup(void **state)
{
	struct config_channel section = fake_section;

	(void)state;
	section.name = section.driver = name;
	section.kind = CHANNEL_SMS;
	section.user = user;
	section.account = app;
	section.sender = sender;
	return driver_open(&channel_unifonic, &section, DRIVER_SECRET);
}

static int teardown(void **state)
{
	(void)state;
	driver_close();
	return 0;
}

static void test_request_is_the_one_of_the_documentation(void **state)
{
	static const char body[] = "AppSid=AppS1dAbc&SenderID=Acme-AD&Recipient=966501234567&Body="
				   "48213057%20is%20your%20code%20%26%20it%20lives%205%20min&CorrelationID="
				   "65f0c1a20123456789abcdef0123456789abcdef-0-1&responseType=JSON&async=false";

	(void)state;
	driver_hears(200, "{}");
	assert_string_equal(driver.provider.method, "POST");
	assert_string_equal(driver.provider.url, "https://el.cloud.unifonic.com/rest/SMS/messages");
	assert_string_equal(driver.provider.headers,
			    "Accept: application/json\nContent-Type: application/x-www-form-urlencoded\n"
			    "Authorization: Basic b3RwQGFjbWUuZXhhbXBsZTpzM2NyLWV0X2tleQ==\n");
	assert_string_equal(driver.provider.body, body);
	driver.section.receipts = RECEIPTS_WEBHOOK;
	driver_hears(200, "{}");
	assert_non_null(strstr(driver.provider.body, body));
	assert_non_null(strstr(driver.provider.body, "&async=false&statusCallback=sent"));
}

static void test_taken_over(void **state)
{
	static const char *const bodies[] = {
		"{\"success\":\"true\",\"message\":\"\",\"errorCode\":\"ER-00\",\"data\":{\"MessageID\":3200017889310,"
		"\"Status\":\"Queued\"}}",
		"{\"success\":true,\"data\":{\"MessageID\":\"3200017889310\",\"Status\":\"Sent\"}}",
		"{\"success\":\"True\",\"data\":{\"MessageID\":3200017889310}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct fake_call call = driver_hears(200, bodies[i]);

		assert_true(call.answer.sent);
		assert_string_equal(call.answer.message_id, "3200017889310");
	}
}

static void test_refusals(void **state)
{
	static const struct driver_row rows[] = {
		{401, "{\"success\":\"false\"}", 'c', '-', "401"},
		{402, "", 'c', '-', "402"},
		{403, "<html>", 'c', '-', "403"},
		{409, "", '?', '-', "409"},
		{410, "", 'u', '-', "410"},
		{429, "", 't', 'r', "429"},
		{460, "", 'c', '-', "460"},
		{482, "", 'u', '-', "482"},
		{599, "", 't', 'r', "599"},
		{404, "", 'u', '-', "http-404"},
		{503, "", 't', 'r', "http-503"},
		{401, "{\"success\":true,\"data\":{\"MessageID\":1}}", 'c', '-', "401"},
		{200, "{\"success\":\"false\",\"errorCode\":\"ER-06\",\"message\":\"+966501234567\"}", 'u', '-',
		 "ER-06"},
		{200, "{\"success\":false}", 'u', '-', "refused"},
		{200, "{\"success\":false,\"errorCode\":\"966501234567\"}", 'u', '-', "refused"},
		{200, "{\"success\":true,\"data\":{\"MessageID\":1,\"Status\":\"Rejected\"}}", 'u', '-', "refused"},
	};

	(void)state;
	DRIVER_ROWS(rows);
}

static void test_answers_that_prove_nothing(void **state)
{
	static const struct driver_row rows[] = {
		{200, "", '?', '-', "http-200"},
		{200, "<html>", '?', '-', "http-200"},
		{200, "{}", '?', '-', "http-200"},
		{200, "{\"success\":true}", '?', '-', "http-200"},
		{200, "{\"success\":1,\"data\":{\"MessageID\":1}}", '?', '-', "http-200"},
		{200, "{\"success\":\"yes\",\"data\":{\"MessageID\":1}}", '?', '-', "http-200"},
		{200, "{\"success\":true,\"data\":{\"MessageID\":\"\"}}", '?', '-', "http-200"},
		{200, "{\"success\":true,\"data\":{\"MessageID\":null}}", '?', '-', "http-200"},
		{200, "{\"data\":{\"MessageID\":1,\"Status\":\"Sent\"}}", '?', '-', "http-200"},
		{200, "{\"success\":true,\"data\":{\"MessageID\":", '?', '-', "http-200"},
	};

	(void)state;
	DRIVER_ROWS(rows);
}

static void test_probe_only_connects(void **state)
{
	struct fake_call call = fake_probe(driver.ops, driver.channel);

	(void)state;
	assert_true(call.answer.sent);
	assert_true(driver.provider.connect_only);
	assert_null(driver.ops->poll);
}

static void test_network(void **state)
{
	(void)state;
	driver_check_network();
}

static void test_options(void **state)
{
	(void)state;
	driver_refuses(OPTION(user), "", "needs user");
	driver_refuses(OPTION(user), "a:b", "\":\"");
	driver_refuses(OPTION(password), "", "needs password");
	driver_refuses(OPTION(password), "file:/nowhere/at/all", "password: ");
	driver_refuses(OPTION(account), "", "needs account");
	driver_refuses(OPTION(sender), "", "needs sender");
	driver_refuses(OPTION(base_url), "http://el.cloud.unifonic.com", "base_url ");
}

static void test_table(void **state)
{
	static const struct driver_code codes[] = {
		{"401", 'c', '-', 'y', 'c', 0},     {"402", 'c', '-', 'y', 'c', 0}, {"403", 'c', '-', 'y', 'c', 0},
		{"409", '?', '-', 'o', '-', 0},     {"412", 'c', '-', 'y', '-', 0}, {"429", 't', 'r', 'o', 'o', 0},
		{"410", 'u', '-', '-', 'u', 86400}, {"449", 'c', '-', 'y', '-', 0}, {"459", 'c', '-', 'y', 'c', 0},
		{"482", 'u', '-', '-', 'u', 86400}, {"460", 'c', '-', 'y', 'c', 0}, {"480", 'c', '-', 'y', 'c', 0},
		{"599", 't', 'r', 'o', 'o', 0},
	};

	(void)state;
	DRIVER_TABLE(&provider_unifonic, codes);
	assert_null(provider_error_find(&provider_unifonic, "200"));
}

static void test_states(void **state)
{
	(void)state;
	assert_int_equal(provider_state_of(&provider_unifonic, "delivered"), RECEIPT_DELIVERED);
	assert_int_equal(provider_state_of(&provider_unifonic, "Undelivered"), RECEIPT_FAILED);
	assert_int_equal(provider_state_of(&provider_unifonic, "Queued"), RECEIPT_ACCEPTED);
	assert_int_equal(provider_state_of(&provider_unifonic, "Sent"), RECEIPT_SENT);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_request_is_the_one_of_the_documentation),
		TEST(test_taken_over),
		TEST(test_refusals),
		TEST(test_answers_that_prove_nothing),
		TEST(test_probe_only_connects),
		TEST(test_network),
		TEST(test_options),
		TEST(test_table),
		TEST(test_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
