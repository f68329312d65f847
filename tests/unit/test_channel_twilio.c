/* drivers twilio and twilio_voice: what Twilio gets to see, and what we make of its answers. */
#include "tests/unit/family.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HEX "0123456789abcdef0123456789abcdef"
#define TOKEN "twilio-auth-token"
#define ACCOUNT "https://api.twilio.com/2010-04-01/Accounts/AC" HEX
/* printf 'AC0123456789abcdef0123456789abcdef:twilio-auth-token' | base64 */
#define BASIC "QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjp0d2lsaW8tYXV0aC10b2tlbg=="
#define PROOF "Authorization: Basic " BASIC "\n"
#define HEADERS "Accept: application/json\n" PROOF
#define FORM "Accept: application/json\nContent-Type: application/x-www-form-urlencoded\n" PROOF

static char name[] = "t", account[] = "AC" HEX, number[] = "+14155550100", content[] = "HX" HEX, service[] = "MG" HEX,
	    api_key[] = "SK" HEX, callback[] = "https://otp.example/receipts/t", empty[] = "";
static const char *const private[] = {BASIC, "123456 ", "966501234567", NULL};
static struct family family = {.secret = TOKEN, .private = private, .place = "test.conf:1: channel \"t\": "};
static struct fake_provider *const provider = &family.provider;
static char *token;

/* One channel of each kind. */
static struct opened {
	const struct channel_ops *ops;
	enum channel_kind kind;
	const char *resource, *sid;
	struct config_channel section;
	void *channel;
} sms = {&channel_twilio, CHANNEL_SMS, "Messages", "SM" HEX, {0}, NULL},
  whatsapp = {&channel_twilio, CHANNEL_WHATSAPP, "Messages", "MM" HEX, {0}, NULL},
  voice = {&channel_twilio_voice, CHANNEL_VOICE, "Calls", "CA" HEX, {0}, NULL};
static struct opened *const all[] = {&sms, &whatsapp, &voice};

static const struct channel_message message = {
	.id = "0123456789abcdef0123456789abcdef",
	.to = "+966501234567",
	.code = "123456",
	.lang = "",
	.text = "a&b=123456 <\xc3\xa9> \"'",
	.text_lang = "en",
	.subject = "",
	.minutes = 5,
	.seconds = 300,
	.timeout_ms = 1000,
};

static void open_all(void)
{
	char why[CONFIG_WHY_MAX] = "";

	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i]->ops->open(&all[i]->section, &provider->http, &all[i]->channel, why) < 0)
			fail_msg("%s", why);
}

static void close_all(void)
{
	for (size_t i = 0; i < COUNT(all); i++)
		all[i]->ops->close(all[i]->channel);
}

static int setup(void **state)
{
	(void)state;
	fake_provider_init(provider);
	token = fake_secret(TOKEN "\n");
	for (size_t i = 0; i < COUNT(all); i++) {
		all[i]->section = fake_section;
		all[i]->section.name = all[i]->section.driver = name;
		all[i]->section.kind = all[i]->kind;
		all[i]->section.token = token;
		all[i]->section.account = account;
		all[i]->section.sender = number;
	}
	whatsapp.section.content_sid = content;
	open_all();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close_all();
	fake_secret_remove(token);
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
	hears(&sms, 201, "{}");
	assert_string_equal(provider->method, "POST");
	assert_string_equal(provider->url, ACCOUNT "/Messages.json");
	assert_string_equal(provider->headers, FORM);
	assert_string_equal(provider->body, "To=%2B966501234567&From=%2B14155550100"
					    "&Body=a%26b%3D123456%20%3C%C3%A9%3E%20%22%27&ValidityPeriod=300");
	hears(&whatsapp, 201, "{}");
	assert_string_equal(provider->url, ACCOUNT "/Messages.json");
	assert_string_equal(provider->headers, FORM);
	assert_string_equal(provider->body,
			    "To=whatsapp%3A%2B966501234567&From=whatsapp%3A%2B14155550100&ContentSid=HX" HEX
			    "&ContentVariables=%7B%221%22%3A%22123456%22%7D&ValidityPeriod=300");
	hears(&voice, 201, "{}");
	assert_string_equal(provider->url, ACCOUNT "/Calls.json");
	assert_string_equal(provider->headers, FORM);
	assert_string_equal(provider->body,
			    "To=%2B966501234567&From=%2B14155550100&Twiml=%3CResponse%3E%3CSay%20language%3D%22en-US"
			    "%22%20loop%3D%222%22%3Ea%26amp%3Bb%3D123456%20%26lt%3B%C3%A9%26gt%3B%20%26quot%3B%26apos"
			    "%3B%3C%2FSay%3E%3C%2FResponse%3E&Timeout=20");
}

static void begins_with(const char *text, const char *beginning)
{
	if (strncmp(text, beginning, strlen(beginning)) != 0)
		fail_msg("%s does not begin with %s", text, beginning);
}

static void test_messaging_service_and_callback_of_the_section(void **state)
{
	static const char where[] = "&StatusCallback=https%3A%2F%2Fotp.example%2Freceipts%2Ft%3Fid%3D" HEX;

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		all[i]->section.callback_url = callback;
	sms.section.sender = whatsapp.section.sender = empty;
	sms.section.messaging_service = whatsapp.section.messaging_service = service;
	hears(&sms, 201, "{}");
	begins_with(provider->body, "To=%2B966501234567&MessagingServiceSid=MG" HEX "&Body=");
	assert_string_equal(provider->body + strlen(provider->body) - strlen(where), where);
	hears(&whatsapp, 201, "{}");
	begins_with(provider->body, "To=whatsapp%3A%2B966501234567&MessagingServiceSid=MG" HEX "&ContentSid=");
	assert_string_equal(provider->body + strlen(provider->body) - strlen(where), where);
	hears(&voice, 201, "{}");
	assert_string_equal(provider->body + strlen(provider->body) - strlen(where), where);
}

static void test_an_api_key_proves_who_asks(void **state)
{
	(void)state;
	close_all();
	for (size_t i = 0; i < COUNT(all); i++)
		all[i]->section.user = api_key;
	open_all();
	hears(&sms, 201, "{}");
	/* printf 'SK0123456789abcdef0123456789abcdef:twilio-auth-token' | base64 */
	assert_non_null(strstr(
		provider->headers,
		"\nAuthorization: Basic U0swMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjp0d2lsaW8tYXV0aC10b2tlbg==\n"));
	assert_string_equal(provider->url, ACCOUNT "/Messages.json");
}

static void test_a_provider_that_keeps_messages_drops_them_with_the_code(void **state)
{
	static const struct {
		int64_t seconds;
		const char *field;
	} rows[] = {{59, "&ValidityPeriod=59"},
		    {299, "&ValidityPeriod=299"},
		    {14401, "&ValidityPeriod=14400"},
		    {INT64_MAX, "&ValidityPeriod=14400"}};
	struct channel_message other = message;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		other.seconds = rows[i].seconds;
		fake_send(sms.ops, sms.channel, &other);
		assert_non_null(strstr(provider->body, rows[i].field));
	}
	other.seconds = 0;
	fake_send(sms.ops, sms.channel, &other);
	assert_null(strstr(provider->body, "ValidityPeriod"));
}

static void test_the_voice_speaks_the_language_of_the_text(void **state)
{
	static const char *const rows[][2] = {
		{"ar", "ar-SA"}, {"ar_EG", "ar-SA"}, {"id", "id-ID"},    {"it", "it-IT"}, {"ru", "ru-RU"},
		{"es", "es-ES"}, {"pt", "pt-BR"},    {"pt-PT", "pt-BR"}, {"hi", "hi-IN"}, {"en", "en-US"},
		{"", "en-US"},   {"fr", "fr-FR"},    {"de", "de-DE"},    {"tr", "en-US"},
	};
	struct channel_message other = message;
	char field[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		other.text_lang = rows[i][0];
		other.lang = "it"; /* of the user, for whom there may have been no text */
		fake_send(voice.ops, voice.channel, &other);
		snprintf(field, sizeof(field), "language%%3D%%22%s%%22", rows[i][1]);
		assert_non_null(strstr(provider->body, field));
	}
}

static void test_what_is_said_is_text_and_not_too_long(void **state)
{
	struct channel_message other = message;
	struct fake_call call;
	char text[4097];

	(void)state;
	other.text = "1,\n2\t3\x7f";
	fake_send(voice.ops, voice.channel, &other);
	assert_non_null(strstr(provider->body, "%3E1%2C%202%203%20%3C%2FSay"));
	memset(text, '&', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	other.text = text;
	provider->requests = 0;
	call = fake_send(voice.ops, voice.channel, &other);
	assert_int_equal(call.count, 1);
	assert_int_equal(call.answer.why.failure, FAILURE_CONFIG);
	memset(text, 'a', sizeof(text) - 1);
	text[3990] = '\0'; /* fits, but not with what stands around it */
	call = fake_send(voice.ops, voice.channel, &other);
	assert_int_equal(call.answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(provider->requests, 0);
}

static void test_what_does_not_fit_is_not_sent(void **state)
{
	static const char *const numbers[] = {"966501234567", "+", "+96650123456x", "", "whatsapp:+966501234567"};
	struct channel_message other = message;

	(void)state;
	for (size_t i = 0; i < COUNT(numbers) * COUNT(all); i++) {
		const struct opened *o = all[i % COUNT(all)];

		family_keeps(&family, o->ops, o->channel, &message, numbers[i / COUNT(all)]);
	}
	other.code = "1234567890123456";
	assert_false(fake_send(whatsapp.ops, whatsapp.channel, &other).answer.sent);
	assert_int_equal(provider->requests, 0);
}

static void answer_of(const struct opened *o, const char *status, const char *code, char body[static 256])
{
	snprintf(body, 256, "{\"sid\":\"%s\",\"status\":\"%s\",\"error_code\":%s}", o->sid, status, code);
}

static void test_accepted_with_a_sid(void **state)
{
	char body[256];

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		struct fake_call call;

		answer_of(all[i], "queued", "null", body);
		call = hears(all[i], 201, body);
		assert_true(call.answer.sent);
		assert_string_equal(call.answer.message_id, all[i]->sid);
		assert_false(hears(all[i], 200, body).answer.sent);
		assert_false(hears(all[i], 400, body).answer.sent);
	}
	answer_of(&voice, "queued", "null", body);
	assert_false(hears(&sms, 201, body).answer.sent);
	answer_of(&sms, "queued", "null", body);
	assert_false(hears(&voice, 201, body).answer.sent);
}

static void test_201_proves_nothing(void **state)
{
	static const char *const bodies[] = {
		"",
		"{}",
		"[]",
		"{\"sid\":null,\"status\":\"queued\"}",
		"{\"sid\":\"\"}",
		"{\"sid\":\"SM0123\"}",
		"{\"sid\":\"XX" HEX "\"}",
		"{\"sid\":\"SM0123456789ABCDEF0123456789abcdeg\"}",
		"{\"sid\":\"SM" HEX "0\"}",
		"{\"status\":\"queued\"}",
		"<html>",
		"{\"sid\":\"SM0123456789ab",
		"{\"code\":\"to +966501234567\"}",
		"{\"code\":966501234567}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bodies) * COUNT(all); i++) {
		struct fake_call call = hears(all[i % COUNT(all)], 201, bodies[i / COUNT(all)]);

		assert_false(call.answer.sent);
		assert_int_equal(call.answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
		assert_false(call.answer.retry);
	}
}

static void test_failed_at_once_goes_on_at_once(void **state)
{
	char body[256];
	struct fake_call call;

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		answer_of(all[i], "failed", "30002", body);
		call = hears(all[i], 201, body);
		assert_false(call.answer.sent);
		assert_string_equal(call.answer.why.code, "30002");
		assert_int_equal(call.answer.why.breaker, BREAKER_CHANNEL);
		answer_of(all[i], "failed", "null", body);
		call = hears(all[i], 201, body);
		assert_false(call.answer.sent);
		assert_int_equal(call.answer.why.failure, FAILURE_UNDELIVERABLE);
	}
	answer_of(&voice, "busy", "null", body);
	assert_string_equal(hears(&voice, 201, body).answer.why.code, "busy");
}

/* Each row of the table, as the answer to each kind of message, whatever the status. */
static void test_errors_go_by_their_code(void **state)
{
	static const long statuses[] = {200, 201, 400, 401, 404, 429, 503};
	char body[256];

	(void)state;
	for (size_t i = 0; i < provider_twilio.error_count; i++) {
		const struct provider_error *row = &provider_twilio.errors[i];

		if (row->word)
			continue;
		snprintf(body, sizeof(body),
			 "{\"code\":%lld,\"message\":\"The 'To' number +966501234567 is not valid\","
			 "\"more_info\":\"https://www.twilio.com/docs/errors/1\",\"status\":400}",
			 row->first);
		for (size_t k = 0; k < COUNT(statuses) * COUNT(all); k++) {
			struct fake_call call = hears(all[k % COUNT(all)], statuses[k / COUNT(all)], body);

			assert_int_equal(atoi(call.answer.why.code), row->first);
			family_check_row(&call, row);
		}
	}
}

static void test_unknown_code_goes_by_status(void **state)
{
	(void)state;
	assert_int_equal(hears(&sms, 400, "{\"code\":29999}").answer.why.failure, FAILURE_UNDELIVERABLE);
	assert_int_equal(hears(&sms, 403, "{\"code\":29999}").answer.why.failure, FAILURE_CONFIG);
	assert_true(hears(&sms, 503, "{\"code\":29999}").answer.retry);
	assert_int_equal(hears(&sms, 502, "<html>").answer.why.failure, FAILURE_TRANSIENT);
	assert_int_equal(hears(&sms, 401, "").answer.why.failure, FAILURE_CONFIG);
}

static void test_retry_after_is_passed_on(void **state)
{
	struct fake_call call;

	(void)state;
	fake_provider_says(provider, 429, "{\"code\":20429,\"status\":429}");
	provider->answer.retry_after = 3;
	call = fake_send(voice.ops, voice.channel, &message);
	assert_true(call.answer.retry);
	assert_int_equal(call.answer.retry_after, 3);
}

static void test_no_answer(void **state)
{
	(void)state;
	family_check_no_answer(&family, sms.ops, sms.channel, &message, sms.sid);
}

static struct fake_call polls(const struct opened *o, long status, const char *body)
{
	struct fake_call call;

	fake_provider_says(provider, status, body);
	call = fake_poll(o->ops, o->channel, o->sid);
	family_check(&family, &call);
	return call;
}

static void test_poll_of_each_state(void **state)
{
	static const struct {
		const char *word;
		enum receipt_state state;
	} rows[] = {
		{"accepted", RECEIPT_ACCEPTED},   {"scheduled", RECEIPT_ACCEPTED}, {"queued", RECEIPT_ACCEPTED},
		{"sending", RECEIPT_ACCEPTED},    {"sent", RECEIPT_SENT},          {"delivered", RECEIPT_DELIVERED},
		{"undelivered", RECEIPT_FAILED},  {"failed", RECEIPT_FAILED},      {"read", RECEIPT_READ},
		{"canceled", RECEIPT_FAILED},     {"ringing", RECEIPT_SENT},       {"in-progress", RECEIPT_DELIVERED},
		{"completed", RECEIPT_DELIVERED}, {"busy", RECEIPT_FAILED},        {"no-answer", RECEIPT_FAILED}};
	char body[256], url[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * COUNT(all); i++) {
		const struct opened *o = all[i % COUNT(all)];
		struct fake_call call;

		answer_of(o, rows[i / COUNT(all)].word, "null", body);
		call = polls(o, 200, body);
		assert_true(call.answer.sent);
		assert_int_equal(call.answer.state, rows[i / COUNT(all)].state);
		snprintf(url, sizeof(url), ACCOUNT "/%s/%s.json", o->resource, o->sid);
		assert_string_equal(provider->url, url);
		assert_string_equal(provider->method, "GET");
		assert_string_equal(provider->headers, HEADERS);
		assert_string_equal(provider->body, "");
	}
}

static void test_poll_says_why_it_failed(void **state)
{
	char body[256];

	(void)state;
	answer_of(&sms, "undelivered", "30005", body);
	assert_int_equal(polls(&sms, 200, body).answer.why.breaker, BREAKER_RECIPIENT);
	answer_of(&whatsapp, "failed", "\"63041\"", body);
	assert_int_equal(polls(&whatsapp, 200, body).answer.why.breaker, BREAKER_TEMPLATE);
	answer_of(&voice, "no-answer", "null", body);
	assert_string_equal(polls(&voice, 200, body).answer.why.code, "no-answer");
	answer_of(&sms, "failed", "null", body);
	assert_string_equal(polls(&sms, 200, body).answer.why.code, "");
}

static void test_poll_that_says_nothing(void **state)
{
	static const char *const ids[] = {"",
					  "SM",
					  ("CA" HEX "/"),
					  "SM0123456789abcdef0123456789abcde/",
					  ("SM" HEX "0"),
					  "..",
					  ("XX" HEX),
					  "SM0123456789abcdef0123456789abcde?",
					  "SM0123456789ABCDEF0123456789ABCDEF"};
	char body[256];

	(void)state;
	answer_of(&sms, "dancing", "null", body);
	assert_int_equal(polls(&sms, 200, body).answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(polls(&sms, 200, "{}").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(polls(&sms, 200, "<html>").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(polls(&sms, 200, "{\"status\":\"deli").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(polls(&sms, 404, "{\"code\":20404,\"status\":404}").answer.why.failure, FAILURE_TRANSIENT);
	assert_int_equal(polls(&sms, 401, "{\"code\":20003,\"status\":401}").answer.why.failure, FAILURE_CONFIG);
	provider->requests = 0;
	for (size_t i = 0; i < COUNT(ids) * COUNT(all); i++) {
		const struct opened *o = all[i % COUNT(all)];
		struct fake_call call = fake_poll(o->ops, o->channel, ids[i / COUNT(all)]);

		assert_int_equal(call.count, 1);
		assert_int_equal(call.answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	}
	assert_int_equal(fake_poll(voice.ops, voice.channel, sms.sid).answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(fake_poll(sms.ops, sms.channel, voice.sid).answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(provider->requests, 0);
}

static struct fake_call probes(const struct opened *o, long status, const char *body)
{
	struct fake_call call;

	fake_provider_says(provider, status, body);
	call = fake_probe(o->ops, o->channel);
	assert_string_equal(provider->method, "GET");
	family_check(&family, &call);
	return call;
}

static void test_probe_looks_at_the_account(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		struct fake_call call = probes(all[i], 200, "{\"sid\":\"AC" HEX "\",\"status\":\"active\"}");

		assert_true(call.answer.sent);
		assert_string_equal(provider->url, ACCOUNT ".json");
		assert_string_equal(provider->headers, HEADERS);
		call = probes(all[i], 200, "{\"sid\":\"AC" HEX "\",\"status\":\"suspended\"}");
		assert_int_equal(call.answer.why.failure, FAILURE_CONFIG);
		assert_string_equal(call.answer.why.code, "suspended");
		call = probes(all[i], 401, "{\"code\":20003,\"status\":401}");
		assert_int_equal(call.answer.why.failure, FAILURE_CONFIG);
		assert_int_equal(call.answer.why.breaker, BREAKER_CHANNEL);
		assert_int_equal(probes(all[i], 200, "{\"sid\":\"AC" HEX "\"}").answer.why.failure,
				 FAILURE_UNKNOWN_OUTCOME);
		assert_int_equal(probes(all[i], 200, "<html>").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	}
}

static void test_probe_with_an_api_key_looks_at_the_numbers(void **state)
{
	(void)state;
	sms.section.user = api_key;
	assert_true(probes(&sms, 200, "{\"incoming_phone_numbers\":[]}").answer.sent);
	assert_string_equal(provider->url, ACCOUNT "/IncomingPhoneNumbers.json?PageSize=1");
	assert_false(probes(&sms, 200, "{}").answer.sent);
	assert_int_equal(probes(&sms, 401, "{\"code\":20003}").answer.why.failure, FAILURE_CONFIG);
}

static void test_config_errors_name_their_place(void **state)
{
	struct config_channel other = sms.section;

	(void)state;
	FAMILY_REFUSES(&family, sms, account, "", "needs account");
	FAMILY_REFUSES(&family, sms, account, "AC123", "needs account");
	FAMILY_REFUSES(&family, voice, account, "AC0123456789abcdef0123456789abcde/", "needs account");
	FAMILY_REFUSES(&family, sms, user, "AC" HEX, "user is the SID");
	FAMILY_REFUSES(&family, sms, password, "file:/x", "password");
	FAMILY_REFUSES(&family, sms, token, "", "needs token");
	FAMILY_REFUSES(&family, sms, token, "file:/nowhere/at/all", "token: ");
	FAMILY_REFUSES(&family, sms, sender, "", "either sender or messaging_service");
	FAMILY_REFUSES(&family, sms, messaging_service, "MG" HEX, "either sender or messaging_service");
	FAMILY_REFUSES(&family, sms, sender, "+1415", "sender is");
	FAMILY_REFUSES(&family, sms, sender, "A name too long", "sender is");
	FAMILY_REFUSES(&family, sms, content_sid, "HX" HEX, "kind = whatsapp");
	FAMILY_REFUSES(&family, whatsapp, sender, "Acme", "WhatsApp number");
	FAMILY_REFUSES(&family, whatsapp, content_sid, "", "needs content_sid");
	FAMILY_REFUSES(&family, voice, sender, "Acme", "needs sender");
	FAMILY_REFUSES(&family, voice, sender, "", "needs sender");
	FAMILY_REFUSES(&family, sms, callback_url, "http://127.0.0.1/", "https");
	FAMILY_REFUSES(&family, voice, callback_url, "https://otp.example/#a", "https");
	FAMILY_REFUSES(&family, sms, base_url, "http://api.twilio.example", "base_url");
	other.sender = empty;
	other.messaging_service = name;
	family_refuses(&family, &channel_twilio, &other, "messaging_service is");
	family_refuses(&family, &channel_twilio, &voice.section, "sms or whatsapp");
	family_refuses(&family, &channel_twilio_voice, &sms.section, "for voice");
}

static void test_senders_of_sms(void **state)
{
	static char short_code[] = "12345", word[] = "Acme IT";
	char *const senders[] = {short_code, word, number};
	char why[CONFIG_WHY_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(senders); i++) {
		struct config_channel other = sms.section;
		void *channel;

		other.sender = senders[i];
		assert_int_equal(channel_twilio.open(&other, &provider->http, &channel, why), 0);
		channel_twilio.close(channel);
	}
}

static void test_cancelled_is_not_answered(void **state)
{
	(void)state;
	family_check_cancel(&family, voice.ops, voice.channel, &message);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_requests_are_those_of_the_documentation),
		TEST(test_messaging_service_and_callback_of_the_section),
		TEST(test_an_api_key_proves_who_asks),
		TEST(test_a_provider_that_keeps_messages_drops_them_with_the_code),
		TEST(test_the_voice_speaks_the_language_of_the_text),
		TEST(test_what_is_said_is_text_and_not_too_long),
		TEST(test_what_does_not_fit_is_not_sent),
		TEST(test_accepted_with_a_sid),
		TEST(test_201_proves_nothing),
		TEST(test_failed_at_once_goes_on_at_once),
		TEST(test_errors_go_by_their_code),
		TEST(test_unknown_code_goes_by_status),
		TEST(test_retry_after_is_passed_on),
		TEST(test_no_answer),
		TEST(test_poll_of_each_state),
		TEST(test_poll_says_why_it_failed),
		TEST(test_poll_that_says_nothing),
		TEST(test_probe_looks_at_the_account),
		TEST(test_probe_with_an_api_key_looks_at_the_numbers),
		TEST(test_config_errors_name_their_place),
		TEST(test_senders_of_sms),
		TEST(test_cancelled_is_not_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
