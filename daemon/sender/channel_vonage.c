/*
 * driver = vonage: Vonage's SMS API. It always answers with HTTP 200; whether a message was taken over is said for each
 * of its parts. The key and the secret travel in the body.
 */
#include "daemon/base/sms.h"
#include "daemon/sender/api.h"
#include "daemon/sender/api_option.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SECOND_MS 1000
#define TTL_LEAST 20 /* seconds */

static int check_options(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	if (*c->account == '\0')
		return channel_config_error(c, why, "needs account, the API key; token is its secret");
	if (*c->sender == '\0')
		return channel_config_error(c, why, "needs sender, a name or a number of the account");
	if (api_check_callback(c, why) < 0)
		return -EINVAL;
	return api_check_kind(c, CHANNEL_SMS, CHANNEL_SMS, why);
}

static int vonage_open(const struct config_channel *config, struct http *http, void **ret,
		       char why[static CONFIG_WHY_MAX])
{
	static const struct api_terms terms = {.base_url = "https://rest.nexmo.com", .check = check_options};

	return api_open(&terms, config, http, ret, why);
}

static char *body_of(const struct api *api, const struct channel_message *message)
{
	static const char body[] =
		"api_key={account}&api_secret={secret}&from={sender}&to={to_digits}&type={type}&text={text}"
		"&client-ref={id}&ttl={ttl}&status-report-req={report}";
	static const char with_callback[] =
		"api_key={account}&api_secret={secret}&from={sender}&to={to_digits}&type={type}&text={text}"
		"&client-ref={id}&ttl={ttl}&status-report-req={report}&callback={callback}";
	const struct config_channel *c = api->config;
	int64_t ttl = message->seconds;
	char ttl_ms[24], *ret = NULL;
	const struct template_value values[] = {
		{"account", c->account},
		{"secret", api->secret.data},
		{"sender", c->sender},
		{"to_digits", message->to + 1},
		{"type", sms_measure(message->text).unicode ? "unicode" : "text"},
		{"text", message->text},
		{"id", message->id},
		{"ttl", ttl_ms},
		{"report", c->receipts == RECEIPTS_WEBHOOK ? "true" : "false"},
		{"callback", c->callback_url},
		{NULL, NULL},
	};

	snprintf(ttl_ms, sizeof(ttl_ms), "%lld", (long long)(ttl < TTL_LEAST ? TTL_LEAST : ttl) * SECOND_MS);
	(void)template_render(*c->callback_url ? with_callback : body, TEMPLATE_PERCENT, values, &ret);
	return ret;
}

/* The status of the first part that was refused, false if there is none. taken: how many parts were not. */
static bool refusal_of(const json_t *messages, char status[static WIRE_NAME_MAX], size_t *ret_taken)
{
	const json_t *message;
	bool refused = false;
	size_t i;

	*ret_taken = 0;
	json_array_foreach(messages, i, message)
	{
		const json_t *said = json_object_get(message, "status");
		char word[WIRE_NAME_MAX];

		if (!api_word(said, word))
			continue;
		if (strcmp(word, "0") == 0)
			(*ret_taken)++;
		else if (!refused)
			strcpy(status, word);
		refused = refused || strcmp(word, "0") != 0;
	}
	return refused;
}

static void judge_message(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	const json_t *messages = json_object_get(root, "messages");
	char status[WIRE_NAME_MAX], id[API_ID_MAX];
	size_t taken;
	bool refused = refusal_of(messages, status, &taken);

	if (refused && taken > 0)
		channel_failed(call, FAILURE_UNKNOWN_OUTCOME, "part", "only a part of the message was taken over");
	else if (refused)
		channel_judged(call, &provider_vonage, status, false, NULL, answer);
	else if (answer->status == 200 && taken > 0 && taken == json_array_size(messages) &&
		 api_id(json_object_get(json_array_get(messages, 0), "message-id"), id))
		channel_sent(call, id);
	else
		channel_refused(call, answer);
}

static void on_message(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_message);
}

static void vonage_send(struct channel_call *call, const struct channel_message *message)
{
	char *body __attribute__((cleanup(memory_freep))) = NULL;

	if (!api_number_ok(call, message))
		return;
	body = body_of(call->channel, message);
	api_post_form(call, "/sms/json", body, message->timeout_ms, on_message);
}

const struct channel_ops channel_vonage = {
	.name = "vonage",
	.wants = WANTS_TEXT,
	.open = vonage_open,
	.send = vonage_send,
	.probe = api_connect,
	.cancel = api_cancel,
	.close = api_close,
};
