/* driver http: a gateway gets exactly what its section describes, and must prove that it took the message over. */
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
static char name[] = "sms", url[] = "https://sms.example/send/{id}", get[] = "GET", json[] = "json", raw[] = "raw",
	    body[] = "to={to}&digits={to_digits}&text={text}&from={sender}&key={secret}", pointer[] = "/data/id",
	    sender[] = "Acme & Co", key_header[] = "X-Key: {secret}", code_header[] = "X-Code: {code}",
	    *headers[] = {key_header, code_header, NULL};
static struct config_channel section;
static void *channel;

static const struct channel_message message = {
	.id = "0123456789abcdef",
	.to = "+966501234567",
	.code = "123456",
	.lang = "en",
	.text = "123456 is your \"code\" & more",
	.timeout_ms = 1000,
};

static int setup(void **state)
{
	(void)state;
	fake_provider_init(&provider);
	section = fake_section;
	section.name = name;
	section.url = url;
	section.headers = headers;
	section.secret = fake_secret("k\"&y\n");
	section.sender = sender;
	section.body = body;
	section.success_pointer = pointer;
	section.id_pointer = pointer;
	channel = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (channel)
		channel_http.close(channel);
	fake_secret_remove(section.secret);
	return 0;
}

static void opens(void)
{
	char why[CONFIG_WHY_MAX] = "";

	if (channel)
		channel_http.close(channel);
	channel = NULL;
	if (channel_http.open(&section, &provider.http, &channel, why) < 0)
		fail_msg("%s", why);
}

static struct fake_call hears(long status, const char *text)
{
	struct fake_call call;

	fake_provider_says(&provider, status, text);
	call = fake_send(&channel_http, channel, &message);
	assert_int_equal(call.count, 1);
	return call;
}

static void test_form(void **state)
{
	(void)state;
	opens();
	fake_send(&channel_http, channel, &message);
	assert_string_equal(provider.method, "POST");
	assert_string_equal(provider.url, "https://sms.example/send/0123456789abcdef");
	assert_string_equal(provider.body,
			    "to=%2B966501234567&digits=966501234567&text=123456%20is%20your%20%22code%22%20%26%20more"
			    "&from=Acme%20%26%20Co&key=k%22%26y");
	assert_string_equal(provider.headers,
			    "X-Key: k\"&y\nX-Code: 123456\nContent-Type: application/x-www-form-urlencoded\n");
}

static void test_json(void **state)
{
	char template[] = "{\"to\":[\"{to_digits}\"],\"content\":{\"text\":\"{text}\"},\"key\":\"{secret}\"}";

	(void)state;
	section.body_type = json;
	section.body = template;
	opens();
	fake_send(&channel_http, channel, &message);
	assert_string_equal(provider.body, "{\"to\":[\"966501234567\"],\"content\":{\"text\":\"123456 is your "
					   "\\\"code\\\" & more\"},\"key\":\"k\\\"&y\"}");
	assert_non_null(strstr(provider.headers, "Content-Type: application/json\n"));
}

static void test_raw_with_its_own_content_type(void **state)
{
	char template[] = "<sms to='{to}'>{code}</sms>", type[] = "content-type: text/xml", *list[] = {type, NULL};

	(void)state;
	section.body_type = raw;
	section.body = template;
	section.headers = list;
	opens();
	fake_send(&channel_http, channel, &message);
	assert_string_equal(provider.body, "<sms to='+966501234567'>123456</sms>");
	assert_string_equal(provider.headers, "content-type: text/xml\n");
}

static void test_get_has_no_body(void **state)
{
	char query[] = "https://sms.example/send?to={to}&text={text}", none[] = "";

	(void)state;
	section.method = get;
	section.url = query;
	section.body = none;
	opens();
	fake_send(&channel_http, channel, &message);
	assert_string_equal(provider.method, "GET");
	assert_string_equal(provider.url,
			    "https://sms.example/send?to=%2B966501234567&text=123456%20is%20your%20%22code"
			    "%22%20%26%20more");
	assert_string_equal(provider.headers, "X-Key: k\"&y\nX-Code: 123456\n");
}

static void test_header_that_a_value_would_split(void **state)
{
	char header[] = "X-Text: {text}", *list[] = {header, NULL};
	struct channel_message nasty = message;
	struct fake_call call;

	(void)state;
	section.headers = list;
	opens();
	nasty.text = "a\r\nX-Evil: 1";
	call = fake_send(&channel_http, channel, &nasty);
	assert_int_equal(call.count, 1);
	assert_int_equal(call.answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(provider.requests, 0);
}

static void test_success_is_a_value_at_the_pointer(void **state)
{
	(void)state;
	opens();
	assert_true(hears(200, "{\"data\":{\"id\":\"m1\"}}").answer.sent);
	assert_string_equal(hears(200, "{\"data\":{\"id\":77}}").answer.message_id, "77");
	assert_int_equal(hears(200, "{\"data\":{\"id\":\"\"}}").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(hears(200, "{\"data\":{\"id\":null}}").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(hears(200, "{\"data\":{\"id\":false}}").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(hears(200, "{\"data\":{}}").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(hears(200, "OK").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(hears(202, "{\"data\":{\"id\":\"m1\"}}").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
}

static void test_success_is_this_value_at_the_pointer(void **state)
{
	char success[] = "/success", yes[] = "true";

	(void)state;
	section.success_pointer = success;
	section.success_value = yes;
	opens();
	assert_true(hears(200, "{\"success\":\"true\",\"data\":{\"id\":1}}").answer.sent);
	assert_string_equal(hears(200, "{\"success\":true,\"data\":{\"id\":1}}").answer.message_id, "1");
	assert_false(hears(200, "{\"success\":\"false\",\"data\":{\"id\":1}}").answer.sent);
	assert_false(hears(200, "{\"success\":false}").answer.sent);
	assert_true(hears(200, "{\"success\":true}").answer.sent);
}

static void test_success_is_how_a_plain_answer_begins(void **state)
{
	char none[] = "", accepted[] = "0: Accepted";

	(void)state;
	section.success_pointer = none;
	section.id_pointer = none;
	section.success_value = accepted;
	section.success_status = 202;
	opens();
	assert_true(hears(202, "0: Accepted for delivery").answer.sent);
	assert_false(hears(202, "3: Queued for later delivery").answer.sent);
	assert_false(hears(202, "0: Acc").answer.sent);
	assert_false(hears(200, "0: Accepted for delivery").answer.sent);
}

static void test_refusals(void **state)
{
	static const struct {
		long status;
		enum failure failure;
		bool retry;
	} rows[] = {
		{400, FAILURE_UNDELIVERABLE, false},
		{401, FAILURE_CONFIG, false},
		{402, FAILURE_CONFIG, false},
		{403, FAILURE_CONFIG, false},
		{404, FAILURE_UNDELIVERABLE, false},
		{407, FAILURE_CONFIG, false},
		{408, FAILURE_TRANSIENT, true},
		{425, FAILURE_TRANSIENT, true},
		{422, FAILURE_UNDELIVERABLE, false},
		{429, FAILURE_TRANSIENT, true},
		{502, FAILURE_TRANSIENT, true},
		{503, FAILURE_TRANSIENT, true},
		/* The fault may lie behind the message's leaving. */
		{500, FAILURE_UNKNOWN_OUTCOME, false},
		{504, FAILURE_UNKNOWN_OUTCOME, false},
		{501, FAILURE_UNKNOWN_OUTCOME, false},
		{599, FAILURE_UNKNOWN_OUTCOME, false},
		{302, FAILURE_CONFIG, false},
		{0, FAILURE_UNKNOWN_OUTCOME, false},
	};

	(void)state;
	opens();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_call call = hears(rows[i].status, "{\"data\":{\"id\":\"m1\"}}");

		assert_false(call.answer.sent);
		assert_int_equal(call.answer.why.failure, rows[i].failure);
		assert_int_equal(call.answer.retry, rows[i].retry);
	}
}

static void test_every_placeholder(void **state)
{
	char template[] = "{to}|{to_digits}|{to_00}|{code}|{text_ucs2}|{coding}|{id}|{minutes}|{seconds}|{validity}|{"
			  "sender}|{template}|"
			  "{language}|{callback_url}|{secret}",
	     used[] = "login_code", callback[] = "https://otp.example/cb?%d", en[] = "en_US", ar[] = "ar",
	     *languages[] = {en, ar, NULL};
	struct channel_message arabic = message;

	(void)state;
	section.body_type = raw;
	section.body = template;
	section.template = used;
	section.language = en;
	section.languages = languages;
	section.callback_url = callback;
	opens();
	arabic.text = "رمز 12";
	arabic.lang = "ar_SA";
	arabic.minutes = 5;
	arabic.seconds = 299;
	fake_send(&channel_http, channel, &arabic);
	assert_string_equal(
		provider.body,
		"+966501234567|966501234567|00966501234567|123456|063106450632002000310032|2|0123456789abcdef|5|299|4|"
		"Acme & Co|login_code|ar|https://otp.example/cb?%d|k\"&y");
	fake_send(&channel_http, channel, &message);
	assert_non_null(strstr(provider.body, "|0|0123456789abcdef|0|0|1|"));
	assert_non_null(strstr(provider.body, "|en_US|"));
}

static void test_raw_body_that_a_value_would_break(void **state)
{
	char template[] = "to={to}\ntext={text}\n";
	struct channel_message nasty = message;
	struct fake_call call;

	(void)state;
	section.body_type = raw;
	section.body = template;
	opens();
	nasty.text = "hello\nto=+15550001111";
	call = fake_send(&channel_http, channel, &nasty);
	assert_int_equal(call.answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(provider.requests, 0);
	assert_true(hears(200, "{\"data\":{\"id\":\"m1\"}}").answer.sent);
	assert_string_equal(provider.body, "to=+966501234567\ntext=123456 is your \"code\" & more\n");
}

static void test_errors_by_their_code(void **state)
{
	static const struct {
		long status;
		const char *text;
		enum failure failure;
		bool retry;
		const char *code;
	} rows[] = {
		{200, "{\"error\":{\"code\":1005}}", FAILURE_UNDELIVERABLE, false, "1005"},
		{500, "{\"error\":{\"code\":\"1005\"}}", FAILURE_UNDELIVERABLE, false, "1005"},
		{400, "{\"error\":{\"code\":\"busy\"}}", FAILURE_TRANSIENT, true, "busy"},
		{200, "{\"error\":{\"code\":\"a=b\"}}", FAILURE_CONFIG, false, "a=b"},
		{200, "{\"error\":{\"code\":1006}}", FAILURE_UNKNOWN_OUTCOME, false, "http-200"},
		{503, "{\"error\":{\"code\":1006}}", FAILURE_TRANSIENT, true, "http-503"},
		{401, "{\"error\":\"1005\"}", FAILURE_CONFIG, false, "http-401"},
		{400, "1005", FAILURE_UNDELIVERABLE, false, "http-400"},
	};
	char error[] = "/error/code", no[] = "1005=undeliverable", busy[] = "busy=transient", key[] = "a=b=config",
	     *errors[] = {no, busy, key, NULL};

	(void)state;
	section.error_pointer = error;
	section.errors = errors;
	opens();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_call call = hears(rows[i].status, rows[i].text);

		assert_false(call.answer.sent);
		assert_int_equal(call.answer.why.failure, rows[i].failure);
		assert_int_equal(call.answer.retry, rows[i].retry);
		assert_string_equal(call.answer.why.code, rows[i].code);
	}
	assert_true(hears(200, "{\"data\":{\"id\":1},\"error\":{\"code\":1005}}").answer.sent);
}

static void test_what_the_gateway_keeps_is_taken_over(void **state)
{
	char error[] = "/state", queued[] = "queued=accepted", full[] = "full=transient",
	     *errors[] = {queued, full, NULL};
	struct fake_call call;

	(void)state;
	section.error_pointer = error;
	section.errors = errors;
	opens();
	call = hears(200, "{\"state\":\"queued\"}");
	assert_true(call.answer.sent);
	assert_string_equal(call.answer.message_id, "");
	assert_int_equal(hears(500, "{\"state\":\"queued\"}").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(hears(400, "{\"state\":\"queued\"}").answer.why.failure, FAILURE_UNDELIVERABLE);
	assert_int_equal(hears(200, "{\"state\":\"queue\"}").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(hears(200, "{\"state\":\"full\"}").answer.why.failure, FAILURE_TRANSIENT);
}

static void test_errors_by_how_a_plain_answer_begins(void **state)
{
	char none[] = "", ok[] = "OK", full[] = "ERR 12=undeliverable", *errors[] = {full, NULL};

	(void)state;
	section.success_pointer = section.id_pointer = none;
	section.success_value = ok;
	section.errors = errors;
	opens();
	assert_true(hears(200, "OK 17").answer.sent);
	assert_int_equal(hears(200, "ERR 12 no such number").answer.why.failure, FAILURE_UNDELIVERABLE);
	assert_int_equal(hears(200, "ERR 13").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
}

static void polls(const char *method, const char *question)
{
	static char poll_url[] = "https://sms.example/status/{message_id}", state[] = "/state",
		    d[] = "DELIVRD=delivered", r[] = "seen=read", s[] = "ENROUTE=sent", u[] = "UNDELIV=failed",
		    *states[] = {d, r, s, u, NULL}, error[] = "/code", absent[] = "27=undeliverable",
		    *errors[] = {absent, NULL};

	section.poll_url = poll_url;
	section.poll_method = (char *)(uintptr_t)method;
	section.poll_body = (char *)(uintptr_t)question;
	section.poll_pointer = state;
	section.poll_states = states;
	section.error_pointer = error;
	section.errors = errors;
	opens();
}

static struct fake_call told(long status, const char *text)
{
	struct fake_call call;

	fake_provider_says(&provider, status, text);
	call = fake_poll(&channel_http, channel, "a/b c");
	assert_int_equal(call.count, 1);
	return call;
}

static void test_poll_asks_for_one_message(void **state)
{
	(void)state;
	polls("GET", "");
	assert_true(told(200, "{\"state\":\"DELIVRD\"}").answer.sent);
	assert_string_equal(provider.method, "GET");
	assert_string_equal(provider.url, "https://sms.example/status/a%2Fb%20c");
	assert_string_equal(provider.body, "");
	assert_string_equal(provider.headers, "X-Key: k\"&y\n"); /* not the code's */
	polls("POST", "m={message_id}&k={secret}");
	told(200, "{}");
	assert_string_equal(provider.body, "m=a%2Fb%20c&k=k%22%26y");
	assert_string_equal(provider.headers, "X-Key: k\"&y\nContent-Type: application/x-www-form-urlencoded\n");
}

static void test_poll_hears_words(void **state)
{
	static const struct {
		const char *text;
		enum receipt_state state;
	} rows[] = {
		{"{\"state\":\"DELIVRD\"}", RECEIPT_DELIVERED},
		{"{\"state\":\"delivrd\"}", RECEIPT_DELIVERED},
		{"{\"state\":\"seen\"}", RECEIPT_READ},
		{"{\"state\":\"ENROUTE\"}", RECEIPT_SENT},
		{"{\"state\":\"UNDELIV\"}", RECEIPT_FAILED},
		{"{\"state\":\"ACCEPTD\"}", RECEIPT_ACCEPTED},
		{"{\"state\":7}", RECEIPT_ACCEPTED},
	};
	struct fake_call call;

	(void)state;
	polls("GET", "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		call = told(200, rows[i].text);
		assert_true(call.answer.sent);
		assert_int_equal(call.answer.state, rows[i].state);
	}
	call = told(200, "{\"state\":\"UNDELIV\",\"code\":27}");
	assert_int_equal(call.answer.why.failure, FAILURE_UNDELIVERABLE);
	assert_string_equal(call.answer.why.code, "27");
	call = told(200, "{\"state\":\"UNDELIV\",\"code\":\"a word of the gateway's\"}");
	assert_int_equal(call.answer.why.failure, FAILURE_UNDELIVERABLE);
	assert_string_equal(call.answer.why.code, "");
}

static void test_poll_that_says_nothing(void **state)
{
	(void)state;
	polls("GET", "");
	assert_false(told(200, "{\"status\":false}").answer.sent);
	assert_false(told(200, "<html>").answer.sent);
	assert_false(told(200, "{\"state\":{\"a\":1}}").answer.sent);
	assert_int_equal(told(401, "{\"state\":\"DELIVRD\"}").answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(told(503, "{\"state\":\"DELIVRD\"}").answer.why.failure, FAILURE_TRANSIENT);
}

static void test_probe_sends_no_message(void **state)
{
	(void)state;
	opens();
	assert_true(fake_probe(&channel_http, channel).answer.sent);
	assert_true(provider.connect_only);
	assert_string_equal(provider.body, "");
	assert_string_equal(provider.headers, "");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_form),
		TEST(test_json),
		TEST(test_raw_with_its_own_content_type),
		TEST(test_get_has_no_body),
		TEST(test_header_that_a_value_would_split),
		TEST(test_success_is_a_value_at_the_pointer),
		TEST(test_success_is_this_value_at_the_pointer),
		TEST(test_success_is_how_a_plain_answer_begins),
		TEST(test_refusals),
		TEST(test_every_placeholder),
		TEST(test_raw_body_that_a_value_would_break),
		TEST(test_errors_by_their_code),
		TEST(test_errors_by_how_a_plain_answer_begins),
		TEST(test_what_the_gateway_keeps_is_taken_over),
		TEST(test_poll_asks_for_one_message),
		TEST(test_poll_hears_words),
		TEST(test_poll_that_says_nothing),
		TEST(test_probe_sends_no_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
