#include "tools/simulator/ycloud.h"
#include "tools/simulator/random.h"
#include "tools/simulator/sign.h"
#include "tools/simulator/template_message.h"
#include "tools/simulator/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX "0123456789abcdef"

static const char *kind_of(const struct message *message)
{
	return message->channel == CHANNEL_SMS ? "sms" : message->channel == CHANNEL_VOICE ? "voice" : "whatsapp";
}

static json_t *message_json(const struct message *message, const char *id, const char *status)
{
	json_t *json = json_pack("{s:s*, s:s, s:s*, s:s, s:s*}", "id", id, "status", status, "from", message->from,
				 "to", message->to, "externalId", message->callback[0] ? message->callback : NULL);
	char time[32];

	notify_time(message->at_ms, time);
	json_object_set_new(json, "createTime", json_string(time));
	if (message->channel == CHANNEL_WHATSAPP) {
		json_object_set_new(json, "wabaId", json_string(OPTIONS_WABA_ID));
		json_object_set_new(json, "type", json_string("template"));
		json_object_set_new(json, "wamid", json_sprintf("wamid.%s", message->id));
	}
	if (message->channel == CHANNEL_SMS)
		json_object_set_new(json, "totalSegments", json_integer(1));
	return json;
}

/* The code is a string here, whatever it is elsewhere. */
static void add_error(json_t *json, const struct message *message, const char *code)
{
	if (!code || !*code)
		code = message->channel == CHANNEL_WHATSAPP ? "131026" : "UNDELIVERED";
	json_object_set_new(json, "errorCode", json_string(code));
	json_object_set_new(json, "errorMessage", json_string("Asked for by --receipt"));
	if (message->channel == CHANNEL_WHATSAPP)
		json_object_set_new(json, "whatsappApiError",
				    json_pack("{s:s, s:s}", "code", code, "message", "Asked for by --receipt"));
}

static const char *status_word(const struct message *message)
{
	const char *status = message_status(message);

	return message->channel == CHANNEL_SMS && message->events_n > 0 && strcmp(status, "failed") == 0 ? "undelivered"
													 : status;
}

static void send_draft(struct vendor_call *call, struct message *draft)
{
	char id[MESSAGES_ID_MAX];
	const char *shown;

	random_text(id, 24, HEX);
	draft->to = vendor_text(call, "to");
	draft->callback = vendor_text(call, "externalId");
	draft->notify = vendor_text(call, "callbackUrl");
	if (!vendor_deliver(call, draft, id, &shown))
		return;
	answer_json(call->answer, 200, message_json(draft, shown, "accepted"));
	answer_header(call->answer, "YCloud-Request-ID", "%s", id);
}

/* As Meta's, but with an index that is a number. */
static void send_whatsapp(struct vendor_call *call)
{
	const json_t *template = json_object_get(call->fields, "template"),
		     *button = json_array_get(json_object_get(template, "components"), 1);
	struct template_message message = {0};
	struct refusal why;
	char text[TEMPLATE_TEXT_MAX];
	struct message draft = {.channel = CHANNEL_WHATSAPP, .text = text, .from = vendor_text(call, "from")};

	if (template_parse(template, call->simulator->account, &message, &why) < 0)
		return vendor_refuse(call, VENDOR_INVALID, "%s", why.details);
	if (!json_is_integer(json_object_get(button, "index")))
		return vendor_refuse(call, VENDOR_INVALID, "index of the button must be a number");
	template_message_print(&message, text);
	draft.code = message.code;
	draft.language = message.language;
	send_draft(call, &draft);
}

static void send_sms(struct vendor_call *call)
{
	char code[TEXT_CODE_MAX];
	struct message draft = {
		.channel = CHANNEL_SMS, .text = vendor_text(call, "text"), .from = vendor_text(call, "senderId")};

	text_find_code(draft.text, code);
	draft.code = code;
	send_draft(call, &draft);
}

static void send_voice(struct vendor_call *call)
{
	const char *code = vendor_text(call, "verificationCode"), *language = vendor_text(call, "language");
	size_t n = strlen(code);
	char text[96];
	struct message draft = {.channel = CHANNEL_VOICE, .text = text, .code = code, .language = language};

	if (n < 4 || n > 6 || code[strspn(code, "0123456789")])
		return vendor_refuse(call, VENDOR_INVALID, "verificationCode must be 4 to 6 digits");
	snprintf(text, sizeof(text), "Your verification code is %s.", code);
	send_draft(call, &draft);
}

static json_t *record_json(const struct message *message)
{
	json_t *json = message_json(message, message->id, status_word(message));

	for (size_t i = 0; i < message->events_n; i++)
		if (message->events[i].status == STATUS_FAILED)
			add_error(json, message, message->events[i].code);
	return json;
}

static void show(struct vendor_call *call, enum channel channel)
{
	struct message *message = vendor_find(call, call->parts[0]);

	if (!message)
		return;
	if (message->channel == channel)
		answer_json(call->answer, 200, record_json(message));
	else
		vendor_refuse(call, VENDOR_NOT_FOUND, "there is no message of this kind with this id");
	free(message);
}

static void list(struct vendor_call *call)
{
	const char *id = vendor_text(call, "filter.id");
	struct message *message = messages_find(call->simulator->messages, PROVIDER_YCLOUD, id);
	json_t *items = json_array();

	if (message)
		json_array_append_new(items, record_json(message));
	answer_json(call->answer, 200,
		    json_pack("{s:o, s:i, s:i, s:i}", "items", items, "offset", 0, "limit", 10, "length",
			      (int)json_array_size(items)));
	free(message);
}

static void show_whatsapp(struct vendor_call *call)
{
	show(call, CHANNEL_WHATSAPP);
}

static void show_sms(struct vendor_call *call)
{
	show(call, CHANNEL_SMS);
}

static void show_voice(struct vendor_call *call)
{
	show(call, CHANNEL_VOICE);
}

static void show_balance(struct vendor_call *call)
{
	answer_json(call->answer, 200, json_pack("{s:f, s:s}", "amount", 100.0, "currency", "USD"));
}

static const struct vendor_field whatsapp_fields[] = {
	{"from", FIELD_E164, .optional = false},
	{.name = "to", .kind = FIELD_E164},
	{"type", FIELD_WORD, .words = "template"},
	{.name = "template", .kind = FIELD_OBJECT},
	{"externalId", FIELD_TEXT, .optional = true, .most = 128},
};
static const struct vendor_field sms_fields[] = {
	{.name = "to", .kind = FIELD_E164},
	{"text", FIELD_TEXT, .most = 4096},
	{"senderId", FIELD_TEXT, .optional = true, .most = 16},
	{"externalId", FIELD_TEXT, .optional = true, .most = 128},
	{"callbackUrl", FIELD_URL, .optional = true},
};
static const struct vendor_field voice_fields[] = {
	{.name = "to", .kind = FIELD_E164},
	{"verificationCode", FIELD_TEXT, .most = 6},
	{"language", FIELD_TEXT, .optional = true, .most = 16},
	{"externalId", FIELD_TEXT, .optional = true, .most = 128},
	{"callbackUrl", FIELD_URL, .optional = true},
};

static const struct vendor_field list_fields[] = {{"filter.id", FIELD_TEXT, .most = 64}};

static const struct vendor_method methods[] = {
	{"POST", "/v2/whatsapp/messages/sendDirectly", VENDOR_JSON, VENDOR_FIELDS(whatsapp_fields), send_whatsapp},
	{"POST", "/v2/whatsapp/messages", VENDOR_JSON, VENDOR_FIELDS(whatsapp_fields), send_whatsapp},
	{"GET", "/v2/whatsapp/messages/*", VENDOR_QUERY, NULL, 0, show_whatsapp},
	{"POST", "/v2/sms", VENDOR_JSON, VENDOR_FIELDS(sms_fields), send_sms},
	{"GET", "/v2/sms", VENDOR_QUERY, VENDOR_FIELDS(list_fields), list},
	{"GET", "/v2/sms/*", VENDOR_QUERY, NULL, 0, show_sms},
	{"POST", "/v2/voices", VENDOR_JSON, VENDOR_FIELDS(voice_fields), send_voice},
	{"GET", "/v2/voices", VENDOR_QUERY, VENDOR_FIELDS(list_fields), list},
	{"GET", "/v2/voices/*", VENDOR_QUERY, NULL, 0, show_voice},
	{"GET", "/v2/balance", VENDOR_QUERY, NULL, 0, show_balance},
};

static bool authenticate(const struct vendor_call *call)
{
	return vendor_is_token(call, call->request->api_key);
}

static json_t *error(unsigned status, const char *code, const char *reason)
{
	json_t *json = json_pack("{s:i, s:s, s:s}", "status", (int)status, "code", code, "message", reason);

	if (*code >= '0' && *code <= '9') { /* Meta's */
		json_object_set_new(json, "whatsappApiError", json_pack("{s:s, s:s}", "code", code, "message", reason));
		json_object_set_new(json, "code", json_string("WHATSAPP_API_ERROR"));
	}
	return json_pack("{s:o}", "error", json);
}

/* The same status has the same id: a receipt that is sent again is known by it. */
static bool compose(const struct options *options, const struct notifier *notifier, const struct notice *notices,
		    size_t n, int64_t now, struct posting *ret)
{
	const struct message *message = notices[0].message;
	const char *secret = notify_secret(options->ycloud_secret, notices), *kind = kind_of(message);
	const char *word = notifier->words[notices[0].status];
	char time[32], signed_text[32], hex[SIGN_HEX_MAX], type[48], member[24];
	json_t *event, *its;
	char *text;
	int length;

	(void)n;
	if (message->channel == CHANNEL_SMS && notices[0].status == STATUS_FAILED)
		word = "undelivered";
	notify_time(notices[0].at_ms, time);
	snprintf(type, sizeof(type), "%s.message.updated", kind);
	snprintf(member, sizeof(member), "%s%s", kind, message->channel == CHANNEL_WHATSAPP ? "Message" : "");
	its = message_json(message, message->id, word);
	json_object_set_new(its, "updateTime", json_string(time));
	if (notices[0].status == STATUS_FAILED)
		add_error(its, message, notices[0].code);
	event = json_pack("{s:o, s:s, s:s, s:s, s:o}", "id", json_sprintf("evt_%s_%s", message->id, word), "type", type,
			  "apiVersion", "v2", "createTime", time, member, its);
	if (!notify_json(ret, notify_url(options, message), event))
		return false;
	if (notices[0].flags & RECEIPT_OLD)
		now = (int64_t)(notices[0].at_ms / 1000);
	snprintf(signed_text, sizeof(signed_text), "%" PRId64, now);
	length = asprintf(&text, "%s.%s", signed_text, ret->body);
	if (length < 0)
		return false;
	sign_sha256(secret, strlen(secret), text, (size_t)length, hex);
	free(text);
	snprintf(ret->headers[1], sizeof(ret->headers[1]), "YCloud-Signature: t=%s,s=%s", signed_text, hex);
	snprintf(ret->headers[2], sizeof(ret->headers[2]), "X-Webhook-Endpoint-ID: simulator");
	return true;
}

static const struct notifier notifier = {
	.words = {"sent", "delivered", "read", "failed"}, .batch_max = 1, .compose = compose};

const struct vendor ycloud = {
	.provider = PROVIDER_YCLOUD,
	.prefix = "/v2/",
	.methods = methods,
	.methods_n = sizeof(methods) / sizeof(methods[0]),
	.authenticate = authenticate,
	.errors = {{401, "UNAUTHORIZED"},
		   {404, "NOT_FOUND"},
		   {405, "METHOD_NOT_ALLOWED"},
		   {415, "UNSUPPORTED_MEDIA_TYPE"},
		   {400, "PARAM_INVALID"},
		   {409, "DUPLICATE"},
		   {400, "PARAM_INVALID"}},
	.error = error,
	.notifier = &notifier,
};
