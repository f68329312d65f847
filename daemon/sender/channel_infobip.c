/* driver = infobip: Infobip's SMS API, version 3. A message can be refused within an answer with HTTP 200. */
#include "daemon/sender/api.h"
#include "daemon/sender/api_option.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int check_options(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	if (*c->sender == '\0')
		return channel_config_error(c, why, "needs sender, a name or a number of the account");
	if (api_check_callback(c, why) < 0)
		return -EINVAL;
	return api_check_kind(c, CHANNEL_SMS, CHANNEL_SMS, why);
}

static int infobip_open(const struct config_channel *config, struct http *http, void **ret,
			char why[static CONFIG_WHY_MAX])
{
	static const struct api_terms terms = {.header = "Authorization: App ", .check = check_options};

	return api_open(&terms, config, http, ret, why);
}

static json_t *webhooks_of(const struct config_channel *c, const struct channel_message *message)
{
	if (*c->callback_url == '\0')
		return json_pack("{s:s}", "callbackData", message->id);
	return json_pack("{s:{s:s}, s:s}", "delivery", "url", c->callback_url, "callbackData", message->id);
}

static json_t *body_of(const struct config_channel *c, const struct channel_message *message)
{
	json_t *webhooks = webhooks_of(c, message);

	if (!webhooks)
		return NULL;
	return json_pack("{s:[{s:s, s:[{s:s, s:s}], s:{s:s}, s:{s:{s:I, s:s}}, s:o}]}", "messages", "sender", c->sender,
			 "destinations", "to", message->to + 1, "messageId", message->id, "content", "text",
			 message->text, "options", "validityPeriod", "amount",
			 (json_int_t)(message->seconds < 60 ? 1 : message->seconds / 60), "timeUnit", "MINUTES",
			 "webhooks", webhooks);
}

static bool text_of(const json_t *object, const char *key, char word[static WIRE_NAME_MAX])
{
	return api_word(json_object_get(object, key), word);
}

/* An enum receipt_state, or -ENOENT. Some names say more than the group. */
static int state_of(const json_t *status)
{
	char word[WIRE_NAME_MAX];
	int state = text_of(status, "name", word) ? provider_state_of(&provider_infobip, word) : -1;

	if (state < 0 && text_of(status, "groupName", word))
		state = provider_state_of(&provider_infobip, word);
	return state;
}

static void judge_message(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	const json_t *message = json_array_get(json_object_get(root, "messages"), 0);
	const json_t *status = json_object_get(message, "status");
	char code[WIRE_NAME_MAX], id[API_ID_MAX];
	int state = state_of(status);

	if (text_of(root, "errorCode", code))
		channel_judged(call, &provider_infobip, code, false, NULL, answer);
	else if (state == RECEIPT_FAILED && text_of(status, "name", code))
		channel_judged(call, &provider_infobip, code, false, NULL, answer);
	else if (state == RECEIPT_FAILED)
		channel_failed(call, FAILURE_UNDELIVERABLE, "refused", "the provider refused the message");
	else if (answer->status == 200 && state >= 0 && api_id(json_object_get(message, "messageId"), id))
		channel_sent(call, id);
	else
		channel_refused(call, answer);
}

static void on_message(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_message);
}

static void infobip_send(struct channel_call *call, const struct channel_message *message)
{
	if (api_number_ok(call, message))
		api_post_json(call, "/sms/3/messages", body_of(((const struct api *)call->channel)->config, message),
			      message->timeout_ms, on_message);
}

static const char *reason_of(const json_t *report, char word[static WIRE_NAME_MAX])
{
	const json_t *error = json_object_get(report, "error"), *status = json_object_get(report, "status");

	char other[WIRE_NAME_MAX];
	const char *reason = infobip_reason(text_of(error, "name", word) ? word : NULL,
					    text_of(status, "name", other) ? other : NULL);

	if (reason == other)
		strcpy(word, other);
	return reason ? word : "";
}

static void judge_log(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	const json_t *results = json_object_get(root, "results");
	const json_t *report = json_array_get(results, 0);
	int state = state_of(json_object_get(report, "status"));
	char code[WIRE_NAME_MAX];
	struct fault why;

	if (text_of(root, "errorCode", code)) {
		channel_judged(call, &provider_infobip, code, false, NULL, answer);
	} else if (answer->status == 200 && json_is_array(results) && !report) {
		channel_told(call, RECEIPT_ACCEPTED, NULL); /* the log is a little behind */
	} else if (answer->status == 200 && json_array_size(results) == 1 && state >= 0) {
		provider_judge(&provider_infobip, reason_of(report, code), &why);
		channel_told(call, (enum receipt_state)state, state == RECEIPT_FAILED ? &why : NULL);
	} else {
		channel_refused(call, answer);
	}
}

static void on_log(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_log);
}

static void infobip_poll(struct channel_call *call, const char *message_id, int64_t timeout_ms)
{
	char path[sizeof("/sms/3/logs?messageId=") + API_ID_MAX];

	snprintf(path, sizeof(path), "/sms/3/logs?messageId=%s", message_id);
	api_get(call, api_id_ok(message_id) ? path : NULL, timeout_ms, on_log);
}

const struct channel_ops channel_infobip = {
	.name = "infobip",
	.wants = WANTS_TEXT,
	.open = infobip_open,
	.send = infobip_send,
	.probe = api_connect,
	.poll = infobip_poll,
	.cancel = api_cancel,
	.close = api_close,
};
