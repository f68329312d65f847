/* daemon/sender/watcher: providers are asked while somebody waits, and what is told moves forward only. */
#include "daemon/sender/watcher.h"

#include "tests/unit/fake_provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define USEC UINT64_C(1000000)
#define MINUTE (60 * USEC)

/* A provider that says what the test wants, at once or when told. */
static struct {
	struct channel_answer poll, revoke;
	unsigned polls, revokes, cancels;
	bool hold;
	struct channel_call *held[64];
	size_t held_count;
	char message_id[64], to[64];
	uint64_t asked_at[64];
} provider;

static uint64_t now;

static void answer(struct channel_call *call, const struct channel_answer *value)
{
	if (provider.hold)
		provider.held[provider.held_count++] = call;
	else
		call->answered(call, value);
}

static void poll_provider(struct channel_call *call, const char *message_id, int64_t timeout_ms)
{
	assert_int_equal(timeout_ms, WATCHER_TIMEOUT_MS);
	provider.asked_at[provider.polls++ % 64] = now;
	snprintf(provider.message_id, sizeof(provider.message_id), "%s", message_id);
	answer(call, &provider.poll);
}

static void revoke_message(struct channel_call *call, const char *to, const char *message_id, int64_t timeout_ms)
{
	assert_int_equal(timeout_ms, WATCHER_TIMEOUT_MS);
	provider.revokes++;
	snprintf(provider.to, sizeof(provider.to), "%s", to);
	snprintf(provider.message_id, sizeof(provider.message_id), "%s", message_id);
	answer(call, &provider.revoke);
}

static void fake_cancel(struct channel_call *call)
{
	(void)call;
	provider.cancels++;
}

static void fake_close(void *state)
{
	(void)state;
}

static const struct channel_ops polled_ops = {
	.name = "whatsapp_cloud", .poll = poll_provider, .cancel = fake_cancel, .close = fake_close};
static const struct channel_ops revocable_ops = {.name = "telegram_gateway",
						 .poll = poll_provider,
						 .revoke = revoke_message,
						 .cancel = fake_cancel,
						 .close = fake_close};

/* What the core and the rest of the sender would hear. */
static struct {
	unsigned receipts, health;
	struct receipt receipt;
	uint64_t wake;
} heard;

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

static void on_receipt(void *userdata, const struct receipt *receipt)
{
	(void)userdata;
	heard.receipts++;
	heard.receipt = *receipt;
}

static void on_health(void *userdata, struct channels *channels, struct channel *channel)
{
	(void)userdata, (void)channels, (void)channel;
	heard.health++;
}

static char name[] = "phone";
static struct config_channel section;
static struct config config;
static struct channel channel;
static struct channels channels;
static struct watcher *watcher;

static int setup(void **state)
{
	static const struct watcher_listener listener = {on_now, on_wake, on_receipt, on_health, NULL};

	(void)state;
	memset(&provider, 0, sizeof(provider));
	memset(&heard, 0, sizeof(heard));
	heard.wake = UINT64_MAX;
	now = 1000 * USEC;
	provider.poll.sent = provider.revoke.sent = true;
	section = fake_section;
	section.name = name;
	section.receipts = RECEIPTS_POLL;
	config.references = 1;
	channel = (struct channel){.ops = &polled_ops, .config = &section, .provider = "meta"};
	channels = (struct channels){.references = 1, .config = &config, .channel = &channel, .count = 1};
	return watcher_new(&listener, &watcher);
}

static int teardown(void **state)
{
	(void)state;
	watcher_free(watcher);
	return channels.references == 1 && channel.polls.under_way == 0 ? 0 : -1;
}

static void sends(const char *id, uint64_t watch_seconds)
{
	struct send send = {.to = "+966501234567", .seconds = 300, .watch_seconds = watch_seconds};

	snprintf(send.id, sizeof(send.id), "%s", id);
	watcher_begin(watcher, &channels, &channel, &send, "wamid.1");
}

static void core_says(const char *challenge, uint64_t seconds, bool over)
{
	struct watch watch = {.seconds = seconds, .over = over};

	snprintf(watch.challenge, sizeof(watch.challenge), "%s", challenge);
	watcher_order(watcher, &watch);
}

/* Lets time pass: the watcher runs only when it asked to be woken. */
static void pass(uint64_t usec)
{
	uint64_t end = now + usec;

	while (heard.wake <= end) {
		now = heard.wake > now ? heard.wake : now;
		heard.wake = UINT64_MAX;
		watcher_run(watcher);
	}
	now = end;
}

static void provider_tells(enum receipt_state state)
{
	provider.poll = (struct channel_answer){.sent = true, .state = state, .at = 1700000000};
}

static void poll_fails(enum failure failure)
{
	provider.poll = (struct channel_answer){.why = {.failure = (int)failure, .code = "10", .detail = "may not"}};
}

static void test_asked_less_and_less_often(void **state)
{
	static const unsigned pauses[] = {1, 2, 3, 5, 8, 13, 20, 20};
	uint64_t last = now;

	(void)state;
	sends("a1", 80);
	pass(80 * USEC);
	assert_int_equal(provider.polls, 8);
	for (size_t i = 0; i < 8; i++) {
		uint64_t pause = provider.asked_at[i] - last;

		assert_in_range(pause, pauses[i] * USEC, pauses[i] * USEC + 300000);
		last = provider.asked_at[i];
	}
	assert_string_equal(provider.message_id, "wamid.1");
	assert_int_equal(heard.receipts, 0);
	pass(10 * MINUTE);
	assert_int_equal(provider.polls, 8);
}

static void test_messages_sent_together_are_not_asked_for_together(void **state)
{
	(void)state;
	sends("a1", 60);
	sends("b1", 60);
	pass(2 * USEC);
	assert_int_equal(provider.polls, 2);
	assert_int_not_equal(provider.asked_at[0], provider.asked_at[1]);
}

static void test_news_goes_to_the_core_once_and_ends_with_delivery(void **state)
{
	(void)state;
	sends("a1", 60);
	provider_tells(RECEIPT_SENT);
	pass(4 * USEC);
	assert_int_equal(provider.polls, 2);
	assert_int_equal(heard.receipts, 1);
	assert_int_equal(heard.receipt.state, RECEIPT_SENT);
	provider_tells(RECEIPT_ACCEPTED);
	pass(4 * USEC);
	assert_int_equal(heard.receipts, 1);
	provider_tells(RECEIPT_DELIVERED);
	pass(50 * USEC);
	assert_int_equal(provider.polls, 4);
	assert_int_equal(heard.receipts, 2);
	assert_string_equal(heard.receipt.provider, "meta");
	assert_string_equal(heard.receipt.id, "a1");
	assert_string_equal(heard.receipt.message_id, "wamid.1");
	assert_int_equal(heard.receipt.state, RECEIPT_DELIVERED);
	assert_int_equal(heard.receipt.at, 1700000000);
}

static void test_failure_is_told_with_its_reason(void **state)
{
	(void)state;
	sends("a1", 60);
	provider_tells(RECEIPT_FAILED);
	provider.poll.why = (struct fault){.failure = FAILURE_UNDELIVERABLE, .code = "131026", .detail = "no WhatsApp"};
	pass(MINUTE);
	assert_int_equal(provider.polls, 1);
	assert_int_equal(heard.receipts, 1);
	assert_int_equal(heard.receipt.state, RECEIPT_FAILED);
	assert_string_equal(heard.receipt.why.code, "131026");
}

static void test_nobody_waits_nobody_asks(void **state)
{
	(void)state;
	sends("a1", 0);
	sends("b1", 60);
	core_says("b", 0, false);
	section.receipts = RECEIPTS_WEBHOOK;
	sends("c1", 60);
	section.receipts = RECEIPTS_POLL;
	pass(10 * MINUTE);
	assert_int_equal(provider.polls, 0);
}

static void test_question_under_way_is_cancelled_when_nobody_waits(void **state)
{
	(void)state;
	provider.hold = true;
	sends("a1", 60);
	pass(2 * USEC);
	assert_int_equal(provider.held_count, 1);
	core_says("a", 0, false);
	assert_int_equal(provider.cancels, 1);
	assert_int_equal(channel.polls.under_way, 0);
}

static void test_core_prolongs_the_messages_of_a_challenge(void **state)
{
	(void)state;
	sends("a1", 2);
	sends("b1", 2);
	pass(10 * USEC);
	assert_int_equal(provider.polls, 2);
	core_says("a", 60, false);
	pass(USEC);
	assert_int_equal(provider.polls, 3);
	core_says("a", 0, true);
	core_says("a", 60, false);
	pass(MINUTE);
	assert_int_equal(provider.polls, 3);
}

static void test_error_of_a_question_says_nothing_of_the_message(void **state)
{
	(void)state;
	sends("a1", 60);
	poll_fails(FAILURE_TRANSIENT);
	pass(4 * USEC);
	poll_fails(FAILURE_UNKNOWN_OUTCOME);
	pass(4 * USEC);
	assert_int_equal(provider.polls, 3);
	assert_int_equal(heard.receipts + heard.health, 0);
	provider_tells(RECEIPT_READ);
	pass(MINUTE);
	assert_int_equal(provider.polls, 4);
	assert_int_equal(heard.receipts, 1);
}

static void test_provider_that_refuses_is_left_alone_for_an_hour(void **state)
{
	(void)state;
	poll_fails(FAILURE_CONFIG);
	sends("a1", 60);
	pass(MINUTE);
	assert_int_equal(provider.polls, 1);
	assert_int_equal(heard.health, 1);
	assert_string_equal(
		channel.polls.refused,
		"receipts cannot be polled: may not (10); unless that passes, receipts = poll is not for it");
	sends("b1", 60);
	pass(58 * MINUTE);
	assert_int_equal(provider.polls, 1);
	pass(2 * MINUTE);
	provider_tells(RECEIPT_DELIVERED);
	sends("c1", 60);
	pass(MINUTE);
	assert_int_equal(provider.polls, 2);
	assert_int_equal(heard.receipts, 1);
	assert_int_equal(heard.health, 2);
	assert_string_equal(channel.polls.refused, "");
}

static void test_message_that_is_not_there_yet_is_no_refusal_but_always_is(void **state)
{
	(void)state;
	poll_fails(FAILURE_UNDELIVERABLE);
	sends("a1", 60);
	pass(4 * USEC);
	assert_int_equal(provider.polls, 2);
	assert_int_equal(heard.health, 0);
	pass(MINUTE);
	assert_int_equal(provider.polls, WATCHER_REFUSALS_MAX);
	assert_int_equal(heard.health, 1);
}

static void test_provider_may_ask_for_a_pause(void **state)
{
	(void)state;
	poll_fails(FAILURE_TRANSIENT);
	provider.poll.retry_after = 30;
	sends("a1", 60);
	sends("b1", 60);
	pass(25 * USEC);
	assert_int_equal(provider.polls, 1);
	assert_string_equal(channel.polls.refused, "");
	provider_tells(RECEIPT_DELIVERED);
	pass(10 * USEC);
	assert_int_equal(provider.polls, 3);
	assert_int_equal(heard.receipts, 2);
}

static void test_not_too_many_questions_at_once(void **state)
{
	char id[8];

	(void)state;
	provider.hold = true;
	for (int i = 0; i < 40; i++) {
		snprintf(id, sizeof(id), "%02d", i);
		sends(id, 60);
	}
	pass(3 * USEC);
	assert_int_equal(provider.polls, WATCHER_ASKS_MAX);
	provider.hold = false;
	provider_tells(RECEIPT_DELIVERED);
	for (size_t i = 0; i < provider.held_count; i++)
		provider.held[i]->answered(provider.held[i], &provider.poll);
	pass(USEC);
	assert_int_equal(provider.polls, 40);
	assert_int_equal(heard.receipts, 40);
}

static void test_what_is_of_no_use_is_taken_back(void **state)
{
	(void)state;
	channel.ops = &revocable_ops;
	section.receipts = RECEIPTS_NONE;
	sends("a1", 0);
	sends("b1", 10);
	pass(MINUTE);
	core_says("a", 0, false);
	assert_int_equal(provider.revokes, 0);
	core_says("a", 0, true);
	pass(USEC);
	assert_int_equal(provider.revokes, 1);
	assert_string_equal(provider.to, "+966501234567");
	assert_string_equal(provider.message_id, "wamid.1");
	core_says("a", 0, true);
	pass(10 * MINUTE);
	core_says("b", 0, true);
	pass(USEC);
	assert_int_equal(provider.revokes, 1);
	assert_int_equal(provider.polls, 0);
}

static void test_revocation_cancels_the_question_and_is_not_repeated(void **state)
{
	(void)state;
	channel.ops = &revocable_ops;
	provider.hold = true;
	sends("a1", 60);
	pass(2 * USEC);
	assert_int_equal(provider.polls, 1);
	core_says("a", 0, true);
	assert_int_equal(provider.cancels, 1);
	pass(USEC);
	core_says("a", 0, true);
	core_says("a", 60, false);
	pass(MINUTE);
	assert_int_equal(provider.revokes, 1);
	provider.revoke = (struct channel_answer){.why = {.failure = FAILURE_TRANSIENT, .code = "x", .detail = "no"}};
	provider.held[1]->answered(provider.held[1], &provider.revoke);
	pass(MINUTE);
	assert_int_equal(provider.revokes, 1);
	assert_int_equal(channels.references, 1);
}

static void test_message_that_failed_is_not_taken_back(void **state)
{
	(void)state;
	channel.ops = &revocable_ops;
	provider_tells(RECEIPT_FAILED);
	sends("a1", 60);
	pass(2 * USEC);
	core_says("a", 0, true);
	pass(MINUTE);
	assert_int_equal(provider.revokes, 0);
	assert_int_equal(channels.references, 1);
}

static void test_oldest_is_forgotten_when_there_are_too_many(void **state)
{
	char id[16];

	(void)state;
	channel.ops = &revocable_ops;
	for (int i = 0; i <= WATCHER_MAX; i++) {
		snprintf(id, sizeof(id), "%d.", i);
		sends(id, 0);
	}
	assert_int_equal(channels.references, 1 + WATCHER_MAX);
	core_says("0.", 0, true);
	core_says("1.", 0, true);
	pass(USEC);
	assert_int_equal(provider.revokes, 1);
}

static void test_stop_cancels_what_is_under_way(void **state)
{
	(void)state;
	provider.hold = true;
	sends("a1", 60);
	sends("b1", 60);
	pass(2 * USEC);
	watcher_free(watcher);
	watcher = NULL;
	assert_int_equal(provider.cancels, 2);
}

static void test_times_that_make_no_sense(void **state)
{
	(void)state;
	sends("a1", UINT64_MAX);
	core_says("a", UINT64_MAX, false);
	pass(2 * USEC);
	assert_int_equal(provider.polls, 1);
	core_says("a", 0, true);
	assert_int_equal(channels.references, 1);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_asked_less_and_less_often),
		TEST(test_messages_sent_together_are_not_asked_for_together),
		TEST(test_news_goes_to_the_core_once_and_ends_with_delivery),
		TEST(test_failure_is_told_with_its_reason),
		TEST(test_nobody_waits_nobody_asks),
		TEST(test_question_under_way_is_cancelled_when_nobody_waits),
		TEST(test_core_prolongs_the_messages_of_a_challenge),
		TEST(test_error_of_a_question_says_nothing_of_the_message),
		TEST(test_provider_that_refuses_is_left_alone_for_an_hour),
		TEST(test_message_that_is_not_there_yet_is_no_refusal_but_always_is),
		TEST(test_provider_may_ask_for_a_pause),
		TEST(test_not_too_many_questions_at_once),
		TEST(test_what_is_of_no_use_is_taken_back),
		TEST(test_revocation_cancels_the_question_and_is_not_repeated),
		TEST(test_message_that_failed_is_not_taken_back),
		TEST(test_oldest_is_forgotten_when_there_are_too_many),
		TEST(test_stop_cancels_what_is_under_way),
		TEST(test_times_that_make_no_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
