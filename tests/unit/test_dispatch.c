/* daemon/sender/dispatch: each order is answered once, and no message leaves twice. */
#include "daemon/sender/dispatch.h"

#include "daemon/base/clock.h"
#include "tests/unit/fake_provider.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A driver that says what the test wants, at once or when told. */
static struct {
	struct channel_answer answer;
	struct channel_answer poll;
	unsigned sends, probes, polls, revokes, cancels, closes;
	bool hold;
	struct channel_call *held;
	char text[256], subject[256], code[16], message_id[64];
	char text_lang[16];
	int64_t timeout_ms, minutes, seconds;
} driver;

static int fake_open(const struct config_channel *config, struct http *http, void **ret,
		     char why[static CONFIG_WHY_MAX])
{
	(void)http;
	if (config->token[0])
		return channel_config_error(config, why, "token: it is not there");
	*ret = &driver;
	return 0;
}

static void fake_send_message(struct channel_call *call, const struct channel_message *message)
{
	driver.sends++;
	driver.timeout_ms = message->timeout_ms;
	driver.minutes = message->minutes;
	driver.seconds = message->seconds;
	snprintf(driver.text_lang, sizeof(driver.text_lang), "%s", message->text_lang);
	snprintf(driver.text, sizeof(driver.text), "%s", message->text);
	snprintf(driver.subject, sizeof(driver.subject), "%s", message->subject);
	snprintf(driver.code, sizeof(driver.code), "%s", message->code);
	if (driver.hold)
		driver.held = call;
	else
		call->answered(call, &driver.answer);
}

static void fake_probe_provider(struct channel_call *call, int64_t timeout_ms)
{
	(void)timeout_ms;
	driver.probes++;
	if (driver.hold)
		driver.held = call;
	else
		call->answered(call, &driver.answer);
}

static void fake_ask(struct channel_call *call, const char *message_id, int64_t timeout_ms)
{
	(void)timeout_ms;
	driver.polls++;
	snprintf(driver.message_id, sizeof(driver.message_id), "%s", message_id);
	call->answered(call, &driver.poll);
}

static void fake_take_back(struct channel_call *call, const char *to, const char *message_id, int64_t timeout_ms)
{
	(void)timeout_ms, (void)message_id;
	assert_string_equal(to, "+966501234567");
	driver.revokes++;
	call->answered(call, &driver.answer);
}

static void fake_look(struct channel_call *call, const struct channel_link_listener *listener, int64_t timeout_ms)
{
	(void)timeout_ms;
	listener->linked(listener->userdata, "nonce", "4711");
	call->answered(call, &driver.answer);
}

static void fake_cancel(struct channel_call *call)
{
	(void)call;
	driver.cancels++;
}

static void fake_close(void *channel)
{
	(void)channel;
	driver.closes++;
}

static struct channel_ops fake_driver = {
	.name = "telegram_gateway",
	.open = fake_open,
	.send = fake_send_message,
	.probe = fake_probe_provider,
	.poll = fake_ask,
	.cancel = fake_cancel,
	.close = fake_close,
};
static const struct channel_ops *const drivers[] = {&fake_driver, NULL};

/* The listener: what the core would hear. */
static struct {
	unsigned answers, health, receipts, linked;
	char id[WIRE_ID_MAX];
	struct channel_answer answer;
	struct health last;
	struct receipt receipt;
	struct linked link;
} heard;

static void on_answered(void *userdata, const char *id, const struct channel_answer *answer)
{
	(void)userdata;
	heard.answers++;
	heard.answer = *answer;
	snprintf(heard.id, sizeof(heard.id), "%s", id);
}

static void on_health(void *userdata, const struct health *health)
{
	(void)userdata;
	heard.health++;
	heard.last = *health;
}

static void on_receipt(void *userdata, const struct receipt *receipt)
{
	(void)userdata;
	heard.receipts++;
	heard.receipt = *receipt;
}

static void on_linked(void *userdata, const struct linked *linked)
{
	(void)userdata;
	heard.linked++;
	heard.link = *linked;
}

static char name[] = "phone", other_name[] = "other", driver_name[] = "telegram_gateway", english[] = "en",
	    missing[] = "file:/nowhere", words[] = "{code} for {host} ({service}) from {address}, {minutes} min",
	    subject[] = "for {host}", letter[] = "letter with {code}, {minutes}", speech[] = "say {digits}";
static struct config_channel section, sections[2];
static struct config_text text = {
	.language = english, .sms = words, .subject = subject, .email = letter, .voice = speech};
static struct config config;
static sd_event *event;
static struct channels *channels;
static struct dispatch *dispatch;

static int setup(void **state)
{
	static const struct dispatch_listener listener = {on_answered, on_health, on_receipt, on_linked, NULL};
	char why[CONFIG_WHY_MAX] = "";

	(void)state;
	memset(&driver, 0, sizeof(driver));
	memset(&heard, 0, sizeof(heard));
	driver.answer.sent = driver.poll.sent = true;
	fake_driver.wants = WANTS_TEXT;
	fake_driver.revoke = NULL;
	fake_driver.look_for_links = NULL;
	section = fake_section;
	section.name = name;
	section.driver = driver_name;
	section.timeout = 2;
	config = (struct config){
		.references = 1, .channels = &section, .channel_count = 1, .texts = &text, .text_count = 1};
	if (sd_event_new(&event) < 0 || channels_open(&config, NULL, drivers, true, &channels, why) < 0)
		return -1;
	return dispatch_new(event, channels, &listener, &dispatch);
}

static int teardown(void **state)
{
	(void)state;
	dispatch_free(dispatch);
	channels_unref(channels);
	sd_event_unref(event);
	return config.references == 1 && driver.closes == 1 ? 0 : -1;
}

static struct send order_of(const char *id)
{
	struct send send = {.to = "+966501234567",
			    .code = "123456",
			    .lang = "en",
			    .host = "web1",
			    .service = "sshd",
			    .address = "192.0.2.7",
			    .channel = "phone",
			    .minutes = 5,
			    .seconds = 299};

	snprintf(send.id, sizeof(send.id), "%s", id);
	return send;
}

static void order(const char *id)
{
	struct send send = order_of(id);

	dispatch_send(dispatch, &send);
}

static void fails_with(enum failure failure, bool retry)
{
	driver.answer =
		(struct channel_answer){.why = {.failure = (int)failure, .code = "x", .detail = "why"}, .retry = retry};
}

/* Runs the loop until the core has heard so many answers. */
static void wait_for_answers(unsigned answers)
{
	for (int i = 0; i < 50 && heard.answers < answers; i++)
		assert_true(sd_event_run(event, 5 * SECOND) >= 0);
	assert_int_equal(heard.answers, answers);
}

/* Runs the loop until a condition that time brings about. */
#define wait_until(condition)                                                                                          \
	do {                                                                                                           \
		for (int turns = 0; turns < 50 && !(condition); turns++)                                               \
			assert_true(sd_event_run(event, 5 * SECOND) >= 0);                                             \
		assert_true(condition);                                                                                \
	} while (0)

static void test_message_goes_out_with_its_text(void **state)
{
	(void)state;
	order("a");
	assert_int_equal(driver.sends, 1);
	assert_string_equal(driver.code, "123456");
	assert_string_equal(driver.text, "123456 for web1 (sshd) from 192.0.2.7, 5 min");
	assert_string_equal(driver.subject, "");
	assert_int_equal(driver.minutes, 5);
	assert_int_equal(driver.seconds, 299);
	assert_true(driver.timeout_ms > 1000 && driver.timeout_ms <= 2000);
	assert_int_equal(heard.answers, 1);
	assert_string_equal(heard.id, "a");
	assert_true(heard.answer.sent);
}

static void test_driver_gets_the_words_that_it_wants(void **state)
{
	(void)state;
	fake_driver.wants = WANTS_CODE;
	order("a");
	assert_string_equal(driver.text, "");
	fake_driver.wants = WANTS_EMAIL;
	order("b");
	assert_string_equal(driver.text, "letter with 123456, 5");
	assert_string_equal(driver.subject, "for web1");
	fake_driver.wants = WANTS_VOICE;
	order("c");
	assert_string_equal(driver.text, "say 1, 2, 3, 4, 5, 6");
	assert_string_equal(driver.subject, "");
}

static void test_driver_learns_the_language_of_the_text(void **state)
{
	struct send send = order_of("a");

	(void)state;
	snprintf(send.lang, sizeof(send.lang), "tr"); /* for which there is no text */
	dispatch_send(dispatch, &send);
	assert_string_equal(driver.text_lang, "en");
	snprintf(send.id, sizeof(send.id), "b");
	snprintf(send.lang, sizeof(send.lang), "pt_PT");
	dispatch_send(dispatch, &send);
	assert_string_equal(driver.text_lang, "pt");
	fake_driver.wants = WANTS_CODE;
	snprintf(send.id, sizeof(send.id), "c");
	dispatch_send(dispatch, &send);
	assert_string_equal(driver.text_lang, "");
}

static void test_only_an_sms_is_cut_to_one_segment(void **state)
{
	struct send send = order_of("a");

	(void)state;
	memset(send.host, 'h', sizeof(send.host) - 1);
	memset(send.service, 's', sizeof(send.service) - 1);
	section.kind = CHANNEL_SMS;
	dispatch_send(dispatch, &send);
	assert_true(strlen(driver.text) <= 160 && strlen(driver.text) > 150);
	section.kind = CHANNEL_TELEGRAM;
	snprintf(send.id, sizeof(send.id), "b");
	dispatch_send(dispatch, &send);
	assert_non_null(strstr(driver.text, send.host));
	assert_non_null(strstr(driver.text, send.service));
}

static void test_only_what_may_help_is_tried_again(void **state)
{
	(void)state;
	fails_with(FAILURE_CONFIG, false);
	order("a");
	fails_with(FAILURE_UNDELIVERABLE, false);
	order("b");
	fails_with(FAILURE_UNKNOWN_OUTCOME, false);
	order("c");
	fails_with(FAILURE_TRANSIENT, false);
	order("d");
	assert_int_equal(driver.sends, 4);
	assert_int_equal(heard.answers, 4);
}

static void test_transient_is_tried_twice_and_no_more(void **state)
{
	(void)state;
	fails_with(FAILURE_TRANSIENT, true);
	order("a");
	assert_int_equal(heard.answers, 0);
	wait_for_answers(1);
	assert_int_equal(driver.sends, 2);
	assert_int_equal(heard.answer.why.failure, FAILURE_TRANSIENT);
}

static void test_both_tries_share_one_deadline(void **state)
{
	(void)state;
	fails_with(FAILURE_TRANSIENT, true);
	order("a");
	wait_for_answers(1);
	assert_true(driver.timeout_ms < 2000);
}

static void test_provider_may_ask_for_a_short_wait(void **state)
{
	uint64_t begin = 0, end = 0;

	(void)state;
	fails_with(FAILURE_TRANSIENT, true);
	driver.answer.retry_after = 1;
	sd_event_now(event, CLOCK_MONOTONIC, &begin);
	order("a");
	wait_for_answers(1);
	sd_event_now(event, CLOCK_MONOTONIC, &end);
	assert_int_equal(driver.sends, 2);
	assert_true(end - begin >= 1 * SECOND);
}

static void test_a_long_wait_is_not_waited_for(void **state)
{
	(void)state;
	fails_with(FAILURE_TRANSIENT, true);
	driver.answer.retry_after = 3;
	order("a");
	assert_int_equal(driver.sends, 1);
	assert_int_equal(heard.answers, 1);
}

static void holds(struct fault why, int64_t retry_after, enum breaker breaker, uint64_t seconds, bool often)
{
	static char id[2] = "A";

	driver.answer = (struct channel_answer){.why = why, .retry_after = retry_after};
	order(id);
	id[0]++;
	assert_int_equal(heard.answer.why.breaker, breaker);
	assert_int_equal(heard.answer.why.breaker_seconds, seconds);
	assert_int_equal(heard.answer.why.often, often);
}

static void test_the_core_keeps_away_as_long_as_the_provider_wants(void **state)
{
	const struct fault none = {.failure = FAILURE_TRANSIENT},
			   recipient = {.failure = FAILURE_UNDELIVERABLE,
					.breaker = BREAKER_RECIPIENT,
					.breaker_seconds = 60},
			   often = {.failure = FAILURE_TRANSIENT, .breaker = BREAKER_CHANNEL, .often = true},
			   token = {.failure = FAILURE_CONFIG, .breaker = BREAKER_CHANNEL};

	(void)state;
	holds(none, 30, BREAKER_CHANNEL, 30, false);
	holds(none, 2, BREAKER_NONE, 0, false);
	holds(none, 0, BREAKER_NONE, 0, false);
	holds(none, INT64_MAX, BREAKER_CHANNEL, 86400, false);
	holds(recipient, 300, BREAKER_RECIPIENT, 300, false);
	holds(recipient, 30, BREAKER_RECIPIENT, 60, false);
	holds(often, 30, BREAKER_CHANNEL, 30, false);
	holds(often, 0, BREAKER_CHANNEL, 0, true);
	holds(token, 30, BREAKER_CHANNEL, 0, false);
}

static void test_order_twice_is_one_message(void **state)
{
	(void)state;
	driver.hold = true;
	order("a");
	order("a");
	assert_int_equal(driver.sends, 1);
	assert_int_equal(heard.answers, 0);
	driver.answer.sent = true;
	snprintf(driver.answer.message_id, sizeof(driver.answer.message_id), "m1");
	driver.held->answered(driver.held, &driver.answer);
	assert_int_equal(heard.answers, 1);
	order("a");
	assert_int_equal(driver.sends, 1);
	assert_int_equal(heard.answers, 2);
	assert_string_equal(heard.answer.message_id, "m1");
}

static void test_many_orders_are_remembered_the_oldest_is_forgotten(void **state)
{
	int quiet = open("/dev/null", O_WRONLY), loud = dup(STDERR_FILENO); /* 4,096 lines of log */
	char id[16];

	(void)state;
	dup2(quiet, STDERR_FILENO);
	for (int i = 0; i < DISPATCH_KNOWN_MAX + 1; i++) {
		snprintf(id, sizeof(id), "%d", i);
		order(id);
	}
	dup2(loud, STDERR_FILENO);
	close(quiet);
	close(loud);
	order("1");
	assert_int_equal(driver.sends, DISPATCH_KNOWN_MAX + 1);
	order("0");
	assert_int_equal(driver.sends, DISPATCH_KNOWN_MAX + 2);
	assert_int_equal(heard.answers, DISPATCH_KNOWN_MAX + 3);
}

static void test_unknown_channel_is_a_fault_of_the_config(void **state)
{
	struct send send = order_of("a");

	(void)state;
	snprintf(send.channel, sizeof(send.channel), "pigeon");
	dispatch_send(dispatch, &send);
	assert_int_equal(driver.sends, 0);
	assert_int_equal(heard.answers, 1);
	assert_int_equal(heard.answer.why.failure, FAILURE_CONFIG);
}

/* Beside the channel "phone" one that cannot be opened: "other". */
static void use_two_channels(void)
{
	char why[CONFIG_WHY_MAX];
	struct channels *next;

	sections[0] = sections[1] = section;
	sections[1].name = other_name;
	sections[1].token = missing;
	config.channels = sections;
	config.channel_count = 2;
	assert_int_equal(channels_open(&config, NULL, drivers, false, &next, why), 0);
	dispatch_use(dispatch, next);
	channels_unref(channels);
	channels = next; /* transferred */
	driver.closes = 0;
}

static void test_closed_channel_answers_at_once(void **state)
{
	struct send send = order_of("a");

	(void)state;
	use_two_channels();
	snprintf(send.channel, sizeof(send.channel), "other");
	dispatch_send(dispatch, &send);
	assert_int_equal(driver.sends, 0);
	assert_int_equal(heard.answers, 1);
	assert_int_equal(heard.answer.why.failure, FAILURE_CONFIG);
	assert_string_equal(heard.answer.why.code, "closed");
	assert_string_equal(heard.answer.why.detail, "test.conf:1: channel \"other\": token: it is not there");
	order("b");
	assert_true(heard.answer.sent);
	dispatch_probe(dispatch, "other");
	assert_string_equal(heard.last.name, "other");
	assert_string_equal(heard.last.state, "failed");
	assert_string_equal(heard.last.detail, "test.conf:1: channel \"other\": token: it is not there");
	assert_int_equal(driver.probes, 0);
}

static void order_watched(const char *id)
{
	struct send send = order_of(id);

	send.watch_seconds = 60;
	section.receipts = RECEIPTS_POLL;
	driver.answer = (struct channel_answer){.sent = true, .message_id = "m1"};
	dispatch_send(dispatch, &send);
}

static void test_what_became_of_a_message_is_asked_and_told(void **state)
{
	(void)state;
	driver.poll.state = RECEIPT_DELIVERED;
	order_watched("a1");
	wait_until(heard.receipts == 1);
	assert_int_equal(driver.polls, 1);
	assert_string_equal(driver.message_id, "m1");
	assert_string_equal(heard.receipt.provider, "telegram");
	assert_string_equal(heard.receipt.id, "a1");
	assert_int_equal(heard.receipt.state, RECEIPT_DELIVERED);
}

static void test_provider_that_does_not_let_us_ask_degrades_the_channel(void **state)
{
	(void)state;
	driver.poll = (struct channel_answer){.why = {.failure = FAILURE_CONFIG, .code = "10", .detail = "may not"}};
	order_watched("a1");
	wait_until(heard.health == 1);
	assert_string_equal(heard.last.state, "degraded");
	assert_non_null(strstr(heard.last.detail, "receipts cannot be polled: may not (10)"));
	order_watched("a2");
	assert_int_equal(heard.health, 1);
	assert_string_equal(channels->channel[0].health.state, "degraded");
}

static void test_probe_says_whether_receipts_can_be_polled(void **state)
{
	(void)state;
	section.receipts = RECEIPTS_POLL;
	dispatch_probe(dispatch, "phone");
	assert_string_equal(heard.last.state, "ok");
	assert_non_null(strstr(heard.last.detail, "was not tried yet"));
	order_watched("a1");
	dispatch_probe(dispatch, "phone");
	assert_string_equal(heard.last.state, "ok");
	assert_string_equal(heard.last.detail, "receipts can be polled");
	assert_string_equal(driver.message_id, "m1");
	driver.poll = (struct channel_answer){.why = {.failure = FAILURE_TRANSIENT, .detail = "busy"}};
	dispatch_probe(dispatch, "phone");
	assert_string_equal(heard.last.state, "ok");
	assert_string_equal(heard.last.detail, "receipts could not be polled this time: busy");
	driver.poll = (struct channel_answer){.why = {.failure = FAILURE_CONFIG, .code = "10", .detail = "may not"}};
	dispatch_probe(dispatch, "phone");
	assert_string_equal(heard.last.state, "degraded");
	driver.poll = (struct channel_answer){.sent = true};
	dispatch_probe(dispatch, "phone");
	assert_string_equal(heard.last.state, "ok");
	assert_int_equal(driver.polls, 4);
	assert_int_equal(heard.receipts, 0);
}

static void test_probe_of_a_channel_that_works_but_not_well(void **state)
{
	(void)state;
	section.receipts = RECEIPTS_POLL;
	driver.answer.why = (struct fault){.detail = "limited"};
	dispatch_probe(dispatch, "phone");
	assert_string_equal(heard.last.state, "degraded");
	assert_string_equal(heard.last.detail, "limited");
	assert_int_equal(driver.polls, 0);
}

static void test_code_that_is_over_before_its_message_left(void **state)
{
	const struct watch over = {.challenge = "a", .over = true};

	(void)state;
	fake_driver.revoke = fake_take_back;
	driver.hold = true;
	order("a1");
	dispatch_watch(dispatch, &over);
	assert_int_equal(driver.revokes, 0);
	driver.hold = false;
	driver.answer = (struct channel_answer){.sent = true, .message_id = "m1"};
	driver.held->answered(driver.held, &driver.answer);
	wait_until(driver.revokes == 1);
}

static void test_nobody_waits_any_more_while_the_message_leaves(void **state)
{
	const struct watch nobody = {.challenge = "a"};

	(void)state;
	driver.hold = true;
	order_watched("a1");
	dispatch_watch(dispatch, &nobody);
	driver.hold = false;
	driver.held->answered(driver.held, &driver.answer);
	assert_int_equal(channels->references, 2); /* ours and dispatch's: nothing is watched */
}

static void test_opened_link_is_told(void **state)
{
	const struct link link = {.channel = "phone", .nonce = "nonce", .seconds = 60};

	(void)state;
	fake_driver.look_for_links = fake_look;
	dispatch_link(dispatch, &link);
	wait_until(heard.linked == 1);
	assert_string_equal(heard.link.nonce, "nonce");
	assert_string_equal(heard.link.address, "4711");
}

static void test_stop_cancels_what_is_under_way(void **state)
{
	(void)state;
	driver.hold = true;
	order("a");
	dispatch_probe(dispatch, "phone");
	assert_int_equal(dispatch_counts(dispatch).under_way, 1);
	dispatch_free(dispatch);
	dispatch = NULL;
	assert_int_equal(driver.cancels, 2);
	assert_int_equal(heard.answers, 0);
}

static void test_stop_while_a_second_try_waits(void **state)
{
	(void)state;
	fails_with(FAILURE_TRANSIENT, true);
	order("a");
	dispatch_free(dispatch);
	dispatch = NULL;
	assert_int_equal(heard.answers, 0);
}

static void test_health_is_told_when_it_changes(void **state)
{
	(void)state;
	order("a");
	assert_int_equal(heard.health, 0);
	fails_with(FAILURE_CONFIG, false);
	order("b");
	order("c");
	assert_int_equal(heard.health, 1);
	assert_string_equal(heard.last.state, "failed");
	assert_string_equal(heard.last.detail, "why");
	fails_with(FAILURE_UNDELIVERABLE, false);
	order("d");
	fails_with(FAILURE_IDENTITY, false);
	order("i");
	assert_int_equal(heard.health, 1);
	fails_with(FAILURE_UNKNOWN_OUTCOME, false);
	order("e");
	assert_string_equal(heard.last.state, "degraded");
	driver.answer = (struct channel_answer){.sent = true};
	order("f");
	assert_string_equal(heard.last.state, "ok");
	assert_int_equal(heard.health, 3);
}

static void test_probe_is_always_told(void **state)
{
	(void)state;
	dispatch_probe(dispatch, "");
	assert_int_equal(heard.health, 1);
	assert_string_equal(heard.last.name, "phone");
	assert_string_equal(heard.last.state, "ok");
	fails_with(FAILURE_TRANSIENT, true);
	dispatch_probe(dispatch, "phone");
	assert_string_equal(heard.last.state, "failed");
	dispatch_probe(dispatch, "pigeon");
	assert_string_equal(heard.last.name, "pigeon");
	assert_string_equal(heard.last.state, "failed");
	assert_int_equal(driver.probes, 2);
	assert_int_equal(heard.answers, 0);
}

static void test_one_probe_at_a_time(void **state)
{
	(void)state;
	driver.hold = true;
	dispatch_probe(dispatch, "phone");
	dispatch_probe(dispatch, "phone");
	assert_int_equal(driver.probes, 1);
	driver.held->answered(driver.held, &driver.answer);
	assert_int_equal(heard.health, 1);
}

static void reload(void)
{
	struct channels *next;
	char why[CONFIG_WHY_MAX];

	assert_int_equal(channels_open(&config, NULL, drivers, true, &next, why), 0);
	dispatch_use(dispatch, next);
	channels_unref(channels);
	channels = next; /* transferred */
}

static void test_reload_lets_the_old_channels_finish(void **state)
{
	(void)state;
	driver.hold = true;
	order("a");
	reload();
	assert_int_equal(driver.closes, 0);
	driver.held->answered(driver.held, &driver.answer);
	assert_int_equal(heard.answers, 1);
	assert_int_equal(driver.closes, 1);
	driver.closes = 0;
}

static void test_reload_asks_the_new_channel_what_the_old_one_was_asked(void **state)
{
	const struct channel_answer gone = {.why = {.failure = FAILURE_CONFIG, .code = "x", .detail = "gone"}};
	struct channel_call *old;

	(void)state;
	driver.hold = true;
	dispatch_probe(dispatch, "phone");
	old = driver.held;
	reload();
	old->answered(old, &gone);
	assert_int_equal(heard.health, 0);
	assert_string_equal(channels->channel[0].health.state, "ok");
	assert_int_equal(driver.probes, 2);
	driver.held->answered(driver.held, &driver.answer);
	assert_int_equal(heard.health, 1);
	assert_string_equal(heard.last.state, "ok");
	assert_int_equal(driver.closes, 1);
	driver.closes = 0;
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_message_goes_out_with_its_text),
		TEST(test_driver_gets_the_words_that_it_wants),
		TEST(test_driver_learns_the_language_of_the_text),
		TEST(test_only_an_sms_is_cut_to_one_segment),
		TEST(test_only_what_may_help_is_tried_again),
		TEST(test_transient_is_tried_twice_and_no_more),
		TEST(test_both_tries_share_one_deadline),
		TEST(test_provider_may_ask_for_a_short_wait),
		TEST(test_a_long_wait_is_not_waited_for),
		TEST(test_the_core_keeps_away_as_long_as_the_provider_wants),
		TEST(test_order_twice_is_one_message),
		TEST(test_many_orders_are_remembered_the_oldest_is_forgotten),
		TEST(test_unknown_channel_is_a_fault_of_the_config),
		TEST(test_closed_channel_answers_at_once),
		TEST(test_what_became_of_a_message_is_asked_and_told),
		TEST(test_provider_that_does_not_let_us_ask_degrades_the_channel),
		TEST(test_probe_says_whether_receipts_can_be_polled),
		TEST(test_probe_of_a_channel_that_works_but_not_well),
		TEST(test_code_that_is_over_before_its_message_left),
		TEST(test_nobody_waits_any_more_while_the_message_leaves),
		TEST(test_opened_link_is_told),
		TEST(test_stop_cancels_what_is_under_way),
		TEST(test_stop_while_a_second_try_waits),
		TEST(test_health_is_told_when_it_changes),
		TEST(test_probe_is_always_told),
		TEST(test_one_probe_at_a_time),
		TEST(test_reload_lets_the_old_channels_finish),
		TEST(test_reload_asks_the_new_channel_what_the_old_one_was_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
