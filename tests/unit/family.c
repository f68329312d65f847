#include "tests/unit/family.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void family_check(const struct family *family, const struct fake_call *call)
{
	const char *const places[] = {family->provider.url, call->answer.why.code, call->answer.why.detail,
				      call->answer.trace};

	assert_int_equal(call->count, 1);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		assert_null(strstr(places[i], family->secret));
		for (const char *const *text = family->private; *text; text++)
			assert_null(strstr(places[i], *text));
	}
}

void family_check_row(const struct fake_call *call, const struct provider_error *row)
{
	assert_false(call->answer.sent);
	assert_string_equal(call->answer.why.detail, row->meaning);
	assert_int_equal(call->answer.why.failure, row->failure);
	assert_int_equal(call->answer.why.alarm, row->alarm);
	assert_int_equal(call->answer.why.breaker, row->breaker);
	assert_int_equal(call->answer.retry, row->retry);
}

void family_check_no_answer(struct family *family, const struct channel_ops *ops, void *channel,
			    const struct channel_message *message, const char *id)
{
	static const enum failure failures[] = {
		[HTTP_NOT_SENT] = FAILURE_TRANSIENT,
		[HTTP_NOT_TRUSTED] = FAILURE_CONFIG,
		[HTTP_LOST] = FAILURE_UNKNOWN_OUTCOME,
	};

	for (int outcome = HTTP_NOT_SENT; outcome <= HTTP_LOST; outcome++) {
		struct fake_call call;

		family->provider.answer =
			(struct http_answer){.outcome = (enum http_outcome)outcome, .body = "", .error = "w"};
		call = fake_send(ops, channel, message);
		assert_int_equal(call.count, 1);
		assert_int_equal(call.answer.why.failure, failures[outcome]);
		call = fake_poll(ops, channel, id);
		assert_int_equal(call.answer.why.failure, failures[outcome]);
	}
}

void family_check_cancel(struct family *family, const struct channel_ops *ops, void *channel,
			 const struct channel_message *message)
{
	struct fake_call call;

	family->provider.hold = true;
	call = fake_send(ops, channel, message);
	ops->cancel(&call.call);
	assert_int_equal(family->provider.cancelled, 1);
	assert_int_equal(call.count, 0);
}

void family_keeps(struct family *family, const struct channel_ops *ops, void *channel,
		  const struct channel_message *message, const char *to)
{
	unsigned requests = family->provider.requests;
	struct channel_message other = *message;
	struct fake_call call;

	other.to = to;
	call = fake_send(ops, channel, &other);
	assert_int_equal(call.count, 1);
	assert_false(call.answer.sent);
	assert_int_equal(call.answer.why.failure, FAILURE_UNDELIVERABLE);
	assert_int_equal(family->provider.requests, requests);
}

void family_refuses(struct family *family, const struct channel_ops *ops, const struct config_channel *section,
		    const char *words)
{
	char why[CONFIG_WHY_MAX] = "";
	void *channel = NULL;

	assert_true(ops->open(section, &family->provider.http, &channel, why) < 0);
	assert_memory_equal(why, family->place, strlen(family->place));
	if (!strstr(why, words))
		fail_msg("\"%s\" is not in \"%s\"", words, why);
	assert_null(strstr(why, family->secret));
}
