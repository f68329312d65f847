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
	unsigned sends, probes, cancels, closes;
	bool hold;
	struct channel_call *held;
	char text[256], code[16];
	int64_t timeout_ms;
} driver;

static int fake_open(const struct config_channel *config, struct http *http, void **ret,
		     char why[static CONFIG_WHY_MAX])
{
	(void)config, (void)http, (void)why;
	*ret = &driver;
	return 0;
}

static void fake_send_message(struct channel_call *call, const struct channel_message *message)
{
	driver.sends++;
	driver.timeout_ms = message->timeout_ms;
	snprintf(driver.text, sizeof(driver.text), "%s", message->text);
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

static const struct channel_ops fake_driver = {
	.name = "fake",
	.wants = WANTS_TEXT,
	.open = fake_open,
	.send = fake_send_message,
	.probe = fake_probe_provider,
	.cancel = fake_cancel,
	.close = fake_close,
};
static const struct channel_ops *const drivers[] = {&fake_driver, NULL};

/* The listener: what the core would hear. */
static struct {
	unsigned answers, health;
	char id[WIRE_ID_MAX];
	struct channel_answer answer;
	struct health last;
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

static char name[] = "phone", driver_name[] = "fake", english[] = "en",
	    words[] = "{code} for {host} ({service}) from {address}, {minutes} min";
static struct config_channel section;
static struct config_text text = {.language = english, .sms = words};
static struct config config;
static sd_event *event;
static struct channels *channels;
static struct dispatch *dispatch;

static int setup(void **state)
{
	static const struct dispatch_listener listener = {on_answered, on_health, NULL};
	char why[CONFIG_WHY_MAX] = "";

	(void)state;
	memset(&driver, 0, sizeof(driver));
	memset(&heard, 0, sizeof(heard));
	driver.answer.sent = true;
	section = fake_section;
	section.name = name;
	section.driver = driver_name;
	section.timeout = 2;
	config = (struct config){
		.references = 1, .channels = &section, .channel_count = 1, .texts = &text, .text_count = 1};
	if (sd_event_new(&event) < 0 || channels_open(&config, NULL, drivers, &channels, why) < 0)
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
			    .minutes = 5};

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
	driver.answer = (struct channel_answer){.why = {.failure = (int)failure, .code = "x", .detail = "why"}, .retry = retry};
}

/* Runs the loop until the core has heard so many answers. */
static void wait_for_answers(unsigned answers)
{
	for (int i = 0; i < 50 && heard.answers < answers; i++)
		assert_true(sd_event_run(event, 5 * SECOND) >= 0);
	assert_int_equal(heard.answers, answers);
}

static void test_message_goes_out_with_its_text(void **state)
{
	(void)state;
	order("a");
	assert_int_equal(driver.sends, 1);
	assert_string_equal(driver.code, "123456");
	assert_string_equal(driver.text, "123456 for web1 (sshd) from 192.0.2.7, 5 min");
	assert_true(driver.timeout_ms > 1000 && driver.timeout_ms <= 2000);
	assert_int_equal(heard.answers, 1);
	assert_string_equal(heard.id, "a");
	assert_true(heard.answer.sent);
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

static void test_reload_lets_the_old_channels_finish(void **state)
{
	struct channels *next;
	char why[CONFIG_WHY_MAX];

	(void)state;
	driver.hold = true;
	order("a");
	assert_int_equal(channels_open(&config, NULL, drivers, &next, why), 0);
	dispatch_use(dispatch, next);
	channels_unref(channels);
	channels = next; /* transferred */
	assert_int_equal(driver.closes, 0);
	driver.held->answered(driver.held, &driver.answer);
	assert_int_equal(heard.answers, 1);
	assert_int_equal(driver.closes, 1);
	driver.closes = 0;
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_message_goes_out_with_its_text),
		TEST(test_only_what_may_help_is_tried_again),
		TEST(test_transient_is_tried_twice_and_no_more),
		TEST(test_both_tries_share_one_deadline),
		TEST(test_provider_may_ask_for_a_short_wait),
		TEST(test_a_long_wait_is_not_waited_for),
		TEST(test_order_twice_is_one_message),
		TEST(test_many_orders_are_remembered_the_oldest_is_forgotten),
		TEST(test_unknown_channel_is_a_fault_of_the_config),
		TEST(test_stop_cancels_what_is_under_way),
		TEST(test_stop_while_a_second_try_waits),
		TEST(test_health_is_told_when_it_changes),
		TEST(test_probe_is_always_told),
		TEST(test_one_probe_at_a_time),
		TEST(test_reload_lets_the_old_channels_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
