/* driver = unifonic: Unifonic's SMS API. Success is said in the body, what went wrong by HTTP statuses of its own. */
#include "daemon/sender/api.h"
#include "daemon/sender/api_option.h"

#include <stdio.h>
#include <string.h>

static int check_options(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	if (*c->user == '\0')
		return channel_config_error(c, why, "needs user and password, as the account's console shows them");
	if (*c->password == '\0')
		return channel_config_error(c, why, "needs password = \"credential:NAME\" or \"file:/PATH\"");
	if (*c->account == '\0')
		return channel_config_error(c, why, "needs account, the AppSid of the application");
	if (*c->sender == '\0')
		return channel_config_error(c, why, "needs sender, a sender name that is registered");
	return api_check_kind(c, CHANNEL_SMS, CHANNEL_SMS, why);
}

static int unifonic_open(const struct config_channel *config, struct http *http, void **ret,
			 char why[static CONFIG_WHY_MAX])
{
	static const struct api_terms terms = {
		.base_url = "https://el.cloud.unifonic.com",
		.basic = true,
		.check = check_options,
	};

	return api_open(&terms, config, http, ret, why);
}

static char *body_of(const struct config_channel *c, const struct channel_message *message)
{
	static const char body[] = "AppSid={account}&SenderID={sender}&Recipient={to_digits}&Body={text}"
				   "&CorrelationID={id}&responseType=JSON&async=false";
	static const char with_receipts[] = "AppSid={account}&SenderID={sender}&Recipient={to_digits}&Body={text}"
					    "&CorrelationID={id}&responseType=JSON&async=false&statusCallback=sent";
	const struct template_value values[] = {
		{"account", c->account}, {"sender", c->sender}, {"to_digits", message->to + 1},
		{"text", message->text}, {"id", message->id},   {NULL, NULL},
	};
	char *ret = NULL;

	(void)template_render(c->receipts == RECEIPTS_WEBHOOK ? with_receipts : body, TEMPLATE_PERCENT, values, &ret);
	return ret;
}

/* 1: it says so; 0: it says no; -1: it does not say. A boolean, or a word. */
static int success_of(const json_t *root)
{
	char text[8];

	if (!json_scalar(json_object_get(root, "success"), text, sizeof(text)))
		return -1;
	return strcasecmp(text, "true") == 0 ? 1 : strcasecmp(text, "false") == 0 ? 0 : -1;
}

static void judge_message(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	const json_t *data = json_object_get(root, "data");
	int success = success_of(root);
	char word[WIRE_NAME_MAX], id[API_ID_MAX];
	bool failed = api_word(json_object_get(data, "Status"), word) &&
		      provider_state_of(&provider_unifonic, word) == RECEIPT_FAILED;

	if (answer->status / 100 != 2)
		api_refused(call, &provider_unifonic, answer);
	else if (success == 0 && api_word(json_object_get(root, "errorCode"), word))
		channel_judged(call, &provider_unifonic, word, false, NULL, answer);
	else if (success == 0 || failed)
		channel_failed(call, FAILURE_UNDELIVERABLE, "refused", "the provider refused the message");
	else if (success == 1 && api_id(json_object_get(data, "MessageID"), id))
		channel_sent(call, id);
	else
		channel_refused(call, answer);
}

static void on_message(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_message);
}

static void unifonic_send(struct channel_call *call, const struct channel_message *message)
{
	char *body __attribute__((cleanup(memory_freep))) = NULL;

	if (!api_number_ok(call, message))
		return;
	body = body_of(((const struct api *)call->channel)->config, message);
	api_post_form(call, "/rest/SMS/messages", body, message->timeout_ms, on_message);
}

const struct channel_ops channel_unifonic = {
	.name = "unifonic",
	.wants = WANTS_TEXT,
	.open = unifonic_open,
	.send = unifonic_send,
	.probe = api_connect,
	.cancel = api_cancel,
	.close = api_close,
};
