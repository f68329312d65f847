/* drivers ycloud and ycloud_voice: what YCloud gets to see, and what we make of its answers. */
#include "tests/unit/family.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KEY "ycloud-secret-key"
#define PROOF "X-API-Key: " KEY "\n"
#define HEADERS "Accept: application/json\n" PROOF
#define JSON "Accept: application/json\nContent-Type: application/json\n" PROOF

static char name[] = "y", number[] = "+966112345678", template[] = "verification_code", english[] = "en_US",
	    arabic[] = "ar", portuguese[] = "pt_BR", sender[] = "Acme", callback[] = "https://otp.example/receipts/y";
static char *approved[] = {arabic, english, portuguese, NULL};
static const char *const private[] = {"123456", "966501234567", NULL};
static struct family family = {.secret = KEY, .private = private, .place = "test.conf:1: channel \"y\": "};
static struct fake_provider *const provider = &family.provider;
static struct config_channel section;
static char *key;

/* One channel of each kind. */
static struct opened {
	const struct channel_ops *ops;
	enum channel_kind kind;
	const char *send_url, *poll_url; /* in front of the id */
	bool list;                       /* how a poll is answered */
	struct config_channel section;
	void *channel;
} whatsapp = {.ops = &channel_ycloud,
	      .kind = CHANNEL_WHATSAPP,
	      .send_url = "https://api.ycloud.com/v2/whatsapp/messages/sendDirectly",
	      .poll_url = "https://api.ycloud.com/v2/whatsapp/messages/"},
  sms = {.ops = &channel_ycloud,
	 .kind = CHANNEL_SMS,
	 .send_url = "https://api.ycloud.com/v2/sms",
	 .poll_url = "https://api.ycloud.com/v2/sms?filter.id=",
	 .list = true},
  voice = {.ops = &channel_ycloud_voice,
	   .kind = CHANNEL_VOICE,
	   .send_url = "https://api.ycloud.com/v2/voices",
	   .poll_url = "https://api.ycloud.com/v2/voices?filter.id=",
	   .list = true};
static struct opened *const all[] = {&whatsapp, &sms, &voice};

static const struct channel_message message = {
	.id = "0123456789abcdef0123456789abcdef",
	.to = "+966501234567",
	.code = "123456",
	.lang = "",
	.text = "Say \"123456\", \\o/",
	.subject = "",
	.minutes = 5,
	.timeout_ms = 1000,
};

static int setup(void **state)
{
	char why[CONFIG_WHY_MAX] = "";

	(void)state;
	fake_provider_init(provider);
	key = fake_secret(KEY "\n");
	section = fake_section;
	section.name = section.driver = name;
	section.token = key;
	section.language = english;
	section.languages = approved;
	for (size_t i = 0; i < COUNT(all); i++) {
		all[i]->section = section;
		all[i]->section.kind = all[i]->kind;
	}
	whatsapp.section.sender = number;
	whatsapp.section.template = template;
	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i]->ops->open(&all[i]->section, &provider->http, &all[i]->channel, why) < 0)
			fail_msg("%s", why);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		all[i]->ops->close(all[i]->channel);
	fake_secret_remove(key);
	return 0;
}

static struct fake_call hears(const struct opened *o, long status, const char *body)
{
	struct fake_call call;

	fake_provider_says(provider, status, body);
	call = fake_send(o->ops, o->channel, &message);
	family_check(&family, &call);
	return call;
}

static void test_requests_are_those_of_the_documentation(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		hears(all[i], 200, "{}");
		assert_string_equal(provider->method, "POST");
		assert_string_equal(provider->url, all[i]->send_url);
		assert_string_equal(provider->headers, JSON);
	}
	hears(&whatsapp, 200, "{}");
	assert_string_equal(
		provider->body,
		"{\"from\":\"+966112345678\",\"to\":\"+966501234567\",\"type\":\"template\",\"template\":{"
		"\"name\":\"verification_code\",\"language\":{\"code\":\"en_US\"},\"components\":[{\"type\":\"body\","
		"\"parameters\":[{\"type\":\"text\",\"text\":\"123456\"}]},{\"type\":\"button\",\"sub_type\":\"url\","
		"\"index\":0,\"parameters\":[{\"type\":\"text\",\"text\":\"123456\"}]}]},"
		"\"externalId\":\"0123456789abcdef0123456789abcdef\"}");
	hears(&sms, 200, "{}");
	assert_string_equal(provider->body, "{\"to\":\"+966501234567\",\"text\":\"Say \\\"123456\\\", \\\\o/\","
					    "\"externalId\":\"0123456789abcdef0123456789abcdef\"}");
	hears(&voice, 200, "{}");
	assert_string_equal(provider->body,
			    "{\"to\":\"+966501234567\",\"verificationCode\":\"123456\",\"language\":\"en\","
			    "\"externalId\":\"0123456789abcdef0123456789abcdef\"}");
}

static void test_sender_and_callback_of_the_section(void **state)
{
	static char with_query[] = "https://otp.example/r?x=1";

	(void)state;
	sms.section.sender = sender;
	sms.section.callback_url = callback;
	hears(&sms, 200, "{}");
	assert_string_equal(provider->body, "{\"to\":\"+966501234567\",\"text\":\"Say \\\"123456\\\", \\\\o/\","
					    "\"senderId\":\"Acme\",\"externalId\":\"0123456789abcdef0123456789abcdef\","
					    "\"callbackUrl\":\"https://otp.example/receipts/y"
					    "?id=0123456789abcdef0123456789abcdef\"}");
	voice.section.callback_url = with_query;
	hears(&voice, 200, "{}");
	assert_non_null(strstr(provider->body, "\"callbackUrl\":\"https://otp.example/r?x=1&id=0123456789abcdef"));
}

static void language_is(const struct opened *o, const char *user, const char *field)
{
	struct channel_message other = message;

	other.lang = user;
	fake_send(o->ops, o->channel, &other);
	if (!strstr(provider->body, field))
		fail_msg("%s: %s is not in %s", user, field, provider->body);
}

static void test_language_of_the_user_or_one_that_there_is(void **state)
{
	(void)state;
	language_is(&whatsapp, "ar_SA", "{\"code\":\"ar\"}");
	language_is(&whatsapp, "pt", "{\"code\":\"pt_BR\"}");
	language_is(&whatsapp, "en-GB", "{\"code\":\"en_US\"}");
	language_is(&whatsapp, "fr", "{\"code\":\"en_US\"}");
	language_is(&voice, "ar-SA", "\"language\":\"ar\"");
	language_is(&voice, "pt_BR", "\"language\":\"pt\"");
	language_is(&voice, "hi", "\"language\":\"en\"");
	voice.section.language = portuguese;
	language_is(&voice, "hi", "\"language\":\"pt\"");
}

static void test_what_does_not_fit_is_not_sent(void **state)
{
	static const char *const numbers[] = {"966501234567", "+", "+96650123456x", "", "alice@example.org"};
	struct channel_message other = message;

	(void)state;
	for (size_t i = 0; i < COUNT(numbers) * COUNT(all); i++) {
		const struct opened *o = all[i % COUNT(all)];

		family_keeps(&family, o->ops, o->channel, &message, numbers[i / COUNT(all)]);
	}
	other.code = "1234567890123456";
	assert_false(fake_send(whatsapp.ops, whatsapp.channel, &other).answer.sent);
	other.code = "1234567";
	assert_false(fake_send(voice.ops, voice.channel, &other).answer.sent);
	other.code = "123";
	assert_false(fake_send(voice.ops, voice.channel, &other).answer.sent);
	other.code = "12345a";
	assert_false(fake_send(voice.ops, voice.channel, &other).answer.sent);
	assert_int_equal(provider->requests, 0);
}

static void test_accepted_with_an_id(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		struct fake_call call = hears(all[i], 200,
					      "{\"id\":\"63f71fdc2c5d9f4d8ee3d1a1\",\"wamid\":\"wamid.HBgM\","
					      "\"status\":\"accepted\",\"errorCode\":null,\"totalPrice\":0.05}");

		assert_true(call.answer.sent);
		assert_string_equal(call.answer.message_id, "63f71fdc2c5d9f4d8ee3d1a1");
	}
}

static void test_200_proves_nothing(void **state)
{
	static const char *const bodies[] = {
		"",
		"{}",
		"[]",
		"{\"id\":\"\"}",
		"{\"id\":null,\"status\":\"accepted\"}",
		"{\"id\":{}}",
		"{\"id\":\"../balance\"}",
		"{\"status\":\"accepted\"}",
		"<html>",
		"{\"id\":\"63f71fdc",
		"{\"error\":\"no\"}",
		"{\"error\":{\"code\":\"to +966501234567\"}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bodies) * COUNT(all); i++) {
		struct fake_call call = hears(all[i % COUNT(all)], 200, bodies[i / COUNT(all)]);

		assert_false(call.answer.sent);
		assert_int_equal(call.answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
		assert_false(call.answer.retry);
	}
	assert_false(hears(&sms, 400, "{\"id\":\"63f71fdc\"}").answer.sent);
	assert_false(hears(&sms, 500, "{\"id\":\"63f71fdc\"}").answer.sent);
}

static void test_failed_at_once_goes_on_at_once(void **state)
{
	struct fake_call meta = hears(&whatsapp, 200,
				      "{\"id\":\"1a\",\"status\":\"failed\",\"errorCode\":\"131026\","
				      "\"whatsappApiError\":{\"code\":\"131042\"}}");
	struct fake_call number_of_meta =
		hears(&whatsapp, 200, "{\"id\":\"1a\",\"status\":\"failed\",\"errorCode\":\"131026\"}");
	struct fake_call word =
		hears(&sms, 200, "{\"id\":\"1a\",\"status\":\"failed\",\"errorCode\":\"BALANCE_INSUFFICIENT\"}");
	struct fake_call own_number = hears(&sms, 200, "{\"id\":\"1a\",\"status\":\"failed\",\"errorCode\":\"10\"}");
	struct fake_call silent = hears(&voice, 200, "{\"id\":\"1a\",\"status\":\"failed\"}");

	(void)state;
	assert_string_equal(meta.answer.why.code, "131042");
	assert_int_equal(meta.answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(number_of_meta.answer.why.breaker, BREAKER_RECIPIENT);
	assert_int_equal(word.answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(own_number.answer.why.failure, FAILURE_UNDELIVERABLE);
	assert_int_equal(silent.answer.why.failure, FAILURE_UNDELIVERABLE);
	assert_string_equal(silent.answer.why.code, "failed");
	assert_false(silent.answer.sent);
}

/* Each row of the table, as the answer to each kind of message, whatever the status. */
static void test_errors_go_by_their_word(void **state)
{
	static const long statuses[] = {200, 400, 403, 429, 500};
	char body[512];

	(void)state;
	for (size_t i = 0; i < provider_ycloud.error_count; i++) {
		const struct provider_error *row = &provider_ycloud.errors[i];

		snprintf(body, sizeof(body),
			 "{\"error\":{\"status\":403,\"code\":\"%s\",\"message\":\"of +966501234567\","
			 "\"target\":\"to\",\"requestId\":\"req_1KjtKI80IKoaJNa6n6p\"}}",
			 row->word);
		for (size_t k = 0; k < COUNT(statuses) * COUNT(all); k++) {
			struct fake_call call = hears(all[k % COUNT(all)], statuses[k / COUNT(all)], body);

			assert_string_equal(call.answer.why.code, row->word);
			family_check_row(&call, row);
			assert_string_equal(call.answer.trace, "req_1KjtKI80IKoaJNa6n6p");
		}
	}
}

/* Where WhatsApp itself has refused, its code counts, as text or as number. */
static void test_metas_code_counts_more(void **state)
{
	char body[256];

	(void)state;
	for (size_t i = 0; i < provider_meta.error_count * 2; i++) {
		const struct provider_error *row = &provider_meta.errors[i / 2];
		const char *quote = i % 2 ? "\"" : "";
		struct fake_call call;

		snprintf(body, sizeof(body),
			 "{\"error\":{\"status\":400,\"code\":\"PARAM_INVALID\",\"target\":\"whatsappApiError\","
			 "\"whatsappApiError\":{\"code\":%s%lld%s,\"error_data\":{}}}}",
			 quote, row->last, quote);
		call = hears(&whatsapp, 400, body);
		assert_string_equal(call.answer.why.detail, row->meaning);
		assert_int_equal(call.answer.why.failure, row->failure);
		assert_int_equal(call.answer.why.breaker, row->breaker);
	}
}

static void test_unknown_word_goes_by_status(void **state)
{
	(void)state;
	assert_int_equal(hears(&sms, 400, "{\"error\":{\"code\":\"NEW\"}}").answer.why.failure, FAILURE_UNDELIVERABLE);
	assert_int_equal(hears(&sms, 403, "{\"error\":{\"code\":\"NEW\"}}").answer.why.failure, FAILURE_CONFIG);
	assert_true(hears(&sms, 503, "{\"error\":{\"code\":\"NEW\"}}").answer.retry);
	assert_int_equal(hears(&sms, 502, "<html>").answer.why.failure, FAILURE_TRANSIENT);
	assert_int_equal(hears(&sms, 401, "").answer.why.failure, FAILURE_CONFIG);
}

static void test_retry_after_is_passed_on(void **state)
{
	struct fake_call call;

	(void)state;
	fake_provider_says(provider, 429, "{\"error\":{\"status\":429,\"code\":\"TOO_MANY_REQUESTS\"}}");
	provider->answer.retry_after = 7;
	call = fake_send(whatsapp.ops, whatsapp.channel, &message);
	assert_true(call.answer.retry);
	assert_int_equal(call.answer.retry_after, 7);
}

static void test_no_answer(void **state)
{
	(void)state;
	family_check_no_answer(&family, sms.ops, sms.channel, &message, "1a");
}

static struct fake_call polls(const struct opened *o, long status, const char *record)
{
	char body[512];
	struct fake_call call;

	snprintf(body, sizeof(body), o->list ? "{\"offset\":0,\"limit\":10,\"length\":1,\"items\":[%s]}" : "%s",
		 record);
	fake_provider_says(provider, status, body);
	call = fake_poll(o->ops, o->channel, "63f71fdc2c5d9f4d8ee3d1a1");
	family_check(&family, &call);
	return call;
}

static void test_poll_of_each_state(void **state)
{
	static const struct {
		const char *word;
		enum receipt_state state;
	} rows[] = {{"accepted", RECEIPT_ACCEPTED}, {"sent", RECEIPT_SENT},     {"delivered", RECEIPT_DELIVERED},
		    {"read", RECEIPT_READ},         {"failed", RECEIPT_FAILED}, {"undelivered", RECEIPT_FAILED}};
	char body[256], url[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * COUNT(all); i++) {
		const struct opened *o = all[i % COUNT(all)];
		struct fake_call call;

		snprintf(body, sizeof(body), "{\"id\":\"63f71fdc2c5d9f4d8ee3d1a1\",\"status\":\"%s\"}",
			 rows[i / COUNT(all)].word);
		call = polls(o, 200, body);
		assert_true(call.answer.sent);
		assert_int_equal(call.answer.state, rows[i / COUNT(all)].state);
		snprintf(url, sizeof(url), "%s63f71fdc2c5d9f4d8ee3d1a1", o->poll_url);
		assert_string_equal(provider->url, url);
		assert_string_equal(provider->method, "GET");
		assert_string_equal(provider->headers, HEADERS);
		assert_string_equal(provider->body, "");
	}
}

static void test_poll_says_why_it_failed(void **state)
{
	struct fake_call meta = polls(&whatsapp, 200,
				      "{\"status\":\"failed\",\"errorCode\":\"131026\",\"whatsappApiError\":{\"code\":"
				      "\"131026\"}}");
	struct fake_call numeric = polls(&whatsapp, 200, "{\"status\":\"failed\",\"errorCode\":\"131042\"}");
	struct fake_call word = polls(&sms, 200, "{\"status\":\"undelivered\",\"errorCode\":\"CONTENT_PROHIBITED\"}");
	struct fake_call silent = polls(&voice, 200, "{\"status\":\"failed\"}");

	(void)state;
	assert_int_equal(meta.answer.why.breaker, BREAKER_RECIPIENT);
	assert_string_equal(meta.answer.why.code, "131026");
	assert_int_equal(numeric.answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(word.answer.why.failure, FAILURE_CONFIG);
	assert_string_equal(silent.answer.why.code, "");
	assert_int_equal(silent.answer.why.failure, FAILURE_UNDELIVERABLE);
}

static void test_poll_that_says_nothing(void **state)
{
	static const char *const ids[] = {"", "a/b", "a?b=c", "..", "a b", "wamid.HBgM=", "1a&limit=9", "é"};

	(void)state;
	assert_int_equal(polls(&whatsapp, 200, "{\"status\":\"dancing\"}").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(polls(&whatsapp, 200, "{}").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(polls(&whatsapp, 200, "<html>").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(polls(&whatsapp, 200, "{\"status\":\"deli").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(polls(&whatsapp, 404, "{\"error\":{\"code\":\"NOT_FOUND\"}}").answer.why.failure,
			 FAILURE_TRANSIENT);
	assert_int_equal(polls(&sms, 200, "").answer.why.failure, FAILURE_TRANSIENT);
	assert_int_equal(polls(&sms, 200, "{\"status\":\"sent\"},{\"status\":\"sent\"}").answer.why.failure,
			 FAILURE_TRANSIENT);
	assert_int_equal(polls(&whatsapp, 401, "{\"error\":{\"code\":\"UNAUTHORIZED\"}}").answer.why.failure,
			 FAILURE_CONFIG);
	provider->requests = 0;
	for (size_t i = 0; i < COUNT(ids) * COUNT(all); i++) {
		const struct opened *o = all[i % COUNT(all)];
		struct fake_call call = fake_poll(o->ops, o->channel, ids[i / COUNT(all)]);

		assert_int_equal(call.count, 1);
		assert_int_equal(call.answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	}
	assert_int_equal(provider->requests, 0);
}

static struct fake_call probes(const struct opened *o, long status, const char *body)
{
	struct fake_call call;

	fake_provider_says(provider, status, body);
	call = fake_probe(o->ops, o->channel);
	assert_string_equal(provider->url, "https://api.ycloud.com/v2/balance");
	assert_string_equal(provider->method, "GET");
	family_check(&family, &call);
	return call;
}

static void test_probe_looks_at_the_balance(void **state)
{
	struct fake_call good = probes(&whatsapp, 200, "{\"amount\":190.0765,\"currency\":\"USD\"}");
	struct fake_call low = probes(&voice, 200, "{\"amount\":0.99,\"currency\":\"USD\"}");
	struct fake_call zero = probes(&sms, 200, "{\"amount\":0,\"currency\":\"USD\"}");
	struct fake_call debt = probes(&sms, 200, "{\"amount\":-3,\"currency\":\"USD\"}");
	struct fake_call odd = probes(&sms, 200, "{\"amount\":\"190\"}");
	struct fake_call refused = probes(&sms, 401, "{\"error\":{\"code\":\"UNAUTHORIZED\"}}");

	(void)state;
	assert_true(good.answer.sent);
	assert_string_equal(good.answer.why.detail, "");
	assert_true(low.answer.sent);
	assert_non_null(strstr(low.answer.why.detail, "top it up"));
	assert_int_equal(zero.answer.why.failure, FAILURE_CONFIG);
	assert_false(zero.answer.sent);
	assert_int_equal(debt.answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(odd.answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(refused.answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(refused.answer.why.breaker, BREAKER_CHANNEL);
}

static void test_balance_for_a_hundred_messages_is_low(void **state)
{
	(void)state;
	sms.section.cost = (struct config_money){.micro = 50000, .currency = "USD"};
	assert_string_not_equal(probes(&sms, 200, "{\"amount\":4.99,\"currency\":\"USD\"}").answer.why.detail, "");
	assert_string_equal(probes(&sms, 200, "{\"amount\":5.01,\"currency\":\"USD\"}").answer.why.detail, "");
	assert_string_equal(probes(&sms, 200, "{\"amount\":4.99,\"currency\":\"EUR\"}").answer.why.detail, "");
}

static void test_config_errors_name_their_place(void **state)
{
	struct config_channel other = sms.section;

	(void)state;
	FAMILY_REFUSES(&family, whatsapp, sender, "", "needs sender");
	FAMILY_REFUSES(&family, whatsapp, sender, "966112345678", "needs sender");
	FAMILY_REFUSES(&family, whatsapp, template, "", "needs template");
	FAMILY_REFUSES(&family, whatsapp, template, "A b", "needs template");
	FAMILY_REFUSES(&family, whatsapp, language, "", "needs language");
	FAMILY_REFUSES(&family, whatsapp, callback_url, "https://otp.example/", "kind = sms");
	FAMILY_REFUSES(&family, sms, callback_url, "http://127.0.0.1/", "https");
	FAMILY_REFUSES(&family, voice, callback_url, "https://otp.example/#a", "https");
	FAMILY_REFUSES(&family, voice, callback_url, "otp.example", "callback_url");
	FAMILY_REFUSES(&family, sms, token, "", "needs token");
	FAMILY_REFUSES(&family, sms, token, "file:/nowhere/at/all", "token: ");
	FAMILY_REFUSES(&family, sms, base_url, "http://api.ycloud.example", "base_url");
	other.kind = CHANNEL_VOICE;
	family_refuses(&family, &channel_ycloud, &other, "whatsapp or sms");
	family_refuses(&family, &channel_ycloud_voice, &sms.section, "for voice");
	assert_int_equal(0, provider->requests);
}

static void test_cancelled_is_not_answered(void **state)
{
	(void)state;
	family_check_cancel(&family, sms.ops, sms.channel, &message);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_requests_are_those_of_the_documentation),
		TEST(test_sender_and_callback_of_the_section),
		TEST(test_language_of_the_user_or_one_that_there_is),
		TEST(test_what_does_not_fit_is_not_sent),
		TEST(test_accepted_with_an_id),
		TEST(test_200_proves_nothing),
		TEST(test_failed_at_once_goes_on_at_once),
		TEST(test_errors_go_by_their_word),
		TEST(test_metas_code_counts_more),
		TEST(test_unknown_word_goes_by_status),
		TEST(test_retry_after_is_passed_on),
		TEST(test_no_answer),
		TEST(test_poll_of_each_state),
		TEST(test_poll_says_why_it_failed),
		TEST(test_poll_that_says_nothing),
		TEST(test_probe_looks_at_the_balance),
		TEST(test_balance_for_a_hundred_messages_is_low),
		TEST(test_config_errors_name_their_place),
		TEST(test_cancelled_is_not_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
