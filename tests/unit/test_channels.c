/* daemon/sender/channels: which channels are open, and what their messages say. */
#include "daemon/sender/channels.h"

#include "tests/unit/fake_provider.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/sms.h"
#include "daemon/sender/memory.h"

static unsigned opened, closed;

static int open_good(const struct config_channel *config, struct http *http, void **ret,
		     char why[static CONFIG_WHY_MAX])
{
	(void)http;
	if (config->token[0])
		return channel_config_error(config, why, "token: it is not there");
	opened++;
	*ret = &opened;
	return 0;
}

static void close_good(void *state)
{
	(void)state;
	closed++;
}

static void poll_good(struct channel_call *call, const char *message_id, int64_t timeout_ms)
{
	(void)message_id, (void)timeout_ms;
	channel_told(call, RECEIPT_ACCEPTED, NULL);
}

static const struct channel_ops polled = {
	.name = "whatsapp_cloud", .open = open_good, .poll = poll_good, .close = close_good};
static const struct channel_ops plain = {.name = "file", .open = open_good, .close = close_good};
static const struct channel_ops stranger = {.name = "stranger", .open = open_good, .close = close_good};
static const struct channel_ops *const drivers[] = {&polled, &plain, &stranger, NULL};

static char meta[] = "whatsapp_cloud", file[] = "file", fax[] = "fax", strange[] = "stranger",
	    missing[] = "file:/nowhere", first[] = "first", second[] = "second", none[] = "", english[] = "en";
static struct config_channel sections[2];
static struct config_text text;
static struct config config;
static struct channels *channels;
static char why[CONFIG_WHY_MAX];

static int setup(void **state)
{
	(void)state;
	opened = closed = 0;
	channels = NULL;
	why[0] = '\0';
	sections[0] = sections[1] = fake_section;
	sections[0].name = first;
	sections[0].driver = meta;
	sections[1].name = second;
	sections[1].driver = file;
	sections[1].line = 9;
	text = (struct config_text){.language = english,
				    .sms = none,
				    .subject = none,
				    .email = none,
				    .voice = none,
				    .file = "test.conf",
				    .line = 3};
	config = (struct config){
		.references = 1, .channels = sections, .channel_count = 2, .texts = &text, .text_count = 1};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	channels_unref(channels);
	return config.references == 1 && opened == closed ? 0 : -1;
}

static int open_them(bool all)
{
	int quiet = open("/dev/null", O_WRONLY), loud = dup(STDERR_FILENO), r;

	dup2(quiet, STDERR_FILENO); /* a closed channel is logged */
	r = channels_open(&config, NULL, drivers, all, &channels, why);
	dup2(loud, STDERR_FILENO);
	close(quiet);
	close(loud);
	return r;
}

static void test_one_channel_that_cannot_be_opened_does_not_stop_the_others(void **state)
{
	(void)state;
	sections[0].token = missing;
	assert_int_equal(open_them(false), 0);
	assert_int_equal(channels->count, 2);
	assert_null(channels_find(channels, "first")->ops);
	assert_string_equal(channels_find(channels, "first")->health.state, "failed");
	assert_string_equal(channels_find(channels, "first")->health.detail,
			    "test.conf:1: channel \"first\": token: it is not there");
	assert_non_null(channels_find(channels, "second")->ops);
	assert_string_equal(channels_find(channels, "second")->health.state, "ok");
}

static void test_a_reload_wants_all_of_them(void **state)
{
	(void)state;
	sections[1].token = missing;
	assert_int_equal(open_them(true), -EINVAL);
	assert_string_equal(why, "test.conf:9: channel \"second\": token: it is not there");
	assert_int_equal(opened, 1);
}

static void test_none_at_all_is_an_error_with_the_first_reason(void **state)
{
	(void)state;
	sections[0].driver = fax;
	sections[1].token = missing;
	assert_int_equal(open_them(false), -EINVAL);
	assert_string_equal(why, "test.conf:1: channel \"first\": there is no driver \"fax\"");
}

static void test_no_channel_is_no_error(void **state)
{
	(void)state;
	config.channel_count = 0;
	assert_int_equal(open_them(false), 0);
	assert_null(channels_find(channels, "first"));
}

static void test_driver_must_be_known_to_all_programs(void **state)
{
	(void)state;
	sections[0].driver = strange;
	assert_int_equal(open_them(true), -EINVAL);
	assert_non_null(strstr(why, "there is no driver \"stranger\""));
}

static void test_provider_that_cannot_be_asked(void **state)
{
	(void)state;
	sections[0].receipts = sections[1].receipts = RECEIPTS_POLL;
	assert_int_equal(open_them(true), -EINVAL);
	assert_string_equal(why,
			    "test.conf:9: channel \"second\": driver file cannot ask for receipts: receipts = poll is "
			    "not for it");
	assert_int_equal(open_them(false), 0);
	assert_true(channel_is_polled(channels_find(channels, "first")));
	assert_string_equal(channels_find(channels, "first")->provider, "meta");
	assert_false(channel_is_polled(channels_find(channels, "second")));
}

static void text_is(char *sms, char *subject, char *email, char *voice, const char *error)
{
	text.sms = sms;
	text.subject = subject;
	text.email = email;
	text.voice = voice;
	assert_int_equal(open_them(false), error ? -EINVAL : 0);
	if (error)
		assert_string_equal(why, error);
	channels_unref(channels);
	channels = NULL;
}

static void test_text_without_its_code_or_its_end_is_an_error(void **state)
{
	char with[] = "{code} {host} {service} {address} {minutes}", without[] = "{{code}} for {host}",
	     timeless[] = "{code}", said[] = "{digits}", unknown[] = "{code} for {user}",
	     lines[] = "Your code\r\nBcc: all@example.com", subject[] = "for {host}";

	(void)state;
	text_is(with, subject, with, said, NULL);
	text_is(without, none, none, none, "test.conf:3: text \"en\": sms: {code} is missing");
	text_is(none, none, without, none, "test.conf:3: text \"en\": email: {code} is missing");
	text_is(timeless, none, none, none, "test.conf:3: text \"en\": sms: {minutes} is missing");
	text_is(none, none, timeless, none, "test.conf:3: text \"en\": email: {minutes} is missing");
	text_is(none, none, none, subject, "test.conf:3: text \"en\": voice: {digits} is missing");
	text_is(none, none, none, with,
		"test.conf:3: text \"en\": voice: {code} is no placeholder that can stand here");
	text_is(said, none, none, none,
		"test.conf:3: text \"en\": sms: {digits} is no placeholder that can stand here");
	text_is(none, with, none, none,
		"test.conf:3: text \"en\": subject: {code} is no placeholder that can stand here");
	text_is(none, lines, none, none, "test.conf:3: text \"en\": subject: a subject has one line");
	text_is(unknown, none, none, none,
		"test.conf:3: text \"en\": sms: {user} is no placeholder that can stand here");
}

static void says(enum text_kind kind, const char *code, const char *expected)
{
	struct send send = {.host = "web1", .service = "sshd", .address = "192.0.2.7", .minutes = 5, .lang = "en"};
	const char *language;
	char *words;

	snprintf(send.code, sizeof(send.code), "%s", code);
	words = channels_text(channels, kind, &send, false, &language);
	assert_string_equal(words, expected);
	assert_string_equal(language, "en");
	memory_free(words);
}

static void test_texts_by_kind(void **state)
{
	char sms[] = "{code} {minutes}", subject[] = "{host}", email[] = "{code} from {address}, {minutes}",
	     voice[] = "{digits}. {digits}.";

	(void)state;
	text = (struct config_text){
		.language = english, .sms = sms, .subject = subject, .email = email, .voice = voice};
	assert_int_equal(open_them(true), 0);
	says(TEXT_SMS, "123456", "123456 5");
	says(TEXT_SUBJECT, "123456", "web1");
	says(TEXT_EMAIL, "123456", "123456 from 192.0.2.7, 5");
	says(TEXT_VOICE, "123456", "1, 2, 3, 4, 5, 6. 1, 2, 3, 4, 5, 6.");
	says(TEXT_VOICE, "123456789012345",
	     "1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5. 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5.");
	says(TEXT_VOICE, "", ". .");
}

/* The built-in text of a language, to a host and a service. */
static void is_sent(bool one_segment, const char *lang, const char *host, const char *service, size_t segments,
		    const char *part)
{
	struct send send = {.code = "12345678", .minutes = 10};
	char *words;

	snprintf(send.lang, sizeof(send.lang), "%s", lang);
	snprintf(send.host, sizeof(send.host), "%s", host);
	snprintf(send.service, sizeof(send.service), "%s", service);
	words = channels_text(channels, TEXT_SMS, &send, one_segment, NULL);
	print_message("%s\n", words);
	assert_int_equal(sms_measure(words).segments, segments);
	assert_non_null(strstr(words, part));
	memory_free(words);
}

static void test_long_names_cost_no_second_sms(void **state)
{
	const char *host = "database-primary-2.frankfurt.internal.example.com",
		   *service = "a-service-that-has-a-long-name";

	(void)state;
	config.text_count = 0;
	assert_int_equal(open_them(true), 0);
	is_sent(false, "es", host, service, 2, "(a-service-that-has-a-long-name)");
	is_sent(true, "es", host, service, 1, "database-primary-2.frankfurt");
	is_sent(false, "ar", host, service, 2, host);
	is_sent(true, "ar", host, service, 1, "database-p");
	is_sent(true, "en", "web1", "sshd", 1, "web1 (sshd)");
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_one_channel_that_cannot_be_opened_does_not_stop_the_others),
		TEST(test_a_reload_wants_all_of_them),
		TEST(test_none_at_all_is_an_error_with_the_first_reason),
		TEST(test_no_channel_is_no_error),
		TEST(test_driver_must_be_known_to_all_programs),
		TEST(test_provider_that_cannot_be_asked),
		TEST(test_text_without_its_code_or_its_end_is_an_error),
		TEST(test_texts_by_kind),
		TEST(test_long_names_cost_no_second_sms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
