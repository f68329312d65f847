/* driver = ycloud: WhatsApp, by an authentication template with a copy-code button, or SMS. */
#include "daemon/base/language.h"
#include "daemon/sender/api_option.h"
#include "daemon/sender/api_ycloud.h"

#include <string.h>

#define CODE_MAX 15 /* an authentication template takes no longer one */
#define TEMPLATE_CHARACTERS "abcdefghijklmnopqrstuvwxyz_0123456789"

static int check_whatsapp(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	if (!api_e164_ok(c->sender))
		return channel_config_error(c, why, "needs sender, the WhatsApp number with + and country code");
	if (*c->template == '\0' || c->template[strspn(c->template, TEMPLATE_CHARACTERS)])
		return channel_config_error(c, why, "needs template, a name of a-z, 0-9 and _");
	if (*c->language == '\0')
		return channel_config_error(c, why, "needs language, as the template has it (\"en_US\")");
	if (*c->callback_url)
		return channel_config_error(c, why,
					    "callback_url is for kind = sms: events of WhatsApp messages go to "
					    "the webhook endpoint of the account");
	return 0;
}

static int check_options(const struct config_channel *config, char why[static CONFIG_WHY_MAX])
{
	int r = api_check_kind(config, CHANNEL_WHATSAPP, CHANNEL_SMS, why);

	if (r == 0)
		r = config->kind == CHANNEL_WHATSAPP ? check_whatsapp(config, why) : api_check_callback(config, why);
	return r;
}

static int open_channel(const struct config_channel *config, struct http *http, void **ret,
			char why[static CONFIG_WHY_MAX])
{
	return ycloud_open(check_options, config, http, ret, why);
}

/* Unlike Meta itself YCloud wants the button's index as a number. */
static json_t *whatsapp_body(const struct config_channel *config, const struct channel_message *message)
{
	const char *language = language_choose(message->lang, config->languages, config->language);

	return json_pack("{s:s, s:s, s:s, s:{s:s, s:{s:s}, s:[{s:s, s:[{s:s, s:s}]},"
			 " {s:s, s:s, s:i, s:[{s:s, s:s}]}]}, s:s}",
			 "from", config->sender, "to", message->to, "type", "template", "template", "name",
			 config->template, "language", "code", language, "components", "type", "body", "parameters",
			 "type", "text", "text", message->code, "type", "button", "sub_type", "url", "index", 0,
			 "parameters", "type", "text", "text", message->code, "externalId", message->id);
}

static json_t *sms_body(const struct config_channel *config, const struct channel_message *message)
{
	char *callback __attribute__((cleanup(memory_freep))) = api_callback(config, message->id);

	if (*config->callback_url && !callback)
		return NULL;
	return json_pack("{s:s, s:s, s:s*, s:s, s:s*}", "to", message->to, "text", message->text, "senderId",
			 *config->sender ? config->sender : NULL, "externalId", message->id, "callbackUrl", callback);
}

static void send_message(struct channel_call *call, const struct channel_message *message)
{
	const struct api *api = call->channel;
	bool whatsapp = api->config->kind == CHANNEL_WHATSAPP;

	if (!api_number_ok(call, message))
		return;
	if (whatsapp && strlen(message->code) > CODE_MAX) {
		channel_failed(call, FAILURE_UNDELIVERABLE, "request", "the code does not fit WhatsApp");
		return;
	}
	if (whatsapp) /* the other way, by their queue, would say "accepted" to everything */
		api_post_json(call, "/whatsapp/messages/sendDirectly", whatsapp_body(api->config, message),
			      message->timeout_ms, ycloud_on_order);
	else
		api_post_json(call, "/sms", sms_body(api->config, message), message->timeout_ms, ycloud_on_order);
}

static void poll_message(struct channel_call *call, const char *message_id, int64_t timeout_ms)
{
	const struct api *api = call->channel;
	bool whatsapp = api->config->kind == CHANNEL_WHATSAPP;

	ycloud_poll(call, whatsapp ? "/whatsapp/messages/" : "/sms?filter.id=", message_id, timeout_ms);
}

const struct channel_ops channel_ycloud = {
	.name = "ycloud",
	.wants = WANTS_TEXT,
	.open = open_channel,
	.send = send_message,
	.probe = ycloud_probe,
	.poll = poll_message,
	.cancel = api_cancel,
	.close = api_close,
};
