/* driver smtp: whom it writes to, what it hands to the mail client, and what a mail server's words mean. */
#include "daemon/sender/mail.h"
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
static char name[] = "mail", url[] = "smtp://mail.example:587", from[] = "otp@example.org", user[] = "otp";
static struct config_channel section;
static void *channel;

/* A mail server in place of the network. */
static struct {
	struct mail mail;
	struct http_answer answer;
	unsigned mails, cancelled;
	char url[128], user[64], password[64], from[128], to[128], text[4096];
	bool connect_only;
} server;

static const struct channel_message message = {
	.id = "0123456789abcdef",
	.to = "alice@example.com",
	.code = "493817",
	.text = "493817 is your code.\n",
	.subject = "Your code",
	.timeout_ms = 1000,
};

static void server_start(struct mail *mail, const struct mail_message *m, struct http_call *call)
{
	(void)mail;
	server.mails++;
	snprintf(server.url, sizeof(server.url), "%s", m->url);
	snprintf(server.user, sizeof(server.user), "%s", m->user);
	snprintf(server.password, sizeof(server.password), "%s", m->password);
	snprintf(server.from, sizeof(server.from), "%s", m->from);
	snprintf(server.to, sizeof(server.to), "%s", m->to);
	snprintf(server.text, sizeof(server.text), "%s", m->text);
	server.connect_only = m->connect_only;
	call->done(call, &server.answer);
}

static void server_cancel(struct mail *mail, struct http_call *call)
{
	(void)mail, (void)call;
	server.cancelled++;
}

static void server_says(enum http_outcome outcome, long status)
{
	server.answer = (struct http_answer){
		.outcome = outcome, .status = status, .body = "", .error = outcome == HTTP_ANSWERED ? "" : "why"};
}

static int setup(void **state)
{
	(void)state;
	memset(&server, 0, sizeof(server));
	server.mail = (struct mail){server_start, server_cancel};
	server_says(HTTP_ANSWERED, 250);
	fake_provider_init(&provider);
	provider.http.mail = &server.mail;
	section = fake_section;
	section.name = name;
	section.url = url;
	section.mail_from = from;
	section.user = user;
	section.password = fake_secret("a pass word$\n");
	channel = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (channel)
		channel_smtp.close(channel);
	fake_secret_remove(section.password);
	return 0;
}

static void opens(void)
{
	char why[CONFIG_WHY_MAX] = "";

	if (channel_smtp.open(&section, &provider.http, &channel, why) < 0)
		fail_msg("%s", why);
}

static void test_a_mail_goes_out(void **state)
{
	struct fake_call call;

	(void)state;
	opens();
	call = fake_send(&channel_smtp, channel, &message);
	assert_int_equal(call.count, 1);
	assert_true(call.answer.sent);
	assert_string_equal(server.url, "smtp://mail.example:587");
	assert_string_equal(server.user, "otp");
	assert_string_equal(server.password, "a pass word$");
	assert_string_equal(server.from, "otp@example.org");
	assert_string_equal(server.to, "alice@example.com");
	assert_false(server.connect_only);
	assert_non_null(strstr(server.text, "\r\nMessage-ID: <0123456789abcdef@example.org>\r\n"));
	assert_non_null(strstr(server.text, "\r\nSubject: =?UTF-8?B?WW91ciBjb2Rl?=\r\n"));
	assert_int_equal(provider.requests, 0);
}

static void test_what_is_no_address_gets_nothing(void **state)
{
	static const char *const wrong[] = {"+966501234567", "", "alice@example.com\r\nRCPT TO:<eve@example.com>",
					    "alice@example.com>\nX: <", "a@b, c@d"};
	struct channel_message nasty = message;

	(void)state;
	opens();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct fake_call call;

		nasty.to = wrong[i];
		call = fake_send(&channel_smtp, channel, &nasty);
		assert_int_equal(call.count, 1);
		assert_int_equal(call.answer.why.failure, FAILURE_UNDELIVERABLE);
	}
	assert_int_equal(server.mails, 0);
}

static void test_what_a_mail_server_says(void **state)
{
	static const struct {
		enum http_outcome outcome;
		long status;
		enum failure failure;
		bool retry;
		enum alarm alarm;
		enum breaker breaker;
		const char *code;
	} rows[] = {
		{HTTP_ANSWERED, 421, FAILURE_TRANSIENT, true, ALARM_OFTEN, BREAKER_CHANNEL, "421"},
		{HTTP_ANSWERED, 450, FAILURE_TRANSIENT, true, ALARM_OFTEN, BREAKER_NONE, "450"},
		{HTTP_ANSWERED, 454, FAILURE_TRANSIENT, true, ALARM_OFTEN, BREAKER_NONE, "454"},
		{HTTP_ANSWERED, 500, FAILURE_CONFIG, false, ALARM_NOW, BREAKER_CHANNEL, "500"},
		{HTTP_ANSWERED, 530, FAILURE_CONFIG, false, ALARM_NOW, BREAKER_CHANNEL, "530"},
		{HTTP_ANSWERED, 535, FAILURE_CONFIG, false, ALARM_NOW, BREAKER_CHANNEL, "535"},
		{HTTP_ANSWERED, 550, FAILURE_UNDELIVERABLE, false, ALARM_NONE, BREAKER_RECIPIENT, "550"},
		{HTTP_ANSWERED, 552, FAILURE_UNDELIVERABLE, false, ALARM_NOW, BREAKER_NONE, "552"},
		{HTTP_ANSWERED, 553, FAILURE_UNDELIVERABLE, false, ALARM_NONE, BREAKER_RECIPIENT, "553"},
		{HTTP_ANSWERED, 554, FAILURE_UNDELIVERABLE, false, ALARM_NOW, BREAKER_NONE, "554"},
		{HTTP_NOT_SENT, 0, FAILURE_TRANSIENT, true, ALARM_OFTEN, BREAKER_CHANNEL, "network"},
		{HTTP_NOT_TRUSTED, 220, FAILURE_CONFIG, false, ALARM_NOW, BREAKER_CHANNEL, "tls"},
		{HTTP_LOST, 354, FAILURE_UNKNOWN_OUTCOME, false, ALARM_OFTEN, BREAKER_CHANNEL, "no-answer"},
	};

	(void)state;
	opens();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_call call;

		server_says(rows[i].outcome, rows[i].status);
		call = fake_send(&channel_smtp, channel, &message);
		assert_false(call.answer.sent);
		assert_int_equal(call.answer.why.failure, rows[i].failure);
		assert_int_equal(call.answer.retry, rows[i].retry);
		assert_int_equal(call.answer.why.alarm, rows[i].alarm);
		assert_int_equal(call.answer.why.breaker, rows[i].breaker);
		assert_string_equal(call.answer.why.code, rows[i].code);
	}
}

static void test_no_reply_code_is_without_a_meaning(void **state)
{
	(void)state;
	for (long status = 400; status < 600; status++) {
		char code[8];

		snprintf(code, sizeof(code), "%ld", status);
		assert_non_null(provider_error_find(&provider_smtp, code));
	}
}

static void test_probe_logs_in_and_sends_nothing(void **state)
{
	(void)state;
	opens();
	assert_true(fake_probe(&channel_smtp, channel).answer.sent);
	assert_true(server.connect_only);
	assert_string_equal(server.text, "");
	server_says(HTTP_ANSWERED, 535);
	assert_int_equal(fake_probe(&channel_smtp, channel).answer.why.failure, FAILURE_CONFIG);
}

static void refuses(const char *words)
{
	char why[CONFIG_WHY_MAX] = "";

	assert_int_equal(channel_smtp.open(&section, &provider.http, &channel, why), -EINVAL);
	assert_non_null(strstr(why, "test.conf:1: channel \"mail\": "));
	if (!strstr(why, words))
		fail_msg("%s", why);
}

static void test_options_that_cannot_work(void **state)
{
	static const char *const urls[] = {"",
					   "mail.example",
					   "http://mail.example",
					   "smtp:mail.example",
					   "smtp:///mail.example",
					   "smtp://",
					   "smtp://otp:pw@mail.example",
					   "smtp://mail.example/x",
					   "smtp://mail.example?x",
					   "smtp://mail.example:x"};
	static const char *const senders[] = {"", "otp", "OTP <otp@example.org>",
					      "otp@example.org\nBcc: eve@example.org"};
	char *password = section.password, none[] = "", secret[] = "file:/nowhere/password";

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		section.url = (char *)(uintptr_t)urls[i];
		refuses("url ");
	}
	section.url = url;
	for (size_t i = 0; i < sizeof(senders) / sizeof(senders[0]); i++) {
		section.mail_from = (char *)(uintptr_t)senders[i];
		refuses("needs mail_from");
	}
	section.mail_from = from;
	section.user = none;
	refuses("user and password belong together");
	section.user = user;
	section.password = none;
	refuses("user and password belong together");
	section.password = secret;
	assert_true(channel_smtp.open(&section, &provider.http, &channel, (char[CONFIG_WHY_MAX]){""}) < 0);
	section.password = password;
}

static void test_urls_that_work(void **state)
{
	static const char *const urls[] = {"smtp://mail.example", "smtp://mail.example:587", "smtps://mail.example:465",
					   "smtp://[::1]:2525"};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		assert_null(mail_url_error(urls[i]));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_mail_goes_out),
		TEST(test_what_is_no_address_gets_nothing),
		TEST(test_what_a_mail_server_says),
		TEST(test_no_reply_code_is_without_a_meaning),
		TEST(test_probe_logs_in_and_sends_nothing),
		TEST(test_options_that_cannot_work),
		TEST(test_urls_that_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
