/*
 * YCloud: "YCloud-Signature: t=<seconds>,s=<hex of HMAC-SHA256(secret, t.body)>", and one event a post, whose object
 * stands under a name of its own. What WhatsApp says has a code of Meta's in whatsappApiError.
 */
#include "daemon/provider/json.h"
#include "daemon/webhook/finding.h"
#include "daemon/webhook/signature.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HEADER_MAX 256
#define DRIVER "ycloud"
#define NOT_REQUESTED "DID_NOT_REQUEST_CODE"

/* An event and what belongs to it. */
struct event {
	const struct config *config;
	const struct parser_sink *sink;
	const char *type;
	const json_t *object;
	int64_t at; /* when it was made */
};

/* The parts of the signature's header; false if one of them is not there, or twice. */
static bool split(char *header, const char **at, const char **hex)
{
	char *save = NULL;

	*at = *hex = NULL;
	for (char *part = strtok_r(header, ", ", &save); part; part = strtok_r(NULL, ", ", &save)) {
		const char **field = strncmp(part, "t=", 2) == 0 ? at : strncmp(part, "s=", 2) == 0 ? hex : NULL;

		if (field && *field)
			return false;
		if (field)
			*field = part + 2;
	}
	return *at && *hex;
}

static int verify(const struct parser_context *context, const struct parser_request *request)
{
	const char *given = parser_header(request, "YCloud-Signature"), *at, *hex;
	char header[HEADER_MAX];

	if (request->rest[0] || !given || strlen(given) >= sizeof(header))
		return -EACCES;
	memcpy(header, given, strlen(given) + 1);
	if (!split(header, &at, &hex) || !signature_time_ok(at, request->now, PARSER_AGE_MAX))
		return -EACCES;
	const struct signature_part parts[] = {
		SIGNATURE_TEXT(at),
		SIGNATURE_TEXT("."),
		{request->body, request->length},
	};
	return signature_is_hex(SIGNATURE_SHA256, context->secret, parts, sizeof(parts) / sizeof(parts[0]), hex)
		       ? 0
		       : -EACCES;
}

static const char *member(const struct event *event, const char *key)
{
	return json_string_value(json_object_get(event->object, key));
}

/* What is ours. */

static bool is_whatsapp(const struct config_channel *channel)
{
	return strcmp(channel->driver, DRIVER) == 0 && channel->kind == CHANNEL_WHATSAPP;
}

/* A number with or without its plus. Where no channel has a sender every number is ours. */
static bool is_our_number(const struct config *config, const char *number)
{
	bool said = false;

	for (size_t i = 0; i < config->channel_count && number; i++) {
		const struct config_channel *channel = &config->channels[i];

		if (!is_whatsapp(channel) || !channel->sender[0])
			continue;
		if (strcmp(channel->sender + strspn(channel->sender, "+"), number + strspn(number, "+")) == 0)
			return true;
		said = true;
	}
	return !said;
}

/* Where no channel says waba_id every account is ours. */
static bool is_our_account(const struct config *config, const char *id)
{
	bool said = false;

	for (size_t i = 0; i < config->channel_count && id; i++) {
		const struct config_channel *channel = &config->channels[i];

		if (!is_whatsapp(channel) || !channel->waba_id[0])
			continue;
		if (strcmp(channel->waba_id, id) == 0)
			return true;
		said = true;
	}
	return !said;
}

static bool is_our_template(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->channel_count && name; i++)
		if (is_whatsapp(&config->channels[i]) && strcmp(config->channels[i].template, name) == 0)
			return true;
	return false;
}

/* Receipts. */

/* When a message came to its state. */
static const struct {
	const char *state, *key;
} times[] = {{"sent", "sendTime"}, {"delivered", "deliverTime"}, {"read", "readTime"}};

static uint64_t time_of(const struct event *event, const char *state)
{
	uint64_t at = finding_time(member(event, "updateTime"), event->at);

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (strcmp(times[i].state, state) == 0)
			return finding_time(member(event, times[i].key), (int64_t)at);
	return at;
}

/* errorCode repeats WhatsApp's code where there is one; it is a string, and so may that be. */
static void on_message(const struct event *event)
{
	char numbers[4][FINDING_NUMBER_MAX];
	const char *code = finding_text(json_at(event->object, "/whatsappApiError/code"), numbers[0]);
	const char *state = member(event, "status");
	struct finding finding = {
		.id = finding_text(json_object_get(event->object, "externalId"), numbers[1]),
		.message_id = finding_text(json_object_get(event->object, "id"), numbers[2]),
		.state = state,
		.code = code ? code : finding_text(json_object_get(event->object, "errorCode"), numbers[3]),
	};

	if (!state)
		return;
	finding.at = time_of(event, state);
	if (code || (finding.code && !provider_error_find(&provider_ycloud, finding.code) &&
		     provider_error_find(&provider_meta, finding.code)))
		finding.judges = &provider_meta;
	finding_receipt(event->sink, &provider_ycloud, &finding);
}

/* Signals. */

static void emit(const struct event *event, struct signal *signal, const char *detail)
{
	signal->at = event->at > 0 ? (uint64_t)event->at : 0;
	snprintf(signal->detail, sizeof(signal->detail), "%s", detail);
	event->sink->signal(event->sink->userdata, signal);
}

/* Appends a provider's word in upper case; what is no word becomes "OTHER". */
static void append_word(char field[static WIRE_NAME_MAX], const char *word)
{
	size_t used = strlen(field), length = word ? strlen(word) : 0;
	bool ok = length > 0 && used + length < WIRE_NAME_MAX;

	for (size_t i = 0; i < length && ok; i++)
		ok = isascii((unsigned char)word[i]) && (isalnum((unsigned char)word[i]) || word[i] == '_');
	if (!ok)
		word = "OTHER";
	for (; *word; word++)
		field[used++] = (char)toupper((unsigned char)*word);
	field[used] = '\0';
}

static void copy(char *field, size_t size, const char *text)
{
	if (text && strlen(text) < size && wire_text_ok(text, strlen(text)))
		memcpy(field, text, strlen(text) + 1);
}

/* E.164 with its plus, or nothing. */
static void copy_phone(char field[static WIRE_PHONE_MAX], const char *number)
{
	size_t digits;

	if (!number)
		return;
	number += strspn(number, "+");
	digits = strspn(number, "0123456789");
	if (number[digits] == '\0' && digits >= 7 && digits <= 15)
		snprintf(field, WIRE_PHONE_MAX, "+%s", number);
}

static const struct {
	const char *type;
	enum signal_kind kind;
	const char *detail;
} system_types[] = {
	{"user_changed_number", SIGNAL_NUMBER_CHANGED, "the account has moved to another number"},
	{"customer_changed_number", SIGNAL_NUMBER_CHANGED, "the account has moved to another number"},
	{"customer_identity_changed", SIGNAL_IDENTITY, "another device or SIM answers to the number"},
	{"customer_changed_identity", SIGNAL_IDENTITY, "another device or SIM answers to the number"},
	{"user_identity_changed", SIGNAL_IDENTITY, "another device or SIM answers to the number"},
};

static void on_system(const struct event *event)
{
	const char *type = json_string_value(json_at(event->object, "/system/type"));
	struct signal signal = {.alarm = ALARM_NOW};

	for (size_t i = 0; i < sizeof(system_types) / sizeof(system_types[0]) && type; i++) {
		if (strcmp(system_types[i].type, type) != 0)
			continue;
		signal.kind = (int)system_types[i].kind;
		append_word(signal.event, type);
		copy_phone(signal.phone, member(event, "from"));
		emit(event, &signal, system_types[i].detail);
	}
}

/* The recipient has pressed "I didn't request a code". Text that somebody writes is none of our business. */
static void on_button(const struct event *event)
{
	const char *payload = json_string_value(json_at(event->object, "/button/payload"));
	struct signal signal = {.kind = SIGNAL_NOT_REQUESTED, .alarm = ALARM_NOW, .event = NOT_REQUESTED};

	if (!payload || strcmp(payload, NOT_REQUESTED) != 0)
		return;
	copy(signal.message_id, sizeof(signal.message_id), json_string_value(json_at(event->object, "/context/id")));
	copy_phone(signal.phone, member(event, "from"));
	emit(event, &signal, "the recipient says that they did not ask for the code");
}

static void on_inbound(const struct event *event)
{
	if (!is_our_number(event->config, member(event, "to")))
		return;
	on_button(event);
	on_system(event);
}

/* Events that are no reason for an alarm; the healthy ones are good news. */
static const struct {
	const char *word;
	bool healthy;
} calm[] = {
	{"APPROVED", true},
	{"REINSTATED", true},
	{"UNFLAGGED", true},
	{"REINSTATE", true},
	{"PENDING", false},
	{"IN_APPEAL", false},
	{"ONBOARDING", false},
	{"UPGRADE", false},
	{"QUALITY_GREEN", false},
	{"QUALITY_YELLOW", false},
	{"QUALITY_UNKNOWN", false},
	{"VERIFIED_ACCOUNT", false},
	{"CATEGORY_AUTHENTICATION", false},
};

static void weigh(struct signal *signal)
{
	signal->alarm = ALARM_NOW;
	for (size_t i = 0; i < sizeof(calm) / sizeof(calm[0]); i++)
		if (strcmp(calm[i].word, signal->event) == 0) {
			signal->alarm = ALARM_NONE;
			signal->healthy = calm[i].healthy;
		}
}

/* What a template's events say, and where. */
static const struct {
	const char *type, *key, *prefix, *detail;
} template_events[] = {
	{"whatsapp.template.reviewed", "status", "", "the state of the template has changed"},
	{"whatsapp.template.quality_updated", "qualityRating", "QUALITY_",
	 "the quality rating of the template has changed"},
	{"whatsapp.template.category_updated", "category", "CATEGORY_", "the category of the template has changed"},
};

static void on_template(const struct event *event)
{
	struct signal signal = {.kind = SIGNAL_TEMPLATE};

	if (!is_our_template(event->config, member(event, "name")) ||
	    !is_our_account(event->config, member(event, "wabaId")))
		return;
	copy(signal.subject, sizeof(signal.subject), member(event, "name"));
	copy(signal.lang, sizeof(signal.lang), member(event, "language"));
	for (char *c = signal.lang; *c; c++)
		if (*c == '-')
			*c = '_';
	for (size_t i = 0; i < sizeof(template_events) / sizeof(template_events[0]); i++) {
		if (strcmp(template_events[i].type, event->type) != 0)
			continue;
		snprintf(signal.event, sizeof(signal.event), "%s", template_events[i].prefix);
		append_word(signal.event, member(event, template_events[i].key));
		weigh(&signal);
		emit(event, &signal, template_events[i].detail);
	}
}

static void on_number_quality(const struct event *event)
{
	struct signal signal = {.kind = SIGNAL_ACCOUNT, .subject = "number"};

	if (!is_our_number(event->config, member(event, "phoneNumber")))
		return;
	append_word(signal.event, member(event, "qualityUpdateEvent"));
	weigh(&signal);
	emit(event, &signal, "the quality or the limit of the sending number has changed");
}

static void on_number_deleted(const struct event *event)
{
	struct signal signal = {.kind = SIGNAL_ACCOUNT, .subject = "number", .alarm = ALARM_NOW, .event = "DELETED"};

	if (is_our_number(event->config, member(event, "phoneNumber")))
		emit(event, &signal, "the sending number was deleted");
}

static void on_account(const struct event *event)
{
	struct signal signal = {.kind = SIGNAL_ACCOUNT, .subject = "account"};
	const char *state = member(event, "banState");

	if (!is_our_account(event->config, member(event, "id")))
		return;
	if (!state)
		state = member(event, "updateEvent");
	append_word(signal.event, state ? state : member(event, "accountReviewStatus"));
	weigh(&signal);
	emit(event, &signal, "the state of the business account has changed");
}

static void on_account_deleted(const struct event *event)
{
	struct signal signal = {.kind = SIGNAL_ACCOUNT, .subject = "account", .alarm = ALARM_NOW, .event = "DELETED"};

	if (is_our_account(event->config, member(event, "id")))
		emit(event, &signal, "the business account was deleted");
}

/* The body. */

static const struct {
	const char *type, *object;
	void (*handle)(const struct event *event);
} types[] = {
	{"whatsapp.message.updated", "whatsappMessage", on_message},
	{"sms.message.updated", "sms", on_message},
	{"voice.message.updated", "voice", on_message},
	{"whatsapp.inbound_message.received", "whatsappInboundMessage", on_inbound},
	{"whatsapp.template.reviewed", "whatsappTemplate", on_template},
	{"whatsapp.template.quality_updated", "whatsappTemplate", on_template},
	{"whatsapp.template.category_updated", "whatsappTemplate", on_template},
	{"whatsapp.phone_number.quality_updated", "whatsappPhoneNumber", on_number_quality},
	{"whatsapp.phone_number.deleted", "whatsappPhoneNumber", on_number_deleted},
	{"whatsapp.business_account.updated", "whatsappBusinessAccount", on_account},
	{"whatsapp.business_account.reviewed", "whatsappBusinessAccount", on_account},
	{"whatsapp.business_account.deleted", "whatsappBusinessAccount", on_account_deleted},
};

static int parse(const struct parser_context *context, const struct parser_request *request,
		 const struct parser_sink *sink, char why[static WIRE_WHY_MAX])
{
	__attribute__((cleanup(json_unrefp))) json_t *root = json_read(request->body, request->length);
	struct event event = {
		.config = context->config,
		.sink = sink,
		.type = json_string_value(json_object_get(root, "type")),
		.at = (int64_t)finding_time(json_string_value(json_object_get(root, "createTime")), request->now),
	};

	if (!event.type) {
		snprintf(why, WIRE_WHY_MAX, "the body is no JSON object with a \"type\"");
		return -EBADMSG;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].type, event.type) != 0)
			continue;
		event.object = json_object_get(root, types[i].object);
		if (json_is_object(event.object))
			types[i].handle(&event);
	}
	return 0;
}

const struct parser parser_ycloud = {
	.provider = &provider_ycloud,
	.path = offsetof(struct config_webhook, path_ycloud),
	.secret = offsetof(struct config_webhook, ycloud_secret),
	.answer = "",
	.verify = verify,
	.parse = parse,
	.methods = "POST",
};
