/*
 * Meta's Cloud API: "X-Hub-Signature-256: sha256=<hex of HMAC-SHA256(app secret, raw body)>", and bodies of up to a
 * thousand updates: entry[].changes[], each a field with its value.
 */
#include "daemon/base/phone.h"
#include "daemon/webhook/document.h"
#include "daemon/webhook/signature.h"
#include "daemon/webhook/whatsapp_events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIGNATURE_PREFIX "sha256="
#define CHALLENGE_MAX 32
#define DRIVER "whatsapp_cloud"
#define MILLISECONDS_FROM 100000000000ULL /* as seconds: the year 5138 */

/* A change and what belongs to it. */
struct change {
	const struct config *config;
	const struct parser_sink *sink;
	const json_t *value;
	uint64_t at; /* of the entry */
};

/* Pieces of JSON. */

/* A member as text; "" if it is not there or no scalar that fits. */
static bool text_of(const json_t *object, const char *key, char *text, size_t size)
{
	return json_scalar(json_object_get(object, key), text, size);
}

/* Wall clock in seconds: as text or number, of seconds or milliseconds. */
static uint64_t time_of(const json_t *object, const char *key)
{
	char text[24];
	uint64_t at;

	if (!text_of(object, key, text, sizeof(text)) || text[strspn(text, "0123456789")] != '\0')
		return 0;
	at = strtoull(text, NULL, 10);
	return at >= MILLISECONDS_FROM ? at / 1000 : at;
}

/* Appends the provider's word for an event. */
static void append_word(char event[static WIRE_NAME_MAX], const json_t *object, const char *key)
{
	char word[WIRE_NAME_MAX];

	text_of(object, key, word, sizeof(word));
	whatsapp_append_word(event, word);
}

static bool phone_of(const json_t *object, const char *key, char phone[static WIRE_PHONE_MAX])
{
	char number[WIRE_PHONE_MAX];

	text_of(object, key, number, sizeof(number));
	return whatsapp_phone(number, phone);
}

/* What is ours. */

static bool is_our_number(const struct change *change)
{
	char id[64];

	if (!text_of(json_object_get(change->value, "metadata"), "phone_number_id", id, sizeof(id)))
		return false;
	for (size_t i = 0; i < change->config->channel_count; i++) {
		const struct config_channel *channel = &change->config->channels[i];

		if (strcmp(channel->driver, DRIVER) == 0 && strcmp(channel->phone_number_id, id) == 0)
			return true;
	}
	return false;
}

static bool is_our_account(const struct config *config, const json_t *entry)
{
	char id[64];

	text_of(entry, "id", id, sizeof(id));
	return whatsapp_account_is_ours(config, DRIVER, id);
}

/* Statuses. */

/* Ours is hex and no longer than a delivery's id; what somebody else sent with the account is not. */
static void own_id_of(const json_t *status, char id[static WIRE_ID_MAX])
{
	if (text_of(status, "biz_opaque_callback_data", id, WIRE_ID_MAX) && id[strspn(id, "0123456789abcdef")] == '\0')
		return;
	id[0] = '\0';
}

static void on_status(const struct change *change, const json_t *status)
{
	struct receipt receipt = {0};
	char word[WIRE_NAME_MAX], code[WIRE_NAME_MAX];
	int state;

	if (!text_of(status, "id", receipt.message_id, sizeof(receipt.message_id)) ||
	    !text_of(status, "status", word, sizeof(word)))
		return;
	state = provider_state_of(&provider_meta, word);
	if (state < 0)
		return;
	receipt.state = state;
	receipt.at = time_of(status, "timestamp");
	own_id_of(status, receipt.id);
	if (state == RECEIPT_FAILED) {
		text_of(json_array_get(json_object_get(status, "errors"), 0), "code", code, sizeof(code));
		provider_judge(&provider_meta, code, &receipt.why);
	}
	change->sink->receipt(change->sink->userdata, &receipt);
}

/* Signals. */

static void emit(const struct change *change, const struct signal *signal)
{
	change->sink->signal(change->sink->userdata, signal);
}

static void say(struct signal *signal, const char *subject, const char *detail)
{
	snprintf(signal->subject, sizeof(signal->subject), "%s", subject);
	snprintf(signal->detail, sizeof(signal->detail), "%s", detail);
}

/* The recipient has pressed a button under one of our messages. */
static void on_button(const struct change *change, const json_t *message)
{
	struct signal signal = {.at = time_of(message, "timestamp")};

	if (!whatsapp_button(json_string_value(json_object_get(json_object_get(message, "button"), "payload")),
			     &signal))
		return;
	text_of(json_object_get(message, "context"), "id", signal.message_id, sizeof(signal.message_id));
	phone_of(message, "from", signal.phone);
	emit(change, &signal);
}

/* The number as it was: system.wa_id and new_wa_id are the new one. */
static void old_number_of(const struct change *change, const json_t *message, char phone[static WIRE_PHONE_MAX])
{
	const json_t *contact = json_array_get(json_object_get(change->value, "contacts"), 0);

	if (phone_of(json_object_get(message, "system"), "customer", phone) || phone_of(message, "from", phone))
		return;
	phone_of(contact, "wa_id", phone);
}

static void on_system(const struct change *change, const json_t *message)
{
	const json_t *type = json_object_get(json_object_get(message, "system"), "type");
	struct signal signal = {.at = time_of(message, "timestamp")};

	if (!whatsapp_system(json_string_value(type), &signal))
		return;
	old_number_of(change, message, signal.phone);
	emit(change, &signal);
}

/* The account's own errors, not a message's. */
static void on_error(const struct change *change, const json_t *error)
{
	struct signal signal = {.kind = SIGNAL_ACCOUNT, .at = change->at};
	struct fault why;
	char code[WIRE_NAME_MAX];

	if (!text_of(error, "code", code, sizeof(code)))
		return;
	provider_judge(&provider_meta, code, &why);
	signal.alarm = why.alarm;
	snprintf(signal.event, sizeof(signal.event), "%s", code);
	say(&signal, "error", why.detail);
	emit(change, &signal);
}

static void on_messages(const struct change *change)
{
	const json_t *item;
	size_t i;

	if (!is_our_number(change))
		return;
	json_array_foreach(json_object_get(change->value, "statuses"), i, item) on_status(change, item);
	json_array_foreach(json_object_get(change->value, "messages"), i, item)
	{
		on_button(change, item);
		on_system(change, item);
	}
	json_array_foreach(json_object_get(change->value, "errors"), i, item) on_error(change, item);
}

/* Name and language of a template of ours; false: it is not. */
static bool template_signal(const struct change *change, struct signal *signal)
{
	*signal = (struct signal){.kind = SIGNAL_TEMPLATE, .at = change->at};
	if (!text_of(change->value, "message_template_name", signal->subject, sizeof(signal->subject)) ||
	    !whatsapp_template_is_ours(change->config, DRIVER, signal->subject))
		return false;
	text_of(change->value, "message_template_language", signal->lang, sizeof(signal->lang));
	whatsapp_underline(signal->lang);
	return true;
}

static void on_template_status(const struct change *change)
{
	struct signal signal;

	if (!template_signal(change, &signal))
		return;
	append_word(signal.event, change->value, "event");
	whatsapp_weigh_template(&signal);
	snprintf(signal.detail, sizeof(signal.detail), "the state of the template has changed");
	emit(change, &signal);
}

static void on_template_quality(const struct change *change)
{
	struct signal signal;

	if (!template_signal(change, &signal))
		return;
	snprintf(signal.event, sizeof(signal.event), "QUALITY_");
	append_word(signal.event, change->value, "new_quality_score");
	whatsapp_weigh_template(&signal);
	snprintf(signal.detail, sizeof(signal.detail), "the quality rating of the template has changed");
	emit(change, &signal);
}

static void on_template_category(const struct change *change)
{
	struct signal signal;

	if (!template_signal(change, &signal))
		return;
	snprintf(signal.event, sizeof(signal.event), "CATEGORY_");
	append_word(signal.event, change->value, "new_category");
	whatsapp_weigh_template(&signal);
	snprintf(signal.detail, sizeof(signal.detail), "the category of the template has changed");
	emit(change, &signal);
}

static void on_account_update(const struct change *change)
{
	struct signal signal = {.kind = SIGNAL_ACCOUNT, .at = change->at};
	char state[WIRE_NAME_MAX];

	append_word(signal.event, change->value, "event");
	text_of(json_object_get(change->value, "ban_info"), "waba_ban_state", state, sizeof(state));
	whatsapp_weigh_account(state, &signal);
	whatsapp_weigh_restrictions(json_object_get(change->value, "restriction_info"), "restriction_type", &signal);
	say(&signal, "account", "the state of the business account has changed");
	emit(change, &signal);
}

static void on_account_alert(const struct change *change)
{
	const json_t *info = json_object_get(change->value, "alert_info");
	struct signal signal = {.kind = SIGNAL_ACCOUNT, .alarm = ALARM_NOW, .at = change->at};
	char severity[WIRE_NAME_MAX] = "";

	if (!json_is_object(info))
		info = change->value;
	append_word(signal.event, info, "alert_type");
	append_word(severity, info, "alert_severity");
	if (strcmp(severity, "INFORMATIONAL") == 0)
		signal.alarm = ALARM_NONE;
	say(&signal, "alert", "the provider has an alert about the account");
	emit(change, &signal);
}

/*
 * An account can have numbers that are not ours, and which are ours is known by their ids only: so this stops nothing,
 * and its end tells an admin whose it is.
 */
static void say_of_number(const struct change *change, struct signal *signal, const char *subject, const char *detail)
{
	char number[WIRE_PHONE_MAX] = "+", mask[PHONE_MASK_MAX];
	struct phone phone;

	signal->stops = false;
	say(signal, subject, detail);
	text_of(change->value, "display_phone_number", number + 1, sizeof(number) - 1);
	if (phone_parse(number + (number[1] == '+'), &phone) == 0)
		snprintf(signal->detail, sizeof(signal->detail), "%s: %s", detail, phone_mask(&phone, mask));
}

static void on_number_quality(const struct change *change)
{
	struct signal signal = {.kind = SIGNAL_ACCOUNT, .at = change->at};

	append_word(signal.event, change->value, "event");
	whatsapp_weigh_number(&signal);
	say_of_number(change, &signal, "number", "the quality or the limit of a sending number has changed");
	emit(change, &signal);
}

static void on_capability(const struct change *change)
{
	struct signal signal = {.kind = SIGNAL_ACCOUNT, .at = change->at, .event = "CAPABILITY_UPDATE"};

	say(&signal, "limits", "the limits of the business account have changed");
	emit(change, &signal);
}

static void on_security(const struct change *change)
{
	struct signal signal = {.kind = SIGNAL_ACCOUNT, .alarm = ALARM_NOW, .at = change->at};

	append_word(signal.event, change->value, "event");
	say_of_number(change, &signal, "security", "a security setting of a sending number has changed");
	emit(change, &signal);
}

/* The body. */

static const struct {
	const char *field;
	bool of_account; /* it is about the account that the entry names, not about a number */
	void (*handle)(const struct change *change);
} fields[] = {
	{"messages", false, on_messages},
	{"message_template_status_update", true, on_template_status},
	{"message_template_quality_update", true, on_template_quality},
	{"template_category_update", true, on_template_category},
	{"account_update", true, on_account_update},
	{"account_alerts", true, on_account_alert},
	{"phone_number_quality_update", true, on_number_quality},
	{"business_capability_update", true, on_capability},
	{"security", true, on_security},
};

static void on_change(const struct change *change, const char *field, const json_t *entry)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(fields[i].field, field) != 0)
			continue;
		if (!fields[i].of_account || is_our_account(change->config, entry))
			fields[i].handle(change);
	}
}

static void on_entry(const struct parser_context *context, const struct parser_sink *sink, const json_t *entry)
{
	struct change change = {.config = context->config, .sink = sink, .at = time_of(entry, "time")};
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(entry, "changes"), i, item)
	{
		const char *field = json_string_value(json_object_get(item, "field"));

		change.value = json_object_get(item, "value");
		if (field && json_is_object(change.value))
			on_change(&change, field, entry);
	}
}

static int parse(const struct parser_context *context, const struct parser_request *request,
		 const struct parser_sink *sink, char why[static WIRE_WHY_MAX])
{
	__attribute__((cleanup(json_unrefp))) json_t *root = document_read(request->body, request->length);
	const char *object = json_string_value(json_object_get(root, "object"));
	const json_t *entries = json_object_get(root, "entry"), *entry;
	size_t i;

	if (!object || !json_is_array(entries)) {
		snprintf(why, WIRE_WHY_MAX, root ? "the JSON is no webhook of Meta" : "the body is no JSON");
		return -EBADMSG;
	}
	if (strcmp(object, "whatsapp_business_account") != 0)
		return 0;
	json_array_foreach(entries, i, entry) on_entry(context, sink, entry);
	return 0;
}

static int verify(const struct parser_context *context, const struct parser_request *request)
{
	const char *header = parser_header(request, "X-Hub-Signature-256");
	struct signature_part body = {request->body, request->length};

	if (request->rest[0] || !header || strncmp(header, SIGNATURE_PREFIX, strlen(SIGNATURE_PREFIX)) != 0)
		return -EACCES;
	header += strlen(SIGNATURE_PREFIX);
	return signature_is_hex(SIGNATURE_SHA256, context->secret, &body, 1, header) ? 0 : -EACCES;
}

/* The challenge goes back into a page of the provider's: it is trusted no further than to be a number. */
static int greet(const struct parser_context *context, const struct parser_request *request,
		 char answer[static PARSER_GREETING_MAX])
{
	const char *mode = parser_query(request, "hub.mode"), *challenge = parser_query(request, "hub.challenge");
	size_t digits = challenge ? strspn(challenge, "0123456789") : 0;

	if (request->rest[0] || !mode || strcmp(mode, "subscribe") != 0)
		return -EACCES;
	if (!signature_is_secret(context->token, parser_query(request, "hub.verify_token")))
		return -EACCES;
	if (digits == 0 || digits > CHALLENGE_MAX || challenge[digits] != '\0')
		return -EACCES;
	snprintf(answer, PARSER_GREETING_MAX, "%s", challenge);
	return 0;
}

const struct parser parser_meta = {
	.provider = &provider_meta,
	.path = offsetof(struct config_webhook, path_meta),
	.secret = offsetof(struct config_webhook, app_secret),
	.answer = "",
	.verify = verify,
	.parse = parse,
	.signs = true,
	.methods = "POST",
	.greet = greet,
	.token = offsetof(struct config_webhook, verify_token),
};
