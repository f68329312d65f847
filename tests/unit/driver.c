#include "tests/unit/driver.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct driver_fixture driver;

static const char failures[] = {[FAILURE_UNDELIVERABLE] = 'u',
				[FAILURE_TRANSIENT] = 't',
				[FAILURE_CONFIG] = 'c',
				[FAILURE_UNKNOWN_OUTCOME] = '?'};

int driver_open(const struct channel_ops *ops, const struct config_channel *section, const char *secret)
{
	char why[CONFIG_WHY_MAX] = "";

	driver = (struct driver_fixture){
		.ops = ops,
		.section = *section,
		.token = fake_secret(secret),
		.password = fake_secret(secret),
		.message = {.id = "65f0c1a20123456789abcdef0123456789abcdef-0-1",
			    .to = DRIVER_NUMBER,
			    .code = DRIVER_CODE,
			    .lang = "ar",
			    .text = DRIVER_CODE " is your code & it lives 5 min",
			    .text_lang = "en",
			    .subject = "",
			    .minutes = 5,
			    .seconds = 299,
			    .timeout_ms = 8000},
	};
	fake_provider_init(&driver.provider);
	driver.section.token = driver.token;
	driver.section.password = driver.password;
	if (ops->open(&driver.section, &driver.provider.http, &driver.channel, why) < 0)
		fail_msg("%s", why);
	return 0;
}

void driver_close(void)
{
	driver.ops->close(driver.channel);
	fake_secret_remove(driver.token);
	fake_secret_remove(driver.password);
}

void driver_check(const struct fake_call *call)
{
	const struct channel_answer *a = &call->answer;
	const char *const texts[] = {a->why.code, a->why.detail, a->trace};
	static const char *const private[] = {DRIVER_NUMBER + 1, DRIVER_CODE, DRIVER_SECRET};

	assert_int_equal(call->count, 1);
	assert_null(call->call.scratch);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t k = 0; k < sizeof(private) / sizeof(private[0]); k++)
			assert_null(strstr(texts[i], private[k]));
	assert_true(a->sent || (a->why.code[0] && strlen(a->why.detail) > 10));
}

struct fake_call driver_hears(long status, const char *body)
{
	struct fake_call call;

	fake_provider_says(&driver.provider, status, body);
	call = fake_send(driver.ops, driver.channel, &driver.message);
	driver_check(&call);
	return call;
}

struct fake_call driver_is_told(long status, const char *body)
{
	struct fake_call call;

	fake_provider_says(&driver.provider, status, body);
	call = fake_poll(driver.ops, driver.channel, "id-1");
	driver_check(&call);
	return call;
}

void driver_check_rows(const struct driver_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct fake_call call = driver_hears(rows[i].status, rows[i].body);

		print_message("%ld %s\n", rows[i].status, rows[i].body);
		assert_false(call.answer.sent);
		assert_int_equal(failures[call.answer.why.failure], rows[i].failure);
		assert_int_equal(call.answer.retry ? 'r' : '-', rows[i].retry);
		if (rows[i].code)
			assert_string_equal(call.answer.why.code, rows[i].code);
	}
}

void driver_refuses(size_t option, const char *value, const char *words)
{
	char **field = (char **)((char *)&driver.section + option), *old = *field;
	char why[CONFIG_WHY_MAX] = "", copy[600];
	void *other = NULL;

	snprintf(copy, sizeof(copy), "%s", value);
	*field = copy;
	assert_int_equal(driver.ops->open(&driver.section, &driver.provider.http, &other, why), -EINVAL);
	*field = old;
	assert_null(other);
	assert_ptr_equal(strstr(why, "test.conf:1: channel \""), why);
	assert_null(strstr(why, DRIVER_SECRET));
	if (!strstr(why, words))
		fail_msg("\"%s\" does not say \"%s\"", why, words);
}

static void check_no_answer(void)
{
	static const struct {
		enum http_outcome outcome;
		bool sent;
		const char *code;
	} rows[] = {
		{HTTP_NOT_SENT, false, "network"},
		{HTTP_NOT_TRUSTED, false, "tls"},
		{HTTP_LOST, true, "no-answer"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_call call, probe;

		driver.provider.answer =
			(struct http_answer){.outcome = rows[i].outcome, .body = "", .error = "nothing was heard"};
		probe = fake_probe(driver.ops, driver.channel);
		driver_check(&probe);
		assert_false(probe.answer.sent);
		assert_string_equal(probe.answer.why.code, rows[i].code);
		call = fake_send(driver.ops, driver.channel, &driver.message);
		driver_check(&call);
		assert_false(call.answer.sent);
		assert_true(!call.answer.retry || call.answer.why.failure == FAILURE_TRANSIENT);
	}
}

void driver_check_network(void)
{
	unsigned requests;
	struct fake_call call;

	check_no_answer();
	requests = driver.provider.requests;
	driver.provider.hold = true;
	call = fake_send(driver.ops, driver.channel, &driver.message);
	assert_int_equal(call.count, 0);
	assert_int_equal(driver.provider.requests, requests + 1);
	driver.ops->cancel(&call.call);
	assert_int_equal(driver.provider.cancelled, 1);
	assert_int_equal(call.count, 0);
	assert_null(call.call.scratch);
	driver.provider.hold = false;
}

static char breaker_letter(const struct provider_error *e)
{
	if (e->breaker == BREAKER_CHANNEL)
		return e->often ? 'o' : 'c';
	return "-ctul"[e->breaker];
}

static bool is_listed(const struct provider *provider, const struct provider_error *row,
		      const struct driver_code *codes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (provider_error_find(provider, codes[i].code) == row)
			return true;
	return false;
}

void driver_check_table(const struct provider *provider, const struct driver_code *codes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct provider_error *e = provider_error_find(provider, codes[i].code);
		struct fault why;

		print_message("%s\n", codes[i].code);
		assert_non_null(e);
		assert_int_equal(failures[e->failure], codes[i].f);
		assert_int_equal(e->retry ? 'r' : '-', codes[i].r);
		assert_int_equal("-oy"[e->alarm], codes[i].a);
		assert_int_equal(breaker_letter(e), codes[i].b);
		assert_int_equal(e->seconds, codes[i].seconds);
		provider_judge(provider, codes[i].code, &why); /* a receipt */
		assert_int_equal(why.failure, e->failure);
		assert_string_equal(why.code, codes[i].code);
		assert_true(strlen(why.detail) > 10 && strlen(why.detail) < 100);
	}
	for (size_t i = 0; i < provider->error_count; i++)
		if (!is_listed(provider, &provider->errors[i], codes, count))
			fail_msg("row %zu of %s has no row in this test", i, provider->name);
}
