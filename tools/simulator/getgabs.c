#include "tools/simulator/getgabs.h"
#include "tools/simulator/random.h"
#include "tools/simulator/template_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAMPAIGN "simulator"

static void send_template(struct vendor_call *call)
{
	static const char *const own[] = {"api_key", "sender", "campaign_id", "receiver_name"};
	const char *campaign = vendor_text(call, "campaign_id"), *shown;
	char text[TEMPLATE_TEXT_MAX], id[MESSAGES_ID_MAX] = "wamid.";
	struct template_message message;
	struct refusal why;
	json_t *body;
	struct message draft = {.channel = CHANNEL_WHATSAPP, .text = text, .from = vendor_text(call, "sender")};

	if (strcmp(campaign, CAMPAIGN) != 0)
		return vendor_refuse(call, VENDOR_INVALID, "Wrong Campaign ID!");
	body = json_copy(call->fields);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		json_object_del(body, own[i]);
	if (template_message_parse(body, call->simulator->account, &message, &why) < 0) {
		vendor_refuse(call, VENDOR_INVALID, "%s", why.details);
	} else if (message.input[0] == '+') {
		vendor_refuse(call, VENDOR_INVALID, "to must be digits without +");
	} else {
		template_message_print(&message, text);
		draft.to = message.to;
		draft.code = message.code;
		draft.language = message.language;
		draft.callback = message.callback;
		random_text(id + strlen(id), 32, "0123456789ABCDEF");
		if (vendor_deliver(call, &draft, id, &shown))
			answer_json(call->answer, 200,
				    json_pack("{s:s, s:[{s:s, s:s}], s:[{s:s*}]}", "messaging_product", "whatsapp",
					      "contacts", "input", message.input, "wa_id", message.to + 1, "messages",
					      "id", shown));
	}
	json_decref(body);
}

/* The path is spelt so by the provider. */
static void show(struct vendor_call *call)
{
	struct message *message = vendor_find(call, vendor_text(call, "message_id"));
	const char *status, *code = NULL;

	if (!message)
		return;
	status = message_status(message);
	for (size_t i = 0; i < message->events_n; i++)
		if (message->events[i].status == STATUS_FAILED)
			code = message->events[i].code;
	answer_json(call->answer, 200,
		    json_pack("{s:b, s:{s:s, s:s, s:s?}}", "status", 1, "message", "message_id", message->id, "status",
			      strcmp(status, "accepted") == 0 ? "sent" : status, "error_message", code));
	free(message);
}

static const struct vendor_field send_fields[] = {
	{"api_key", FIELD_TEXT, .most = 1024},
	{.name = "sender", .kind = FIELD_DIGITS},
	{"campaign_id", FIELD_TEXT, .most = 64},
	{"receiver_name", FIELD_TEXT, .optional = true, .most = 128},
	{"messaging_product", FIELD_WORD, .words = "whatsapp"},
	{"recipient_type", FIELD_WORD, .optional = true, .words = "individual"},
	{.name = "to", .kind = FIELD_DIGITS},
	{"type", FIELD_WORD, .words = "template"},
	{.name = "template", .kind = FIELD_OBJECT},
	{"biz_opaque_callback_data", FIELD_TEXT, .optional = true, .most = TEMPLATE_CALLBACK_MAX},
};
static const struct vendor_field show_fields[] = {
	{"api_key", FIELD_TEXT, .most = 1024},
	{"message_id", FIELD_TEXT, .most = 128},
};

#define ROOT "/whatsappbusiness/"
static const struct vendor_method methods[] = {
	{"POST", ROOT "send-templated-message", VENDOR_JSON, VENDOR_FIELDS(send_fields), send_template},
	{"POST", ROOT "getmessgageinfobyid", VENDOR_JSON, VENDOR_FIELDS(show_fields), show},
};

static bool authenticate(const struct vendor_call *call)
{
	return vendor_is_token(call, vendor_text(call, "api_key"));
}

static json_t *error(unsigned status, const char *code, const char *reason)
{
	(void)status;
	return json_pack("{s:b, s:o}", "status", 0, "msg",
			 *code ? json_sprintf("%s: %s", code, reason) : json_string(reason));
}

const struct vendor getgabs = {
	.provider = PROVIDER_GETGABS,
	.prefix = ROOT,
	.methods = methods,
	.methods_n = sizeof(methods) / sizeof(methods[0]),
	.key_in_fields = true,
	.authenticate = authenticate,
	.errors = {{200, ""}, {200, ""}, {405, ""}, {200, ""}, {200, ""}, {200, ""}, {200, ""}},
	.error = error,
};
