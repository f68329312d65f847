/* daemon/sender/links: who opens a bot's link is told to whom waits for it, and to nobody else. */
#include "daemon/sender/links.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define USEC UINT64_C(1000000)

static struct {
	unsigned asked, cancels;
	const char *nonce; /* who asks is told that this link was opened */
	struct channel_answer answer;
	bool hold;
	struct channel_call *held;
} bot;

static void fake_look(struct channel_call *call, const struct channel_link_listener *listener, int64_t timeout_ms)
{
	assert_int_equal(timeout_ms, LINKS_TIMEOUT_MS);
	bot.asked++;
	if (bot.nonce)
		listener->linked(listener->userdata, bot.nonce, "4711");
	if (bot.hold)
		bot.held = call;
	else
		call->answered(call, &bot.answer);
}

static void fake_cancel(struct channel_call *call)
{
	(void)call;
	bot.cancels++;
}

static const struct channel_ops ops = {.name = "telegram_bot", .look_for_links = fake_look, .cancel = fake_cancel};
static const struct channel_ops without = {.name = "http"};

static uint64_t now;
static struct {
	unsigned linked;
	struct linked last;
	uint64_t wake;
} heard;
static char telegram[] = "telegram", sms[] = "sms", shut[] = "shut";
static struct config_channel sections[3];
static struct channel channel[3];
static struct channels channels;
static struct links *links;

static uint64_t on_now(void *userdata)
{
	(void)userdata;
	return now;
}

static void on_wake(void *userdata, uint64_t at)
{
	(void)userdata;
	if (at < heard.wake)
		heard.wake = at;
}

static struct channels *on_channels(void *userdata)
{
	(void)userdata;
	return &channels;
}

static void on_linked(void *userdata, const struct linked *linked)
{
	(void)userdata;
	heard.linked++;
	heard.last = *linked;
}

static int setup(void **state)
{
	static const struct links_listener listener = {on_now, on_wake, on_channels, on_linked, NULL};

	(void)state;
	memset(&bot, 0, sizeof(bot));
	memset(&heard, 0, sizeof(heard));
	heard.wake = UINT64_MAX;
	now = 1000 * USEC;
	bot.answer.sent = true;
	sections[0].name = telegram;
	sections[1].name = sms;
	sections[2].name = shut;
	channel[0] = (struct channel){.ops = &ops, .config = &sections[0]};
	channel[1] = (struct channel){.ops = &without, .config = &sections[1]};
	channel[2] = (struct channel){.config = &sections[2]};
	channels = (struct channels){.references = 1, .channel = channel, .count = 3};
	return links_new(&listener, &links);
}

static int teardown(void **state)
{
	(void)state;
	links_free(links);
	return channels.references == 1 ? 0 : -1;
}

static void core_waits(const char *name, const char *nonce, uint64_t seconds)
{
	struct link link = {.seconds = seconds};

	snprintf(link.channel, sizeof(link.channel), "%s", name);
	snprintf(link.nonce, sizeof(link.nonce), "%s", nonce);
	links_order(links, &link);
}

static void pass(uint64_t usec)
{
	uint64_t end = now + usec;

	while (heard.wake <= end) {
		now = heard.wake > now ? heard.wake : now;
		heard.wake = UINT64_MAX;
		links_run(links);
	}
	now = end;
}

static void test_asked_every_two_seconds_as_long_as_somebody_waits(void **state)
{
	(void)state;
	pass(10 * USEC);
	assert_int_equal(bot.asked, 0);
	core_waits("telegram", "n1", 9);
	pass(60 * USEC);
	assert_int_equal(bot.asked, 5);
}

static void test_who_opens_the_link_is_told_once(void **state)
{
	(void)state;
	core_waits("telegram", "n1", 60);
	core_waits("telegram", "n2", 60);
	pass(USEC);
	bot.nonce = "n1";
	pass(8 * USEC);
	assert_int_equal(heard.linked, 1);
	assert_string_equal(heard.last.nonce, "n1");
	assert_string_equal(heard.last.address, "4711");
	bot.nonce = "n2";
	pass(8 * USEC);
	assert_int_equal(heard.linked, 2);
	bot.asked = 0;
	pass(60 * USEC);
	assert_int_equal(bot.asked, 0);
}

static void test_link_that_nobody_waits_for_is_not_told(void **state)
{
	(void)state;
	core_waits("telegram", "n1", 60);
	bot.nonce = "stranger";
	pass(10 * USEC);
	assert_int_equal(heard.linked, 0);
}

static void test_link_that_comes_too_late_is_not_told(void **state)
{
	(void)state;
	bot.hold = true;
	core_waits("telegram", "n1", 1);
	core_waits("telegram", "n2", 60);
	pass(5 * USEC);
	bot.hold = false;
	bot.nonce = "n1";
	bot.held->answered(bot.held, &bot.answer);
	pass(5 * USEC);
	assert_int_equal(heard.linked, 0);
}

static void test_one_question_at_a_time(void **state)
{
	(void)state;
	bot.hold = true;
	core_waits("telegram", "n1", 60);
	core_waits("telegram", "n2", 60);
	pass(30 * USEC);
	assert_int_equal(bot.asked, 1);
	links_free(links);
	links = NULL;
	assert_int_equal(bot.cancels, 1);
}

static void test_bot_that_asks_for_a_pause_gets_it(void **state)
{
	(void)state;
	bot.answer = (struct channel_answer){.why = {.failure = FAILURE_TRANSIENT}, .retry_after = 20};
	core_waits("telegram", "n1", 60);
	pass(15 * USEC);
	assert_int_equal(bot.asked, 1);
	bot.answer = (struct channel_answer){.sent = true};
	pass(10 * USEC);
	assert_true(bot.asked > 1);
}

static void test_channels_without_links_are_not_asked(void **state)
{
	(void)state;
	core_waits("sms", "n1", 60);
	core_waits("shut", "n1", 60);
	core_waits("pigeon", "n1", 60);
	pass(60 * USEC);
	assert_int_equal(bot.asked, 0);
}

static void test_channel_that_a_reload_takes_away_for_a_while(void **state)
{
	(void)state;
	core_waits("telegram", "n1", 60);
	pass(USEC);
	channel[0].ops = NULL;
	pass(10 * USEC);
	assert_int_equal(bot.asked, 1);
	channel[0].ops = &ops;
	pass(3 * USEC);
	assert_true(bot.asked > 1);
}

static void test_oldest_is_forgotten_when_there_are_too_many(void **state)
{
	char nonce[8];

	(void)state;
	for (int i = 0; i <= LINKS_MAX; i++) {
		snprintf(nonce, sizeof(nonce), "n%d", i);
		core_waits("telegram", nonce, 60);
	}
	bot.nonce = "n0";
	pass(3 * USEC);
	assert_int_equal(heard.linked, 0);
	bot.nonce = "n1";
	pass(3 * USEC);
	assert_int_equal(heard.linked, 1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_asked_every_two_seconds_as_long_as_somebody_waits),
		TEST(test_who_opens_the_link_is_told_once),
		TEST(test_link_that_nobody_waits_for_is_not_told),
		TEST(test_link_that_comes_too_late_is_not_told),
		TEST(test_one_question_at_a_time),
		TEST(test_bot_that_asks_for_a_pause_gets_it),
		TEST(test_channels_without_links_are_not_asked),
		TEST(test_channel_that_a_reload_takes_away_for_a_while),
		TEST(test_oldest_is_forgotten_when_there_are_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
