/* driver infobip: a message that is refused within an answer with HTTP 200, and a log that can be asked. */
#include "tests/unit/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define OPTION(name) offsetof(struct config_channel, name)
#define REFUSED(status)                                                                                                \
	"{\"bulkId\":\"1\",\"messages\":[{\"messageId\":\"m\",\"status\":{\"groupId\":5,\"groupName\":\"REJECTED\","   \
	"\"id\":12,\"name\":\"" status "\"},\"destination\":\"966501234567\"}]}"
#define LOG(status, error) "{\"results\":[{\"messageId\":\"id-1\",\"status\":" status ",\"error\":" error "}]}"

static char name[] = "sms", base[] = "https://xyz.api.infobip.example/", sender[] = "Acme",
	    callback[] = "https://web1.example/receipts/infobip";

static int setup(void **state)
{
	struct config_channel section = fake_section;

	(void)state;
	section.name = section.driver = name;
	section.kind = CHANNEL_SMS;
	section.base_url = base;
	section.sender = sender;
	return driver_open(&channel_infobip, &section, DRIVER_SECRET);
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
	assert_string_equal(driver.provider.url, "https://xyz.api.infobip.example/sms/3/messages");
	assert_string_equal(driver.provider.headers, "Accept: application/json\nContent-Type: application/json\n"
						     "Authorization: App s3cr-et_key\n");
	assert_string_equal(
		driver.provider.body,
		"{\"messages\":[{\"sender\":\"Acme\",\"destinations\":[{\"to\":\"966501234567\",\"messageId\":"
		"\"65f0c1a20123456789abcdef0123456789abcdef-0-1\"}],\"content\":{\"text\":\"48213057 is your "
		"code & it lives 5 min\"},\"options\":{\"validityPeriod\":{\"amount\":4,\"timeUnit\":"
		"\"MINUTES\"}},\"webhooks\":{\"callbackData\":"
		"\"65f0c1a20123456789abcdef0123456789abcdef-0-1\"}}]}");
}

static void test_receipts_are_ordered_where_there_is_a_callback(void **state)
{
	(void)state;
	driver.section.callback_url = callback;
	driver.message.text = "رمزك \"1\"\n";
	driver.message.seconds = 59;
	driver_hears(200, "{}");
	assert_non_null(strstr(driver.provider.body, "\"text\":\"رمزك \\\"1\\\"\\n\""));
	assert_non_null(strstr(driver.provider.body, "\"amount\":1,"));
	assert_non_null(strstr(driver.provider.body,
			       "\"webhooks\":{\"delivery\":{\"url\":\"https://web1.example/receipts/infobip\"},"
			       "\"callbackData\":\"65f0c1a2"));
}

static void test_taken_over(void **state)
{
	struct fake_call call = driver_hears(
		200, "{\"bulkId\":\"1\",\"messages\":[{\"messageId\":\"65f0-0-1\",\"status\":{\"groupId\":1,"
		     "\"groupName\":\"PENDING\",\"id\":26,\"name\":\"PENDING_ACCEPTED\"}}]}");

	(void)state;
	assert_true(call.answer.sent);
	assert_string_equal(call.answer.message_id, "65f0-0-1");
}

static void test_refusals(void **state)
{
	static const struct driver_row rows[] = {
		{200, REFUSED("REJECTED_NOT_ENOUGH_CREDITS"), 'c', '-', "REJECTED_NOT_ENOUGH_CREDITS"},
		{200, REFUSED("REJECTED_DESTINATION"), 'u', '-', "REJECTED_DESTINATION"},
		{200, REFUSED("REJECTED_SYSTEM_ERROR"), 't', 'r', "REJECTED_SYSTEM_ERROR"},
		{200, REFUSED("REJECTED_DUPLICATE_MESSAGE_ID"), '?', '-', NULL},
		{200, REFUSED("REJECTED_BY_THE_MOON"), 'u', '-', "REJECTED_BY_THE_MOON"},
		{200, REFUSED("to +966501234567"), 'u', '-', "refused"},
		{200, REFUSED("REJECTED_966501234567"), 'u', '-', "refused"},
		{401, "{\"errorCode\":\"E401\",\"description\":\"App s3cr-et_key\"}", 'c', '-', "E401"},
		{429, "{\"errorCode\":\"E429\"}", 't', 'r', "E429"},
		{500, "{\"errorCode\":\"E500\"}", 't', 'r', "E500"},
		{400, "{\"errorCode\":\"E400\",\"violations\":[{}]}", 'c', '-', "E400"},
		{400, "{\"errorCode\":\"E499\"}", 'u', '-', "E499"},
	};

	(void)state;
	DRIVER_ROWS(rows);
}

static void test_answers_that_prove_nothing(void **state)
{
	static const struct driver_row rows[] = {
		{200, "", '?', '-', "http-200"},
		{200, "<html>", '?', '-', "http-200"},
		{200, "{\"messages\":[]}", '?', '-', "http-200"},
		{200, "{\"messages\":[{\"messageId\":\"m\"}]}", '?', '-', "http-200"},
		{200, "{\"messages\":[{\"messageId\":\"m\",\"status\":{\"groupName\":\"WHAT\"}}]}", '?', '-', NULL},
		{200, "{\"messages\":[{\"status\":{\"groupName\":\"PENDING\"}}]}", '?', '-', "http-200"},
		{200, "{\"messages\":[{\"messageId\":\"../x\",\"status\":{\"groupName\":\"PENDING\"}}]}", '?', '-',
		 NULL},
		{200, "{\"messages\":[{\"messageId\":\"m\",\"status\":{\"groupName\":\"PEND", '?', '-', NULL},
		{202, "{\"messages\":[{\"messageId\":\"m\",\"status\":{\"groupName\":\"PENDING\"}}]}", '?', '-', NULL},
		{401, "<html>", 'c', '-', "http-401"},
		{503, "", 't', 'r', "http-503"},
	};

	(void)state;
	DRIVER_ROWS(rows);
}

static void told(const char *body, enum receipt_state expected, const char *code)
{
	struct fake_call call = driver_is_told(200, body);

	assert_true(call.answer.sent);
	assert_int_equal(call.answer.state, expected);
	assert_string_equal(call.answer.why.code, code);
}

static void test_log_is_asked_by_id(void **state)
{
	(void)state;
	told(LOG("{\"groupName\":\"DELIVERED\",\"name\":\"DELIVERED_TO_HANDSET\"}", "{\"name\":\"NO_ERROR\"}"),
	     RECEIPT_DELIVERED, "");
	assert_string_equal(driver.provider.method, "GET");
	assert_string_equal(driver.provider.url, "https://xyz.api.infobip.example/sms/3/logs?messageId=id-1");
	assert_string_equal(driver.provider.headers, "Accept: application/json\nAuthorization: App s3cr-et_key\n");
	told(LOG("{\"groupName\":\"DELIVERED\",\"name\":\"DELIVERED_TO_OPERATOR\"}", "{}"), RECEIPT_SENT, "");
	told(LOG("{\"groupName\":\"DELIVERED\"}", "null"), RECEIPT_DELIVERED, "");
	told(LOG("{\"groupName\":\"PENDING\",\"name\":\"PENDING_ENROUTE\"}", "{}"), RECEIPT_ACCEPTED, "");
	told(LOG("{\"groupName\":\"UNDELIVERABLE\",\"name\":\"UNDELIVERABLE_NOT_DELIVERED\"}",
		 "{\"name\":\"EC_UNKNOWN_SUBSCRIBER\"}"),
	     RECEIPT_FAILED, "EC_UNKNOWN_SUBSCRIBER");
	told(LOG("{\"groupName\":\"EXPIRED\",\"name\":\"EXPIRED_EXPIRED\"}", "{\"name\":\"NO_ERROR\"}"), RECEIPT_FAILED,
	     "EXPIRED_EXPIRED");
	told(LOG("{\"groupName\":\"REJECTED\",\"name\":\"REJECTED_NETWORK\"}", "{\"name\":\"EC_NEW\"}"), RECEIPT_FAILED,
	     "REJECTED_NETWORK");
	told(LOG("{\"groupName\":\"REJECTED\"}", "{\"name\":\"EC_NEW\"}"), RECEIPT_FAILED, "EC_NEW");
	told(LOG("{\"groupName\":\"REJECTED\"}", "{\"name\":\"NO_ERROR\"}"), RECEIPT_FAILED, "");
	told("{\"results\":[]}", RECEIPT_ACCEPTED, "");
}

static void test_log_that_says_nothing(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum failure failure;
	} rows[] = {
		{200, "{}", FAILURE_UNKNOWN_OUTCOME},
		{200, "<html>", FAILURE_UNKNOWN_OUTCOME},
		{200, "{\"results\":[{},{}]}", FAILURE_UNKNOWN_OUTCOME},
		{200, LOG("{\"groupName\":\"WHAT\"}", "{}"), FAILURE_UNKNOWN_OUTCOME},
		{403, "{\"errorCode\":\"E403\"}", FAILURE_CONFIG},
		{500, "", FAILURE_TRANSIENT},
	};
	struct fake_call call;
	unsigned requests;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		call = driver_is_told(rows[i].status, rows[i].body);
		assert_false(call.answer.sent);
		assert_int_equal(call.answer.why.failure, rows[i].failure);
	}
	requests = driver.provider.requests;
	call = fake_poll(driver.ops, driver.channel, "a&to=1");
	driver_check(&call);
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
	(void)state;
	driver_refuses(OPTION(base_url), "", "needs base_url");
	driver_refuses(OPTION(token), "", "needs token = ");
	driver_refuses(OPTION(sender), "", "needs sender");
	driver_refuses(OPTION(callback_url), "http://web1.example", "callback_url ");
}

static void test_table(void **state)
{
	static const struct driver_code codes[] = {
		{"E400", 'c', '-', 'y', 'o', 0},
		{"E401", 'c', '-', 'y', 'c', 0},
		{"E403", 'c', '-', 'y', 'c', 0},
		{"E404", 'c', '-', 'y', 'c', 0},
		{"E429", 't', 'r', 'o', 'o', 0},
		{"E500", 't', 'r', 'o', 'o', 0},
		{"REJECTED_NETWORK", 'u', '-', 'y', '-', 0},
		{"REJECTED_PREFIX_MISSING", 'u', '-', '-', 'u', 86400},
		{"REJECTED_DND", 'u', '-', '-', 'u', 86400},
		{"REJECTED_SOURCE", 'c', '-', 'y', 'o', 0},
		{"REJECTED_NOT_ENOUGH_CREDITS", 'c', '-', 'y', 'c', 0},
		{"REJECTED_SENDER", 'c', '-', 'y', 'c', 0},
		{"REJECTED_DESTINATION", 'u', '-', '-', 'u', 86400},
		{"REJECTED_PREPAID_PACKAGE_EXPIRED", 'c', '-', 'y', 'c', 0},
		{"REJECTED_DESTINATION_NOT_REGISTERED", 'u', '-', 'y', '-', 0},
		{"REJECTED_ROUTE_NOT_AVAILABLE", 'u', '-', 'y', 'l', 3600},
		{"REJECTED_FLOODING_FILTER", 'u', '-', 'o', 'u', 3600},
		{"REJECTED_SYSTEM_ERROR", 't', 'r', 'o', 'o', 0},
		{"REJECTED_DUPLICATE_MESSAGE_ID", '?', '-', 'o', '-', 0},
		{"REJECTED_INVALID_UDH", 'c', '-', 'y', '-', 0},
		{"REJECTED_MESSAGE_TOO_LONG", 'c', '-', 'y', '-', 0},
		{"MISSING_TO", 'c', '-', 'y', '-', 0},
		{"REJECTED_INVALID_DESTINATION", 'u', '-', '-', 'u', 86400},
		{"UNDELIVERABLE_REJECTED_OPERATOR", 'u', '-', 'o', '-', 0},
		{"UNDELIVERABLE_NOT_DELIVERED", 'u', '-', 'o', '-', 0},
		{"EXPIRED_EXPIRED", 'u', '-', '-', '-', 0},
		{"EXPIRED_DLR_UNKNOWN", '?', '-', 'o', '-', 0},
		{"EC_UNKNOWN_SUBSCRIBER", 'u', '-', '-', 'u', 86400},
		{"EC_UNIDENTIFIED_SUBSCRIBER", 'u', '-', '-', 'u', 86400},
		{"EC_ABSENT_SUBSCRIBER_SM", 'u', '-', '-', '-', 0},
		{"EC_ABSENT_SUBSCRIBER", 'u', '-', '-', '-', 0},
		{"EC_ILLEGAL_SUBSCRIBER", 'u', '-', '-', 'u', 86400},
		{"EC_BEARER_SERVICE_NOT_PROVISIONED", 'u', '-', '-', 'u', 86400},
		{"EC_TELESERVICE_NOT_PROVISIONED", 'u', '-', '-', 'u', 86400},
		{"EC_ILLEGAL_EQUIPMENT", 'u', '-', '-', 'u', 86400},
		{"EC_CALL_BARRED", 'u', '-', '-', 'u', 3600},
		{"EC_SUBSCRIBER_BUSY_FOR_MT_SMS", 'u', '-', '-', '-', 0},
		{"EC_SM_DELIVERY_FAILURE", 'u', '-', '-', '-', 0},
		{"EC_SM_DF_MEMORYCAPACITYEXCEEDED", 'u', '-', '-', '-', 0},
		{"EC_SYSTEM_FAILURE", 'u', '-', 'o', '-', 0},
		{"EC_IMSI_BLACKLISTED", 'u', '-', '-', 'u', 86400},
		{"EC_DEST_ADDRESS_BLACKLISTED", 'u', '-', '-', 'u', 86400},
		{"EC_INVALID_DESTINATION_ADDRESS", 'u', '-', '-', 'u', 86400},
		{"EC_INVALID_SOURCE_ADDRESS", 'c', '-', 'y', 'o', 0},
		{"EC_NOT_ENOUGH_CREDITS", 'c', '-', 'y', 'c', 0},
		{"EC_MESSAGE_FILTERED", 'u', '-', 'y', '-', 0},
		{"EC_VALIDITYEXPIRED", 'u', '-', '-', '-', 0},
		{"EC_EXPIRED", 'u', '-', '-', '-', 0},
	};

	(void)state;
	DRIVER_TABLE(&provider_infobip, codes);
	assert_null(provider_error_find(&provider_infobip, "12"));
	assert_null(provider_error_find(&provider_infobip, "NO_ERROR"));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_request_is_the_one_of_the_documentation),
		TEST(test_receipts_are_ordered_where_there_is_a_callback),
		TEST(test_taken_over),
		TEST(test_refusals),
		TEST(test_answers_that_prove_nothing),
		TEST(test_log_is_asked_by_id),
		TEST(test_log_that_says_nothing),
		TEST(test_probe_only_connects),
		TEST(test_network),
		TEST(test_options),
		TEST(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
