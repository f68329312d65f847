#include "daemon/sender/channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TRACE_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

struct status {
	long first, last;
	enum failure failure;
	bool retry;
	enum alarm alarm;
	enum breaker breaker;
	const char *detail;
};

/* By HTTP status, where a provider says nothing better. The first row that fits. */
static const struct status statuses[] = {
	{300, 399, FAILURE_CONFIG, false, ALARM_NOW, BREAKER_CHANNEL,
	 "the provider redirects elsewhere: the URL is wrong or not trusted"},
	{401, 403, FAILURE_CONFIG, false, ALARM_NOW, BREAKER_CHANNEL,
	 "the provider refused the credentials, the account or the request"},
	{407, 407, FAILURE_CONFIG, false, ALARM_NOW, BREAKER_CHANNEL, "a proxy stands in front of the provider"},
	{408, 408, FAILURE_TRANSIENT, true, ALARM_OFTEN, BREAKER_CHANNEL, "the provider did not wait for the request"},
	{425, 425, FAILURE_TRANSIENT, true, ALARM_OFTEN, BREAKER_CHANNEL, "the provider is not ready for the request"},
	{429, 429, FAILURE_TRANSIENT, true, ALARM_OFTEN, BREAKER_CHANNEL, "the provider's rate limit is reached"},
	{400, 499, FAILURE_UNDELIVERABLE, false, ALARM_OFTEN, BREAKER_NONE, "the provider refused the message"},
	{502, 503, FAILURE_TRANSIENT, true, ALARM_OFTEN, BREAKER_CHANNEL, "the provider is down or overloaded"},
	{500, 599, FAILURE_UNKNOWN_OUTCOME, false, ALARM_OFTEN, BREAKER_CHANNEL,
	 "the provider has a fault, and the message may have left before"},
	{0, 999, FAILURE_UNKNOWN_OUTCOME, false, ALARM_OFTEN, BREAKER_CHANNEL,
	 "the answer does not say that the message was taken over"},
};

/* The same of a fault before which nothing can have left, and of one behind which a second try would cost again. */
static const struct status fault_in_front = {
	500, 599, FAILURE_TRANSIENT, true, ALARM_OFTEN, BREAKER_CHANNEL, "the provider has a fault"};
static const struct status fault_behind = {500,
					   599,
					   FAILURE_UNKNOWN_OUTCOME,
					   false,
					   ALARM_OFTEN,
					   BREAKER_CHANNEL,
					   "the provider has a fault, and the message may have left before"};

/* Every answer of a driver's goes this way. */
static void give(struct channel_call *call, struct channel_answer *answer)
{
	answer->retry = answer->retry && !call->once;
	call->answered(call, answer);
}

void channel_sent(struct channel_call *call, const char *message_id)
{
	struct channel_answer answer = {.sent = true};

	snprintf(answer.message_id, sizeof(answer.message_id), "%s", message_id);
	give(call, &answer);
}

void channel_told_at(struct channel_call *call, enum receipt_state state, uint64_t at, const struct fault *why)
{
	struct channel_answer answer = {.sent = true, .state = state, .at = at};

	if (why)
		answer.why = *why;
	give(call, &answer);
}

void channel_told(struct channel_call *call, enum receipt_state state, const struct fault *why)
{
	channel_told_at(call, state, 0, why);
}

static void refuse(struct channel_answer *answer, enum failure failure, const char *code, const char *detail)
{
	answer->why.failure = (int)failure;
	snprintf(answer->why.code, sizeof(answer->why.code), "%s", code);
	snprintf(answer->why.detail, sizeof(answer->why.detail), "%s", detail);
}

void channel_degraded(struct channel_call *call, const char *code, const char *detail)
{
	struct channel_answer answer = {.sent = true};

	refuse(&answer, FAILURE_TRANSIENT, code, detail);
	give(call, &answer);
}

void channel_failed(struct channel_call *call, enum failure failure, const char *code, const char *detail)
{
	struct channel_answer answer = {0};

	refuse(&answer, failure, code, detail);
	if (failure == FAILURE_CONFIG)
		answer.why.alarm = ALARM_NOW;
	give(call, &answer);
}

void channel_unanswered(struct channel_call *call, const struct http_answer *http)
{
	/* One lost answer or connection says little about the channel, many do. */
	static const struct {
		enum failure failure;
		bool retry, often;
		enum alarm alarm;
		const char *code;
	} outcomes[] = {
		[HTTP_NOT_SENT] = {FAILURE_TRANSIENT, true, true, ALARM_OFTEN, "network"},
		[HTTP_NOT_TRUSTED] = {FAILURE_CONFIG, false, false, ALARM_NOW, "tls"},
		[HTTP_LOST] = {FAILURE_UNKNOWN_OUTCOME, false, true, ALARM_OFTEN, "no-answer"},
	};
	struct channel_answer answer = {.retry = outcomes[http->outcome].retry};

	refuse(&answer, outcomes[http->outcome].failure, outcomes[http->outcome].code, http->error);
	answer.why.alarm = (int)outcomes[http->outcome].alarm;
	answer.why.breaker = BREAKER_CHANNEL;
	answer.why.often = outcomes[http->outcome].often;
	give(call, &answer);
}

void channel_reached(struct http_call *http, const struct http_answer *answer)
{
	struct channel_call *call = http->userdata;

	if (answer->outcome == HTTP_ANSWERED)
		channel_sent(call, "");
	else
		channel_unanswered(call, answer);
}

static const struct status *status_of(long status)
{
	const struct status *row = statuses;

	while (status < row->first || status > row->last)
		row++;
	return row;
}

static void answer_status(struct channel_call *call, const struct http_answer *http, const struct status *row)
{
	struct channel_answer answer = {.retry_after = http->retry_after, .retry = row->retry};
	char code[32];

	snprintf(code, sizeof(code), "http-%ld", http->status);
	refuse(&answer, row->failure, code, row->detail);
	answer.why.alarm = (int)row->alarm;
	answer.why.breaker = (int)row->breaker;
	answer.why.often = row->alarm == ALARM_OFTEN;
	give(call, &answer);
}

void channel_refused(struct channel_call *call, const struct http_answer *http)
{
	if (call->question)
		channel_unsent(call, http);
	else
		answer_status(call, http,
			      call->once && http->status / 100 == 5 ? &fault_behind : status_of(http->status));
}

void channel_unsent(struct channel_call *call, const struct http_answer *http)
{
	answer_status(call, http, http->status / 100 == 5 ? &fault_in_front : status_of(http->status));
}

void channel_judged(struct channel_call *call, const struct provider *provider, const char *code, bool transient,
		    const char *trace, const struct http_answer *http)
{
	const struct provider_error *row = provider_error_find(provider, code);
	bool passes = transient || http->status >= 500 || http->status == 429;
	bool forbidden = http->status == 401 || http->status == 403;
	const struct provider_error unknown = {
		.failure = passes      ? FAILURE_TRANSIENT
			   : forbidden ? FAILURE_CONFIG
				       : FAILURE_UNDELIVERABLE,
		.retry = passes,
		.alarm = ALARM_NOW,
		.meaning = "an error that this version does not know",
	};
	struct channel_answer answer = {.retry_after = http->retry_after};

	if (!row)
		row = &unknown;
	answer.retry = row->retry;
	provider_explain(row, code, &answer.why);
	if (trace && strlen(trace) < sizeof(answer.trace) && strspn(trace, TRACE_CHARACTERS) == strlen(trace))
		strcpy(answer.trace, trace);
	give(call, &answer);
}

int channel_config_error(const struct config_channel *config, char why[static CONFIG_WHY_MAX], const char *format, ...)
{
	va_list args;
	int n = snprintf(why, CONFIG_WHY_MAX, "%s:%d: channel \"%s\": ", config->file, config->line, config->name);

	if (n > 0 && n < CONFIG_WHY_MAX) {
		va_start(args, format);
		vsnprintf(why + n, (size_t)(CONFIG_WHY_MAX - n), format, args);
		va_end(args);
	}
	return -EINVAL;
}

int channel_load_secret(const struct config_channel *config, const char *option, const char *reference,
			struct secret *ret, char why[static CONFIG_WHY_MAX])
{
	char secret_why[CONFIG_WHY_MAX / 2] = "";
	int r = *reference ? secret_load(reference, ret, secret_why, sizeof(secret_why)) : 0;

	if (r < 0)
		return channel_config_error(config, why, "%s: %s", option, secret_why);
	if (ret->data && !wire_text_ok(ret->data, ret->length))
		return channel_config_error(
			config, why, "%s: the file holds control characters: has it more than one line, or CRLF?",
			option);
	return 0;
}

int channel_check_ca_file(const struct config_channel *config, char why[static CONFIG_WHY_MAX])
{
	if (*config->ca_file == '\0' || access(config->ca_file, R_OK) == 0)
		return 0;
	return channel_config_error(config, why, "ca_file %s: %s", config->ca_file, strerror(errno));
}
