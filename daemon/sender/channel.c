#include "daemon/sender/channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* By HTTP status, where a provider says nothing better. The first row that fits. */
static const struct {
	long first, last;
	enum failure failure;
	bool retry, alarm;
	const char *detail;
} statuses[] = {
	{300, 399, FAILURE_CONFIG, false, true, "the provider redirects elsewhere: the URL is wrong or not trusted"},
	{401, 403, FAILURE_CONFIG, false, true, "the provider refused the credentials, the account or the request"},
	{407, 407, FAILURE_CONFIG, false, true, "a proxy stands in front of the provider"},
	{429, 429, FAILURE_TRANSIENT, true, false, "the provider's rate limit is reached"},
	{400, 499, FAILURE_UNDELIVERABLE, false, false, "the provider refused the message"},
	{500, 599, FAILURE_TRANSIENT, true, false, "the provider has a fault"},
	{0, 999, FAILURE_UNKNOWN_OUTCOME, false, false, "the answer does not say that the message was taken over"},
};

void channel_sent(struct channel_call *call, const char *message_id)
{
	struct channel_answer answer = {.sent = true};

	snprintf(answer.message_id, sizeof(answer.message_id), "%s", message_id);
	call->answered(call, &answer);
}

void channel_failed(struct channel_call *call, enum failure failure, const char *code, const char *detail)
{
	struct channel_answer answer = {.failure = failure, .alarm = failure == FAILURE_CONFIG};

	snprintf(answer.code, sizeof(answer.code), "%s", code);
	snprintf(answer.detail, sizeof(answer.detail), "%s", detail);
	call->answered(call, &answer);
}

void channel_unanswered(struct channel_call *call, const struct http_answer *http)
{
	static const struct {
		enum failure failure;
		bool retry, alarm;
		const char *code;
	} outcomes[] = {
		[HTTP_NOT_SENT] = {FAILURE_TRANSIENT, true, false, "network"},
		[HTTP_NOT_TRUSTED] = {FAILURE_CONFIG, false, true, "tls"},
		[HTTP_LOST] = {FAILURE_UNKNOWN_OUTCOME, false, false, "no-answer"},
	};
	struct channel_answer answer = {
		.failure = outcomes[http->outcome].failure,
		.retry = outcomes[http->outcome].retry,
		.alarm = outcomes[http->outcome].alarm,
	};

	snprintf(answer.code, sizeof(answer.code), "%s", outcomes[http->outcome].code);
	snprintf(answer.detail, sizeof(answer.detail), "%s", http->error);
	call->answered(call, &answer);
}

void channel_refused(struct channel_call *call, const struct http_answer *http)
{
	struct channel_answer answer = {.retry_after = http->retry_after};
	size_t i = 0;

	while (http->status < statuses[i].first || http->status > statuses[i].last)
		i++;
	answer.failure = statuses[i].failure;
	answer.retry = statuses[i].retry;
	answer.alarm = statuses[i].alarm;
	snprintf(answer.code, sizeof(answer.code), "http-%ld", http->status);
	snprintf(answer.detail, sizeof(answer.detail), "%s", statuses[i].detail);
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
