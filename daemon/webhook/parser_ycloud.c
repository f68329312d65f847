/*
 * YCloud: "YCloud-Signature: t=<seconds>,s=<hex of HMAC-SHA256(secret, t.body)>", and one event a post, whose object
 * stands under a name of its own. What WhatsApp says has a code of Meta's in whatsappApiError.
 */
#include "daemon/webhook/document.h"
#include "daemon/webhook/finding.h"
#include "daemon/webhook/signature.h"
#include "daemon/webhook/whatsapp_events.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HEADER_MAX 256
#define DRIVER "ycloud"

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

/* A number with or without its plus. Where no channel has a sender every number is ours. */
static bool is_our_number(const struct config *config, const char *number)
{
	bool said = false;

	for (size_t i = 0; i < config->channel_count && number; i++) {
		const struct config_channel *channel = &config->channels[i];

		if (strcmp(channel->driver, DRIVER) != 0 || channel->kind != CHANNEL_WHATSAPP || !channel->sender[0])
			continue;
		if (strcmp(channel->sender + strspn(channel->sender, "+"), number + strspn(number, "+")) == 0)
			return true;
		said = true;
	}
	return !said;
}

static bool is_our_account(const struct config *config, const char *id)
{
	return whatsapp_account_is_ours(config, DRIVER, id);
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

static void emit(const struct event *event, struct signal *signal)
{
	signal->at = event->at > 0 ? (uint64_t)event->at : 0;
	event->sink->signal(event->sink->userdata, signal);
}

static void say(const struct event *event, struct signal *signal, const char *detail)
{
	snprintf(signal->detail, sizeof(signal->detail), "%s", detail);
	emit(event, signal);
}

static void copy(char *field, size_t size, const char *text)
{
	if (text && strlen(text) < size && wire_text_ok(text, strlen(text)))
		memcpy(field, text, strlen(text) + 1);
}

static void on_system(const struct event *event)
{
	struct signal signal = {0};

	if (!whatsapp_system(json_string_value(json_at(event->object, "/system/type")), &signal))
		return;
	whatsapp_phone(member(event, "from"), signal.phone);
	emit(event, &signal);
}

/*
 * Text that somebody writes is none of our business. The message under which the button stood is named by WhatsApp's
 * id, which is not the one that we know it by: who pressed it says enough.
 */
static void on_button(const struct event *event)
{
	struct signal signal = {0};

	if (!whatsapp_button(json_string_value(json_at(event->object, "/button/payload")), &signal))
		return;
	whatsapp_phone(member(event, "from"), signal.phone);
	emit(event, &signal);
}

static void on_inbound(const struct event *event)
{
	if (!is_our_number(event->config, member(event, "to")))
		return;
	on_button(event);
	on_system(event);
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

	if (!whatsapp_template_is_ours(event->config, DRIVER, member(event, "name")) ||
	    !is_our_account(event->config, member(event, "wabaId")))
		return;
	copy(signal.subject, sizeof(signal.subject), member(event, "name"));
	copy(signal.lang, sizeof(signal.lang), member(event, "language"));
	whatsapp_underline(signal.lang);
	for (size_t i = 0; i < sizeof(template_events) / sizeof(template_events[0]); i++) {
		if (strcmp(template_events[i].type, event->type) != 0)
			continue;
		snprintf(signal.event, sizeof(signal.event), "%s", template_events[i].prefix);
		whatsapp_append_word(signal.event, member(event, template_events[i].key));
		whatsapp_weigh_template(&signal);
		say(event, &signal, template_events[i].detail);
	}
}

static void on_number_quality(const struct event *event)
{
	struct signal signal = {.kind = SIGNAL_ACCOUNT, .subject = "number"};

	if (!is_our_number(event->config, member(event, "phoneNumber")))
		return;
	whatsapp_append_word(signal.event, member(event, "qualityUpdateEvent"));
	whatsapp_weigh_number(&signal);
	say(event, &signal, "the quality or the limit of the sending number has changed");
}

static void on_number_deleted(const struct event *event)
{
	struct signal signal = {.kind = SIGNAL_ACCOUNT, .subject = "number", .event = "DELETED"};

	if (!is_our_number(event->config, member(event, "phoneNumber")))
		return;
	whatsapp_weigh_number(&signal);
	say(event, &signal, "the sending number was deleted");
}

static void on_account(const struct event *event)
{
	struct signal signal = {.kind = SIGNAL_ACCOUNT, .subject = "account"};
	const char *state = member(event, "banState");

	if (!is_our_account(event->config, member(event, "id")))
		return;
	if (!state)
		state = member(event, "updateEvent");
	whatsapp_append_word(signal.event, state ? state : member(event, "accountReviewStatus"));
	whatsapp_weigh_account(NULL, &signal);
	whatsapp_weigh_restrictions(json_object_get(event->object, "restrictions"), "restrictionType", &signal);
	say(event, &signal, "the state of the business account has changed");
}

static void on_account_deleted(const struct event *event)
{
	struct signal signal = {.kind = SIGNAL_ACCOUNT, .subject = "account", .event = "DELETED"};

	if (!is_our_account(event->config, member(event, "id")))
		return;
	whatsapp_weigh_account(NULL, &signal);
	say(event, &signal, "the business account was deleted");
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
	__attribute__((cleanup(json_unrefp))) json_t *root = document_read(request->body, request->length);
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
	.body_max = 256 * 1024,
	.verify = verify,
	.parse = parse,
	.signs = true,
	.methods = "POST",
};
