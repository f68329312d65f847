/* driver authentica: our text or the provider's around our code, a key that looks like a shell's variables. */
#include "tests/unit/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define OPTION(name) offsetof(struct config_channel, name)
#define KEY "$2y$10$" DRIVER_SECRET

static char name[] = "sms", sender[] = "Acme", otp[] = "otp", template_id[] = "31";

static int open_with(struct config_channel section)
{
	section.name = section.driver = name;
	return driver_open(&channel_authentica, &section, KEY "\n");
}

static int setup(void **state)
{
	struct config_channel section = fake_section;

	(void)state;
	section.kind = CHANNEL_SMS;
	section.sender = sender;
	return open_with(section);
}

static int setup_otp(void **state)
{
	struct config_channel section = fake_section;

	(void)state;
	section.kind = CHANNEL_WHATSAPP;
	section.mode = otp;
	return open_with(section);
}

static int teardown(void **state)
{
	(void)state;
	driver_close();
	return 0;
}

static void test_own_text(void **state)
{
	(void)state;
	driver_hears(200, "{}");
	assert_string_equal(driver.provider.method, "POST");
	assert_string_equal(driver.provider.url, "https://api.authentica.sa/api/v2/send-sms");
	assert_string_equal(driver.provider.headers, "Accept: application/json\nContent-Type: application/json\n"
						     "X-Authorization: " KEY "\n");
	assert_string_equal(driver.provider.body,
			    "{\"phone\":\"+966501234567\",\"message\":\"48213057 is your code & it "
			    "lives 5 min\",\"sender_name\":\"Acme\"}");
}

static void test_own_code_in_the_providers_text(void **state)
{
	(void)state;
	driver_hears(200, "{}");
	assert_string_equal(driver.provider.url, "https://api.authentica.sa/api/v2/send-otp");
	assert_string_equal(driver.provider.body,
			    "{\"method\":\"whatsapp\",\"phone\":\"+966501234567\",\"otp\":\"48213057\"}");
	driver.section.kind = CHANNEL_SMS;
	driver.section.template_id = template_id;
	driver_hears(200, "{}");
	assert_string_equal(driver.provider.body,
			    "{\"method\":\"sms\",\"phone\":\"+966501234567\",\"otp\":\"48213057\","
			    "\"template_id\":31}");
}

static void test_taken_over(void **state)
{
	struct fake_call call =
		driver_hears(200, "{\"success\":true,\"data\":null,\"message\":\"OTP send successfully\"}");

	(void)state;
	assert_true(call.answer.sent);
	assert_string_equal(call.answer.message_id, "");
}

static void test_refusals(void **state)
{
	static const struct driver_row rows[] = {
		{400, "{\"message\":\"no\"}", 'c', '-', "400"},
		{401, "{\"message\":\"" KEY "\"}", 'c', '-', "401"},
		{422, "{\"errors\":[{\"message\":\"+966501234567\"}]}", 'u', '-', "422"},
		{429, "", 't', 'r', "429"},
		{500, "<html>", '?', '-', "http-500"},
		{502, "<html>", 't', 'r', "http-502"},
		{599, "", '?', '-', "http-599"},
		{404, "", 'u', '-', "http-404"},
		{301, "", 'c', '-', "http-301"},
		{401, "{\"success\":true}", 'c', '-', "401"},
		{200, "{\"success\":false,\"message\":\"Insufficient balance\"}", 'u', '-', "refused"},
		{200, "{\"success\":\"true\"}", '?', '-', "http-200"},
		{200, "{\"success\":1}", '?', '-', "http-200"},
		{200, "{\"message\":\"OTP send successfully\"}", '?', '-', "http-200"},
		{200, "", '?', '-', "http-200"},
		{200, "<html>", '?', '-', "http-200"},
		{200, "{\"success\":true,", '?', '-', "http-200"},
	};

	(void)state;
	DRIVER_ROWS(rows);
}

static struct fake_call probe(long status, const char *body)
{
	struct fake_call call;

	fake_provider_says(&driver.provider, status, body);
	call = fake_probe(driver.ops, driver.channel);
	driver_check(&call);
	return call;
}

static void test_probe_asks_for_the_balance(void **state)
{
	(void)state;
	assert_true(probe(200, "{\"data\":{\"balance\":21934}}").answer.sent);
	assert_string_equal(driver.provider.method, "GET");
	assert_string_equal(driver.provider.url, "https://api.authentica.sa/api/v2/balance");
	assert_string_equal(driver.provider.headers, "Accept: application/json\nX-Authorization: " KEY "\n");
	assert_string_equal(probe(200, "{\"data\":{\"balance\":\"120.30\"}}").answer.why.detail, "");
	assert_true(probe(200, "{\"data\":{\"balance\":99.5}}").answer.sent);
	assert_string_equal(probe(200, "{\"data\":{\"balance\":\"12.30\"}}").answer.why.code, "balance");
	assert_int_equal(probe(200, "{\"data\":{\"balance\":0}}").answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(probe(200, "{\"data\":{\"balance\":\"-3\"}}").answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(probe(200, "{\"data\":{\"balance\":null}}").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(probe(200, "<html>").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(probe(401, "").answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(probe(503, "").answer.why.failure, FAILURE_TRANSIENT);
	assert_int_equal(probe(500, "").answer.why.failure, FAILURE_TRANSIENT);
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
	driver_refuses(OPTION(sender), "", "needs sender");
	driver_refuses(OPTION(mode), "voice", "mode is ");
	driver_refuses(OPTION(template_id), "31", "template_id is for mode");
	driver.section.kind = CHANNEL_WHATSAPP;
	driver_refuses(OPTION(mode), "sms", "kind");
	driver.section.kind = CHANNEL_VOICE;
	driver_refuses(OPTION(mode), "otp", "kind");
	driver.section.kind = CHANNEL_SMS;
	driver.section.mode = otp;
	driver_refuses(OPTION(template_id), "31a", "template_id is a number");
	driver_refuses(OPTION(template_id), "1234567890", "template_id is a number");
}

static void test_table(void **state)
{
	static const struct driver_code codes[] = {
		{"400", 'c', '-', 'y', 'o', 0}, {"401", 'c', '-', 'y', 'c', 0}, {"402", 'c', '-', 'y', 'c', 0},
		{"403", 'c', '-', 'y', 'c', 0}, {"422", 'u', '-', 'o', '-', 0}, {"429", 't', 'r', 'o', 'o', 0},
	};

	(void)state;
	DRIVER_TABLE(&provider_authentica, codes);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_own_text),
		cmocka_unit_test_setup_teardown(test_own_code_in_the_providers_text, setup_otp, teardown),
		TEST(test_taken_over),
		cmocka_unit_test_setup_teardown(test_taken_over, setup_otp, teardown),
		TEST(test_refusals),
		cmocka_unit_test_setup_teardown(test_refusals, setup_otp, teardown),
		TEST(test_probe_asks_for_the_balance),
		TEST(test_network),
		TEST(test_options),
		TEST(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
