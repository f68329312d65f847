/* driver whatsapp_cloud: what Meta gets to see, and what we make of its answers. */
#include "tests/unit/fake_provider.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct fake_provider provider;
static char name[] = "whatsapp", id[] = "106540352242922", version[] = "v25.0", template[] = "verification_code",
	    arabic[] = "ar", base[] = "https://graph.example/";
static struct config_channel section;
static void *channel;

static const struct channel_message message = {
	.id = "0123456789abcdef0123456789abcdef",
	.to = "+966501234567",
	.code = "123456",
	.lang = "",
	.text = "not for WhatsApp",
	.timeout_ms = 1000,
};

static int setup(void **state)
{
	char why[CONFIG_WHY_MAX] = "";

	(void)state;
	fake_provider_init(&provider);
	section = fake_section;
	section.name = name;
	section.token = fake_secret("EAAG-secret\n");
	section.phone_number_id = id;
	section.api_version = version;
	section.template = template;
	section.language = arabic;
	section.base_url = base;
	return channel_whatsapp_cloud.open(&section, &provider.http, &channel, why);
}

static int teardown(void **state)
{
	(void)state;
	channel_whatsapp_cloud.close(channel);
	fake_secret_remove(section.token);
	return 0;
}

static struct fake_call hears(long status, const char *body)
{
	struct fake_call call;

	fake_provider_says(&provider, status, body);
	call = fake_send(&channel_whatsapp_cloud, channel, &message);
	assert_int_equal(call.count, 1);
	return call;
}

static void test_request_is_the_one_of_the_documentation(void **state)
{
	(void)state;
	fake_send(&channel_whatsapp_cloud, channel, &message);
	assert_string_equal(provider.method, "POST");
	assert_string_equal(provider.url, "https://graph.example/v25.0/106540352242922/messages");
	assert_string_equal(provider.headers, "Authorization: Bearer EAAG-secret\nContent-Type: application/json\n");
	assert_string_equal(
		provider.body,
		"{\"messaging_product\":\"whatsapp\",\"recipient_type\":\"individual\",\"to\":\"966501234567\","
		"\"type\":"
		"\"template\",\"template\":{\"name\":\"verification_code\",\"language\":{\"code\":\"ar\"},"
		"\"components\":["
		"{\"type\":\"body\",\"parameters\":[{\"type\":\"text\",\"text\":\"123456\"}]},"
		"{\"type\":\"button\",\"sub_type\":\"url\",\"index\":\"0\",\"parameters\":[{\"type\":\"text\",\"text\":"
		"\"123456\"}]}]},\"biz_opaque_callback_data\":\"0123456789abcdef0123456789abcdef\"}");
}

static void language_is(const char *user, const char *expected)
{
	struct channel_message other = message;
	char field[64];

	other.lang = user;
	fake_send(&channel_whatsapp_cloud, channel, &other);
	snprintf(field, sizeof(field), "\"language\":{\"code\":\"%s\"}", expected);
	assert_non_null(strstr(provider.body, field));
}

static void test_language_is_one_of_those_that_are_approved(void **state)
{
	char english[] = "en_US", *approved[] = {arabic, english, NULL};

	(void)state;
	section.languages = approved;
	language_is("en_GB", "en_US");
	language_is("ar_SA", "ar");
	language_is("fr", "ar");
	language_is("", "ar");
}

static void test_language_of_the_user_or_of_the_channel(void **state)
{
	(void)state;
	language_is("", "ar");
	language_is("ar", "ar");
	language_is("ar_SA", "ar");
	language_is("ar-SA", "ar");
	language_is("en_US", "en_US");
	language_is("a", "a");
	language_is("arz", "arz");
}

static void test_code_that_a_template_cannot_hold(void **state)
{
	struct channel_message longer = message;
	struct fake_call call;

	(void)state;
	longer.code = "1234567890123456";
	call = fake_send(&channel_whatsapp_cloud, channel, &longer);
	assert_int_equal(call.count, 1);
	assert_int_equal(call.answer.why.failure, FAILURE_UNDELIVERABLE);
	assert_int_equal(provider.requests, 0);
}

static void test_accepted_with_an_id(void **state)
{
	struct fake_call call = hears(200, "{\"messaging_product\":\"whatsapp\",\"contacts\":[{\"input\":\"1\"}],"
					   "\"messages\":[{\"id\":\"wamid.HBgM\",\"message_status\":\"accepted\"}]}");

	(void)state;
	assert_true(call.answer.sent);
	assert_string_equal(call.answer.message_id, "wamid.HBgM");
}

static void test_200_proves_nothing(void **state)
{
	static const char *const bodies[] = {
		"",
		"{}",
		"[]",
		"{\"messages\":[]}",
		"{\"messages\":[{}]}",
		"{\"messages\":[{\"id\":\"\"}]}",
		"{\"messages\":[{\"id\":null}]}",
		"{\"messages\":{\"id\":\"wamid\"}}",
		"<html>",
		"{\"messages\":[{\"id\":",
		"{\"error\":\"no\"}",
		"{\"error\":{\"code\":\"190\"}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct fake_call call = hears(200, bodies[i]);

		assert_false(call.answer.sent);
		assert_int_equal(call.answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
		assert_false(call.answer.retry);
	}
}

static void test_id_without_200_proves_nothing_either(void **state)
{
	struct fake_call call = hears(400, "{\"messages\":[{\"id\":\"wamid.HBgM\"}]}");

	(void)state;
	assert_false(call.answer.sent);
	assert_int_equal(call.answer.why.failure, FAILURE_UNDELIVERABLE);
}

static void test_held_and_paused_are_not_waited_for(void **state)
{
	struct fake_call held =
		hears(200, "{\"messages\":[{\"id\":\"w\",\"message_status\":\"held_for_quality_assessment\"}]}");
	struct fake_call paused = hears(200, "{\"messages\":[{\"id\":\"w\",\"message_status\":\"paused\"}]}");

	(void)state;
	assert_int_equal(held.answer.why.failure, FAILURE_UNDELIVERABLE);
	assert_string_equal(held.answer.why.code, "held");
	assert_int_equal(held.answer.why.alarm, ALARM_OFTEN);
	assert_int_equal(held.answer.why.breaker, BREAKER_NONE);
	/* As if the API had said so by its code. */
	assert_string_equal(paused.answer.why.code, "132015");
	assert_int_equal(paused.answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(paused.answer.why.alarm, ALARM_NOW);
	assert_int_equal(paused.answer.why.breaker, BREAKER_TEMPLATE);
	assert_int_equal(paused.answer.why.breaker_seconds, 600);
	assert_false(held.answer.sent || held.answer.retry || paused.answer.sent || paused.answer.retry);
}

static void test_error_goes_by_its_code_not_by_the_status(void **state)
{
	static const long statuses[] = {200, 400, 401, 403, 404, 500, 503};

	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		struct fake_call call = hears(statuses[i], "{\"error\":{\"message\":\"(#131026) to +966501234567\","
							   "\"code\":131026,\"error_data\":\"a string\"}}");

		assert_int_equal(call.answer.why.failure, FAILURE_UNDELIVERABLE);
		assert_string_equal(call.answer.why.code, "131026");
		assert_null(strstr(call.answer.why.detail, "9665"));
	}
}

static void test_unknown_code_goes_by_status_and_is_transient(void **state)
{
	struct fake_call refused = hears(400, "{\"error\":{\"code\":777777}}");
	struct fake_call broken = hears(500, "{\"error\":{\"code\":777777}}");
	struct fake_call passing = hears(400, "{\"error\":{\"code\":777777,\"is_transient\":true}}");

	(void)state;
	assert_int_equal(refused.answer.why.failure, FAILURE_UNDELIVERABLE);
	assert_false(refused.answer.retry);
	assert_int_equal(refused.answer.why.alarm, ALARM_NOW);
	assert_int_equal(broken.answer.why.failure, FAILURE_TRANSIENT);
	assert_true(broken.answer.retry);
	assert_int_equal(passing.answer.why.failure, FAILURE_TRANSIENT);
	assert_true(passing.answer.retry);
}

static void test_no_code_goes_by_status(void **state)
{
	static const struct {
		long status;
		enum failure failure;
		bool retry;
	} rows[] = {
		{301, FAILURE_CONFIG, false},          {401, FAILURE_CONFIG, false},
		{403, FAILURE_CONFIG, false},          {404, FAILURE_UNDELIVERABLE, false},
		{429, FAILURE_TRANSIENT, true},        {500, FAILURE_UNKNOWN_OUTCOME, false},
		{502, FAILURE_TRANSIENT, true},        {503, FAILURE_TRANSIENT, true},
		{504, FAILURE_TRANSIENT, true},        {204, FAILURE_UNKNOWN_OUTCOME, false},
		{999, FAILURE_UNKNOWN_OUTCOME, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_call call = hears(rows[i].status, "<html>");

		assert_int_equal(call.answer.why.failure, rows[i].failure);
		assert_int_equal(call.answer.retry, rows[i].retry);
	}
}

static void test_trace_is_kept_only_if_it_is_harmless(void **state)
{
	struct fake_call good = hears(401, "{\"error\":{\"code\":190,\"fbtrace_id\":\"Az8or2y_hq-K\"}}");
	struct fake_call bad = hears(401, "{\"error\":{\"code\":190,\"fbtrace_id\":\"to +966501234567\"}}");
	struct fake_call number = hears(401, "{\"error\":{\"code\":190,\"fbtrace_id\":5}}");

	(void)state;
	assert_string_equal(good.answer.trace, "Az8or2y_hq-K");
	assert_string_equal(bad.answer.trace, "");
	assert_string_equal(number.answer.trace, "");
}

static void test_no_answer(void **state)
{
	static const struct {
		enum http_outcome outcome;
		enum failure failure;
		bool retry;
	} rows[] = {
		{HTTP_NOT_SENT, FAILURE_TRANSIENT, true},
		{HTTP_NOT_TRUSTED, FAILURE_CONFIG, false},
		{HTTP_LOST, FAILURE_UNKNOWN_OUTCOME, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_call call;

		provider.answer = (struct http_answer){.outcome = rows[i].outcome, .body = "", .error = "why"};
		call = fake_send(&channel_whatsapp_cloud, channel, &message);
		assert_int_equal(call.count, 1);
		assert_int_equal(call.answer.why.failure, rows[i].failure);
		assert_int_equal(call.answer.retry, rows[i].retry);
		assert_string_equal(call.answer.why.detail, "why");
	}
}

static struct fake_call probe_hears(const char *body)
{
	struct fake_call call;

	fake_provider_says(&provider, 200, body);
	call = fake_probe(&channel_whatsapp_cloud, channel);
	assert_int_equal(call.count, 1);
	return call;
}

static void test_probe_asks_for_the_health_of_the_number(void **state)
{
	struct fake_call call = probe_hears("{\"health_status\":{\"can_send_message\":\"AVAILABLE\",\"entities\":[]},"
					    "\"id\":\"106540352242922\"}");

	(void)state;
	assert_true(call.answer.sent);
	assert_string_equal(call.answer.why.detail, "");
	assert_string_equal(provider.method, "GET");
	assert_string_equal(provider.url, "https://graph.example/v25.0/106540352242922?fields=id,health_status");
	assert_string_equal(provider.headers, "Authorization: Bearer EAAG-secret\n");
	assert_string_equal(provider.body, "");
	assert_int_equal(provider.requests, 1);
	call = probe_hears("{\"id\":\"1\"}");
	assert_int_equal(call.answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	call = probe_hears("<html>");
	assert_int_equal(call.answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
}

static void test_limited_and_blocked_numbers(void **state)
{
	struct fake_call limited =
		probe_hears("{\"id\":\"106540352242922\",\"health_status\":{\"can_send_message\":\"LIMITED\","
			    "\"entities\":[{\"entity_type\":\"PHONE_NUMBER\",\"id\":\"1\",\"can_send_message\":"
			    "\"AVAILABLE\"},{\"entity_type\":\"WABA\",\"can_send_message\":\"LIMITED\",\"errors\":"
			    "[{\"error_code\":131042,\"error_description\":\"Jane Doe +966501234567\"}]}]}}");
	struct fake_call blocked =
		probe_hears("{\"id\":\"106540352242922\",\"health_status\":{\"can_send_message\":\"BLOCKED\","
			    "\"entities\":[{\"entity_type\":\"BUSINESS\",\"can_send_message\":\"BLOCKED\",\"errors\":"
			    "[{\"error_code\":141006,\"error_description\":\"no payment method\"}]}]}}");
	struct fake_call silent = probe_hears(
		"{\"id\":\"106540352242922\",\"health_status\":{\"can_send_message\":\"BLOCKED\",\"entities\":7}}");
	struct fake_call odd =
		probe_hears("{\"id\":\"106540352242922\",\"health_status\":{\"can_send_message\":\"DREAMING\"}}");

	(void)state;
	assert_true(limited.answer.sent);
	assert_string_equal(limited.answer.why.code, "131042");
	assert_string_equal(limited.answer.why.detail,
			    "sending is limited by the WhatsApp business account: there is a problem with the payment");
	assert_false(blocked.answer.sent);
	assert_int_equal(blocked.answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(blocked.answer.why.alarm, ALARM_NOW);
	assert_string_equal(blocked.answer.why.code, "141006");
	assert_string_equal(blocked.answer.why.detail, "sending is blocked by the business: WhatsApp Manager says why");
	assert_int_equal(silent.answer.why.failure, FAILURE_CONFIG);
	assert_string_equal(silent.answer.why.code, "health");
	assert_true(odd.answer.sent);
	assert_string_not_equal(odd.answer.why.detail, "");
}

static void test_token_that_may_only_send_is_good_enough(void **state)
{
	struct fake_call call;

	(void)state;
	fake_provider_queues(&provider, 403, "{\"error\":{\"code\":200}}");
	call = probe_hears("{\"id\":\"106540352242922\"}");
	assert_true(call.answer.sent);
	assert_string_equal(provider.url, "https://graph.example/v25.0/106540352242922?fields=id");
	assert_int_equal(provider.requests, 2);
	fake_provider_says(&provider, 401, "{\"error\":{\"code\":190}}");
	call = fake_probe(&channel_whatsapp_cloud, channel);
	assert_int_equal(call.count, 1);
	assert_int_equal(call.answer.why.failure, FAILURE_CONFIG);
	assert_string_equal(call.answer.why.code, "190");
}

#define WAMID "wamid.HBgMOTY2+/="

static struct fake_call history_is(const char *events)
{
	static char body[1024];
	struct fake_call call;

	snprintf(body, sizeof(body),
		 "{\"data\":[{\"id\":\"9\",\"message_id\":\"wamid.other\",\"events\":{\"data\":[{\"delivery_status\":"
		 "\"READ\"}]}},{\"id\":\"1\",\"message_id\":\"" WAMID "\"%s}],\"paging\":{}}",
		 events);
	fake_provider_says(&provider, 200, body);
	call = fake_poll(&channel_whatsapp_cloud, channel, WAMID);
	assert_int_equal(call.count, 1);
	return call;
}

static void test_history_of_a_message_is_asked_for(void **state)
{
	struct fake_call call = history_is(
		",\"events\":{\"data\":[{\"id\":\"1\",\"delivery_status\":\"DELIVERED\",\"timestamp\":1700000005},"
		"{\"id\":\"2\",\"delivery_status\":\"SENT\",\"timestamp\":1700000001}]}");

	(void)state;
	assert_string_equal(provider.method, "GET");
	assert_string_equal(provider.url,
			    "https://graph.example/v25.0/106540352242922/message_history?fields=id,message_id,"
			    "events%7Bdelivery_status,timestamp,error_description%7D&message_id="
			    "wamid.HBgMOTY2%2B%2F%3D");
	assert_string_equal(provider.headers, "Authorization: Bearer EAAG-secret\n");
	assert_true(call.answer.sent);
	assert_int_equal(call.answer.state, RECEIPT_DELIVERED);
	assert_int_equal(call.answer.at, 1700000005);
}

static void test_history_row_by_row(void **state)
{
	static const struct {
		const char *events;
		enum receipt_state expected;
	} rows[] = {
		{"", RECEIPT_ACCEPTED},
		{",\"events\":{}", RECEIPT_ACCEPTED},
		{",\"events\":{\"data\":[]}", RECEIPT_ACCEPTED},
		{",\"events\":{\"data\":7}", RECEIPT_ACCEPTED},
		{",\"events\":{\"data\":[{\"delivery_status\":\"SENT\"}]}", RECEIPT_SENT},
		{",\"events\":{\"data\":[{\"delivery_status\":\"read\",\"timestamp\":\"1700000005\"}]}", RECEIPT_READ},
		{",\"events\":{\"data\":[{\"delivery_status\":\"DELETED\"},{\"delivery_status\":7},{}]}",
		 RECEIPT_ACCEPTED},
		{",\"events\":{\"data\":[{\"delivery_status\":\"SENT\"},{\"delivery_status\":\"FAILED\"}]}",
		 RECEIPT_FAILED},
		{",\"events\":{\"data\":[{\"delivery_status\":\"FAILED\"},{\"delivery_status\":\"DELIVERED\"}]}",
		 RECEIPT_DELIVERED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_call call = history_is(rows[i].events);

		assert_true(call.answer.sent);
		assert_int_equal(call.answer.state, rows[i].expected);
	}
}

static void test_reason_of_a_failure_is_in_our_words(void **state)
{
	struct fake_call call =
		history_is(",\"events\":{\"data\":[{\"delivery_status\":\"FAILED\",\"timestamp\":1700000005,"
			   "\"error_description\":\"Message to +966501234567 undeliverable\"}]}");

	(void)state;
	assert_int_equal(call.answer.state, RECEIPT_FAILED);
	assert_int_equal(call.answer.at, 1700000005);
	assert_int_equal(call.answer.why.failure, FAILURE_UNDELIVERABLE);
	assert_string_equal(call.answer.why.detail, "not delivered, the provider does not say why");
}

static void test_message_without_history_is_still_under_way(void **state)
{
	struct fake_call call;

	(void)state;
	fake_provider_says(&provider, 200, "{\"data\":[]}");
	call = fake_poll(&channel_whatsapp_cloud, channel, WAMID);
	assert_true(call.answer.sent);
	assert_int_equal(call.answer.state, RECEIPT_ACCEPTED);
}

static void test_history_that_is_refused_or_nonsense(void **state)
{
	static const struct {
		long status;
		const char *body;
		enum failure failure;
	} rows[] = {
		{403, "{\"error\":{\"code\":10}}", FAILURE_CONFIG},
		{400, "{\"error\":{\"code\":100}}", FAILURE_CONFIG},
		{401, "", FAILURE_CONFIG},
		{404, "<html>", FAILURE_UNDELIVERABLE},
		{500, "{\"error\":{\"code\":2}}", FAILURE_TRANSIENT},
		{200, "<html>", FAILURE_UNKNOWN_OUTCOME},
		{200, "{\"data\":{}}", FAILURE_UNKNOWN_OUTCOME},
		{200, "{}", FAILURE_UNKNOWN_OUTCOME},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_call call;

		fake_provider_says(&provider, rows[i].status, rows[i].body);
		call = fake_poll(&channel_whatsapp_cloud, channel, WAMID);
		assert_int_equal(call.count, 1);
		assert_false(call.answer.sent);
		assert_int_equal(call.answer.why.failure, rows[i].failure);
	}
}

static void refused_with(const char *words)
{
	char why[CONFIG_WHY_MAX] = "";
	void *other = NULL;

	assert_int_equal(channel_whatsapp_cloud.open(&section, &provider.http, &other, why), -EINVAL);
	assert_non_null(strstr(why, words));
}

static void test_options_that_cannot_be_right(void **state)
{
	char waba[] = "12a", english[] = "en_US", *approved[] = {english, NULL}, none[] = "";

	(void)state;
	section.waba_id = waba;
	refused_with("waba_id");
	section.waba_id = none;
	section.languages = approved;
	refused_with("language \"ar\" is not one of languages");
}

static void test_cancelled_question_is_not_answered(void **state)
{
	struct fake_call call;

	(void)state;
	provider.hold = true;
	call = fake_poll(&channel_whatsapp_cloud, channel, WAMID);
	channel_whatsapp_cloud.cancel(&call.call);
	assert_int_equal(provider.cancelled, 1);
	assert_int_equal(call.count, 0);
}

static void test_cancelled_is_not_answered(void **state)
{
	struct fake_call call;

	(void)state;
	provider.hold = true;
	call = fake_send(&channel_whatsapp_cloud, channel, &message);
	channel_whatsapp_cloud.cancel(&call.call);
	assert_int_equal(provider.cancelled, 1);
	assert_int_equal(call.count, 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_request_is_the_one_of_the_documentation),
		TEST(test_language_of_the_user_or_of_the_channel),
		TEST(test_language_is_one_of_those_that_are_approved),
		TEST(test_code_that_a_template_cannot_hold),
		TEST(test_accepted_with_an_id),
		TEST(test_200_proves_nothing),
		TEST(test_id_without_200_proves_nothing_either),
		TEST(test_held_and_paused_are_not_waited_for),
		TEST(test_error_goes_by_its_code_not_by_the_status),
		TEST(test_unknown_code_goes_by_status_and_is_transient),
		TEST(test_no_code_goes_by_status),
		TEST(test_trace_is_kept_only_if_it_is_harmless),
		TEST(test_no_answer),
		TEST(test_probe_asks_for_the_health_of_the_number),
		TEST(test_limited_and_blocked_numbers),
		TEST(test_token_that_may_only_send_is_good_enough),
		TEST(test_history_of_a_message_is_asked_for),
		TEST(test_history_row_by_row),
		TEST(test_reason_of_a_failure_is_in_our_words),
		TEST(test_message_without_history_is_still_under_way),
		TEST(test_history_that_is_refused_or_nonsense),
		TEST(test_options_that_cannot_be_right),
		TEST(test_cancelled_question_is_not_answered),
		TEST(test_cancelled_is_not_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
