#include "daemon/sender/channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TRACE_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

/* By HTTP status, where a provider says nothing better. The first row that fits. */
static const struct {
	long first, last;
	enum failure failure;
	bool retry;
	enum alarm alarm;
	enum breaker breaker;
	const char *detail;
} statuses[] = {
	{300, 399, FAILURE_CONFIG, false, ALARM_NOW, BREAKER_CHANNEL,
	 "the provider redirects elsewhere: the URL is wrong or not trusted"},
	{401, 403, FAILURE_CONFIG, false, ALARM_NOW, BREAKER_CHANNEL,
	 "the provider refused the credentials, the account or the request"},
	{407, 407, FAILURE_CONFIG, false, ALARM_NOW, BREAKER_CHANNEL, "a proxy stands in front of the provider"},
	{408, 408, FAILURE_TRANSIENT, true, ALARM_OFTEN, BREAKER_CHANNEL, "the provider did not wait for the request"},
	{425, 425, FAILURE_TRANSIENT, true, ALARM_OFTEN, BREAKER_CHANNEL, "the provider is not ready for the request"},
	{429, 429, FAILURE_TRANSIENT, true, ALARM_OFTEN, BREAKER_CHANNEL, "the provider's rate limit is reached"},
	{400, 499, FAILURE_UNDELIVERABLE, false, ALARM_OFTEN, BREAKER_NONE, "the provider refused the message"},
	{500, 599, FAILURE_TRANSIENT, true, ALARM_OFTEN, BREAKER_CHANNEL, "the provider has a fault"},
	{0, 999, FAILURE_UNKNOWN_OUTCOME, false, ALARM_OFTEN, BREAKER_CHANNEL,
	 "the answer does not say that the message was taken over"},
};

void channel_sent(struct channel_call *call, const char *message_id)
{
	struct channel_answer answer = {.sent = true};

	snprintf(answer.message_id, sizeof(answer.message_id), "%s", message_id);
	call->answered(call, &answer);
}

void channel_told_at(struct channel_call *call, enum receipt_state state, uint64_t at, const struct fault *why)
{
	struct channel_answer answer = {.sent = true, .state = state, .at = at};

	if (why)
		answer.why = *why;
	call->answered(call, &answer);
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
	call->answered(call, &answer);
}

void channel_failed(struct channel_call *call, enum failure failure, const char *code, const char *detail)
{
	struct channel_answer answer = {0};

	refuse(&answer, failure, code, detail);
	if (failure == FAILURE_CONFIG)
		answer.why.alarm = ALARM_NOW;
	call->answered(call, &answer);
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
	call->answered(call, &answer);
}

void channel_refused(struct channel_call *call, const struct http_answer *http)
{
	struct channel_answer answer = {.retry_after = http->retry_after};
	char code[32];
	size_t i = 0;

	while (http->status < statuses[i].first || http->status > statuses[i].last)
		i++;
	snprintf(code, sizeof(code), "http-%ld", http->status);
	refuse(&answer, statuses[i].failure, code, statuses[i].detail);
	answer.retry = statuses[i].retry;
	answer.why.alarm = (int)statuses[i].alarm;
	answer.why.breaker = (int)statuses[i].breaker;
	answer.why.often = statuses[i].alarm == ALARM_OFTEN;
	call->answered(call, &answer);
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
	call->answered(call, &answer);
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

int channel_check_ca_file(const struct config_channel *config, char why[static CONFIG_WHY_MAX])
{
	if (*config->ca_file == '\0' || access(config->ca_file, R_OK) == 0)
		return 0;
	return channel_config_error(config, why, "ca_file %s: %s", config->ca_file, strerror(errno));
}
