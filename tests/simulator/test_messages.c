/* tools/simulator/messages: what is kept, what is forgotten, and that a callback serves once. */
#include "tools/simulator/messages.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int add(struct messages *messages, enum provider provider, const char *callback, bool keeps_callback)
{
	const struct message message = {
		.provider = provider,
		.id = "id",
		.to = "+4915123456789",
		.code = "1234",
		.text = "*1234* is your verification code.",
		.language = "en_US",
		.callback = callback,
		.keeps_callback = keeps_callback,
	};

	return messages_add(messages, &message, NULL);
}

static int add_numbered(struct messages *messages, unsigned i)
{
	char callback[16];

	snprintf(callback, sizeof(callback), "%u", i);
	return add(messages, PROVIDER_META, callback, true);
}

static struct messages_state state_after(struct messages *messages, uint64_t after)
{
	const struct messages_filter filter = {.after = after};
	struct messages_state state;
	char *json = messages_json(messages, &filter, &state);

	assert_non_null(json);
	free(json);
	return state;
}

static void a_callback_serves_once_on_its_channel(void **unused)
{
	struct messages *messages = messages_new();

	(void)unused;
	assert_int_equal(add(messages, PROVIDER_META, "a", true), 0);
	assert_int_equal(add(messages, PROVIDER_META, "a", true), -EEXIST);
	assert_int_equal(add(messages, PROVIDER_GATEWAY, "a", true), 0);
	assert_int_equal(add(messages, PROVIDER_META, "b", false), 0);
	assert_int_equal(add(messages, PROVIDER_META, "b", true), 0);
	assert_int_equal(add(messages, PROVIDER_META, "", true), 0);
	assert_int_equal(add(messages, PROVIDER_META, "", true), 0);
	assert_int_equal(state_after(messages, 0).listed, 6);
	messages_clear(messages);
	assert_int_equal(add(messages, PROVIDER_META, "a", true), 0);
	messages_free(messages);
}

static void the_oldest_are_forgotten_with_their_callbacks(void **unused)
{
	struct messages *messages = messages_new();
	struct messages_state state;

	(void)unused;
	for (unsigned i = 0; i < MESSAGES_MAX; i++)
		assert_int_equal(add_numbered(messages, i), 0);
	assert_int_equal(add_numbered(messages, 0), -EEXIST);
	assert_int_equal(add_numbered(messages, MESSAGES_MAX), 0);
	assert_int_equal(add_numbered(messages, 0), 0);
	assert_int_equal(add_numbered(messages, 2), -EEXIST);
	state = state_after(messages, 0);
	assert_int_equal(state.listed, MESSAGES_MAX);
	assert_int_equal(state.newest, MESSAGES_MAX + 2);
	assert_int_equal(state_after(messages, MESSAGES_MAX + 1).listed, 1);
	messages_free(messages);
}

static void a_clear_is_seen_by_the_epoch(void **unused)
{
	struct messages *messages = messages_new();
	uint64_t epoch = state_after(messages, 0).epoch;

	(void)unused;
	assert_int_equal(add_numbered(messages, 1), 0);
	assert_true(state_after(messages, 0).epoch == epoch);
	messages_clear(messages);
	assert_true(state_after(messages, 0).epoch != epoch);
	assert_int_equal(state_after(messages, 0).newest, 0);
	messages_free(messages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_callback_serves_once_on_its_channel),
		cmocka_unit_test(the_oldest_are_forgotten_with_their_callbacks),
		cmocka_unit_test(a_clear_is_seen_by_the_epoch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
