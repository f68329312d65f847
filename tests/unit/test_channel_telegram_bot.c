/* driver telegram_bot: a token in the path that nobody gets to see, chats that are no numbers, and links. */
#include "tests/unit/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OPTION(name) offsetof(struct config_channel, name)
#define URL "https://api.telegram.org/bot123456:" DRIVER_SECRET
#define CHAT "777000123456"
#define ERROR(code, text) "{\"ok\":false,\"error_code\":" code ",\"description\":\"" text "\"}"
#define START(id, chat, text)                                                                                          \
	"{\"update_id\":" id ",\"message\":{\"message_id\":1,\"chat\":" chat ",\"text\":\"" text "\"}}"
#define PRIVATE "{\"id\":" CHAT ",\"type\":\"private\",\"first_name\":\"A\"}"
#define UPDATES(list) "{\"ok\":true,\"result\":[" list "]}"

static char name[] = "telegram", bot[] = "acme_otp_bot";
static char heard[512];

static int setup(void **state)
{
	struct config_channel section = fake_section;

	(void)state;
	section.name = section.driver = name;
	section.kind = CHANNEL_TELEGRAM;
	section.bot_name = bot;
	heard[0] = '\0';
	driver_open(&channel_telegram_bot, &section, "123456:" DRIVER_SECRET "\n");
	driver.message.to = CHAT;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	driver_close();
	return 0;
}

static void test_request_is_the_one_of_the_documentation(void **state)
{
	(void)state;
	driver_hears(200, "{}");
	assert_string_equal(driver.provider.method, "POST");
	assert_string_equal(driver.provider.url, URL "/sendMessage");
	assert_string_equal(driver.provider.headers, "Accept: application/json\nContent-Type: application/json\n");
	assert_string_equal(driver.provider.body,
			    "{\"chat_id\":777000123456,\"text\":\"48213057 is your code & it lives 5 "
			    "min\",\"protect_content\":true,\"disable_notification\":false}");
}

static void test_taken_over(void **state)
{
	struct fake_call call = driver_hears(200, "{\"ok\":true,\"result\":{\"message_id\":42,\"chat\":{\"id\":1}}}");

	(void)state;
	assert_true(call.answer.sent);
	assert_string_equal(call.answer.message_id, "42");
}

static void test_refusals(void **state)
{
	static const struct driver_row rows[] = {
		{403, ERROR("403", "Forbidden: bot was blocked by the user"), 'u', '-', "403"},
		{200, ERROR("403", "Forbidden"), 'u', '-', "403"},
		{400, ERROR("400", "Bad Request: chat not found"), 'u', '-', "400"},
		{401, ERROR("401", "Unauthorized"), 'c', '-', "401"},
		{404, ERROR("404", "Not Found: /bot" DRIVER_SECRET), 'c', '-', "404"},
		{500, ERROR("500", "Internal"), '?', '-', "http-500"},
		{418, ERROR("418", "?"), 'u', '-', "418"},
		{403, "<html>", 'u', '-', "403"},
		{502, "<html>", 't', 'r', "http-502"},
		{302, "", 'c', '-', "http-302"},
		{200, "", '?', '-', "http-200"},
		{200, "{\"ok\":true}", '?', '-', "http-200"},
		{200, "{\"ok\":true,\"result\":{\"message_id\":null}}", '?', '-', "http-200"},
		{200, "{\"ok\":false,\"result\":{\"message_id\":42}}", '?', '-', "http-200"},
		{200, "{\"ok\":true,\"result\":{\"message_id\":", '?', '-', "http-200"},
	};

	(void)state;
	DRIVER_ROWS(rows);
}

static void test_pause_that_the_provider_asks_for(void **state)
{
	struct fake_call call = driver_hears(429, "{\"ok\":false,\"error_code\":429,\"description\":\"retry after 5\","
						  "\"parameters\":{\"retry_after\":5}}");

	(void)state;
	assert_int_equal(call.answer.why.failure, FAILURE_TRANSIENT);
	assert_true(call.answer.retry);
	assert_int_equal(call.answer.retry_after, 5);
	call = driver_hears(429, "{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":99999999999}}");
	assert_int_equal(call.answer.retry_after, 86400);
}

static void test_what_is_no_private_chat_gets_nothing(void **state)
{
	static const char *const wrong[] = {"",   "0", "-1001234567890", "+966501234567", "@acme", "12345678901234567",
					    "1 2"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		driver.message.to = wrong[i];
		assert_int_equal(driver_hears(200, "{}").answer.why.failure, FAILURE_UNDELIVERABLE);
	}
	assert_int_equal(driver.provider.requests, 0);
}

static void test_message_is_taken_back(void **state)
{
	struct fake_call call;

	(void)state;
	fake_provider_says(&driver.provider, 200, "{\"ok\":true,\"result\":true}");
	call = fake_revoke(driver.ops, driver.channel, CHAT, "42");
	driver_check(&call);
	assert_true(call.answer.sent);
	assert_string_equal(driver.provider.url, URL "/deleteMessage");
	assert_string_equal(driver.provider.body, "{\"chat_id\":777000123456,\"message_id\":42}");
	fake_provider_says(&driver.provider, 400, ERROR("400", "message to delete not found"));
	call = fake_revoke(driver.ops, driver.channel, CHAT, "42");
	driver_check(&call);
	assert_false(call.answer.sent);
	call = fake_revoke(driver.ops, driver.channel, CHAT, "all");
	driver_check(&call);
	assert_int_equal(driver.provider.requests, 2);
}

static struct fake_call probe(long status, const char *body)
{
	struct fake_call call;

	fake_provider_says(&driver.provider, status, body);
	call = fake_probe(driver.ops, driver.channel);
	driver_check(&call);
	return call;
}

static void test_probe_asks_for_the_bot(void **state)
{
	(void)state;
	assert_true(probe(200, "{\"ok\":true,\"result\":{\"id\":1,\"username\":\"Acme_OTP_bot\"}}").answer.sent);
	assert_string_equal(driver.provider.url, URL "/getMe");
	assert_string_equal(probe(200, "{\"ok\":true,\"result\":{\"username\":\"other_bot\"}}").answer.why.code,
			    "bot_name");
	assert_int_equal(probe(401, ERROR("401", "Unauthorized")).answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(probe(200, "{\"ok\":true,\"result\":{}}").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
}

static void on_linked(void *userdata, const char *nonce, const char *address)
{
	size_t used = strlen(heard);

	assert_ptr_equal(userdata, heard);
	snprintf(heard + used, sizeof(heard) - used, "%s=%s;", nonce, address);
}

static struct fake_call look(long status, const char *body)
{
	struct fake_call call;
	{
		const struct channel_link_listener listener = {on_linked, heard}; /* lent for the call that begins it */

		fake_provider_says(&driver.provider, status, body);
		call = fake_links(driver.ops, driver.channel, &listener);
	}
	driver_check(&call);
	return call;
}

static void test_link_that_somebody_opened(void **state)
{
	(void)state;
	assert_true(
		look(200, UPDATES(START("70", PRIVATE, "/start aZ0_-") "," START("71", PRIVATE, "hello"))).answer.sent);
	assert_string_equal(driver.provider.url, URL "/getUpdates");
	assert_string_equal(driver.provider.body,
			    "{\"offset\":0,\"limit\":20,\"timeout\":0,\"allowed_updates\":[\"message\"]}");
	assert_string_equal(heard, "aZ0_-=" CHAT ";");
	look(200, UPDATES(""));
	assert_non_null(strstr(driver.provider.body, "{\"offset\":72,"));
	look(200, UPDATES(START("71", PRIVATE, "/start again")));
	assert_string_equal(heard, "aZ0_-=" CHAT ";");
}

static void test_what_is_no_link(void **state)
{
	static const char *const updates[] = {
		START("1", PRIVATE, "/start"),
		START("1", PRIVATE, "/start "),
		START("1", PRIVATE, "/start a b"),
		START("1", PRIVATE, "/start a;b"),
		START("1", PRIVATE, " /start a"),
		START("1", PRIVATE, "/start a\\n"),
		START("1", PRIVATE, "/start 0123456789012345678901234567890123456789012345678901234567890"),
		START("1", "{\"id\":-100,\"type\":\"private\"}", "/start a"),
		START("1", "{\"id\":7,\"type\":\"group\"}", "/start a"),
		START("1", "{\"id\":\"7\",\"type\":\"private\"}", "/start a"),
		START("1", "{\"id\":7}", "/start a"),
		"{\"update_id\":1,\"edited_message\":{\"chat\":" PRIVATE ",\"text\":\"/start a\"}}",
		"{\"update_id\":1,\"message\":null}",
		"null",
		"7",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(updates) / sizeof(updates[0]); i++) {
		char body[512];

		snprintf(body, sizeof(body), UPDATES("%s"), updates[i]);
		assert_true(look(200, body).answer.sent);
	}
	assert_string_equal(heard, "");
}

static void test_links_that_cannot_be_asked_for(void **state)
{
	(void)state;
	assert_int_equal(look(409, ERROR("409", "Conflict: webhook is active")).answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(look(401, ERROR("401", "Unauthorized")).answer.why.failure, FAILURE_CONFIG);
	assert_false(look(200, "{\"ok\":true}").answer.sent);
	assert_false(look(200, "<html>").answer.sent);
}

static void test_answer_that_was_too_long_is_asked_for_in_pieces(void **state)
{
	const struct channel_link_listener listener = {on_linked, heard};
	struct fake_call call;

	(void)state;
	driver.provider.answer =
		(struct http_answer){.outcome = HTTP_LOST, .body = "", .error = "the answer is too long"};
	call = fake_links(driver.ops, driver.channel, &listener);
	driver_check(&call);
	look(200, UPDATES(""));
	assert_non_null(strstr(driver.provider.body, "\"limit\":1,"));
	look(200, UPDATES(""));
	assert_non_null(strstr(driver.provider.body, "\"limit\":20,"));
}

/* So many messages of strangers, the first with this id. */
static const char *full_of_strangers(int first, int count)
{
	static char body[4096];
	size_t used = (size_t)sprintf(body, "{\"ok\":true,\"result\":[");

	for (int i = 0; i < count; i++)
		used += (size_t)sprintf(body + used, "%s{\"update_id\":%d,\"message\":{}}", i > 0 ? "," : "",
					first + i);
	strcpy(body + used, "]}");
	return body;
}

static void test_a_link_behind_many_messages_of_strangers(void **state)
{
	(void)state;
	fake_provider_queues(&driver.provider, 200, full_of_strangers(100, 20));
	driver.provider.requests = 0;
	look(200, UPDATES(START("120", PRIVATE, "/start late")));
	assert_int_equal(driver.provider.requests, 2);
	assert_non_null(strstr(driver.provider.body, "{\"offset\":120,"));
	assert_string_equal(heard, "late=" CHAT ";");
	/* Nor do they keep us for ever. */
	driver.provider.requests = 0;
	assert_true(look(200, full_of_strangers(200, 20)).answer.sent);
	assert_int_equal(driver.provider.requests, 10);
}

static void test_looking_is_cancelled(void **state)
{
	const struct channel_link_listener listener = {on_linked, heard};
	struct fake_call call;

	(void)state;
	driver.provider.hold = true;
	call = fake_links(driver.ops, driver.channel, &listener);
	driver.ops->cancel(&call.call);
	assert_int_equal(call.count, 0);
	assert_null(call.call.scratch);
}

static void test_network(void **state)
{
	(void)state;
	driver_check_network();
}

static void check_token(const char *token)
{
	char *reference = fake_secret(token);

	driver_refuses(OPTION(token), reference, "token: ");
	fake_secret_remove(reference);
}

static void test_options(void **state)
{
	(void)state;
	driver_refuses(OPTION(token), "", "needs token = ");
	driver_refuses(OPTION(bot_name), "", "needs bot_name");
	driver_refuses(OPTION(bot_name), "@acme_bot", "needs bot_name");
	check_token("123456");
	check_token("123456:");
	check_token(":" DRIVER_SECRET);
	check_token("123456:a/../b");
	check_token("123456:a?b");
	check_token("123456:a b");
}

static void test_table(void **state)
{
	static const struct driver_code codes[] = {
		{"400", 'u', '-', 'o', '-', 0}, {"401", 'c', '-', 'y', 'c', 0}, {"403", 'u', '-', '-', 'u', 86400},
		{"404", 'c', '-', 'y', 'c', 0}, {"409", 'c', '-', 'y', '-', 0}, {"429", 't', 'r', 'o', '-', 0},
	};

	(void)state;
	DRIVER_TABLE(&provider_telegram_bot, codes);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_request_is_the_one_of_the_documentation),
		TEST(test_taken_over),
		TEST(test_refusals),
		TEST(test_pause_that_the_provider_asks_for),
		TEST(test_what_is_no_private_chat_gets_nothing),
		TEST(test_message_is_taken_back),
		TEST(test_probe_asks_for_the_bot),
		TEST(test_link_that_somebody_opened),
		TEST(test_what_is_no_link),
		TEST(test_links_that_cannot_be_asked_for),
		TEST(test_answer_that_was_too_long_is_asked_for_in_pieces),
		TEST(test_a_link_behind_many_messages_of_strangers),
		TEST(test_looking_is_cancelled),
		TEST(test_network),
		TEST(test_options),
		TEST(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
