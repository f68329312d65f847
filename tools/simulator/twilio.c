#include "tools/simulator/twilio.h"
#include "tools/simulator/random.h"
#include "tools/simulator/sign.h"
#include "tools/simulator/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX "0123456789abcdef"
#define API_VERSION "2010-04-01"
#define WHATSAPP "whatsapp:"

static bool is_whatsapp(const struct message *message)
{
	return message->channel == CHANNEL_WHATSAPP;
}

static json_t *message_json(const struct message *message, const char *sid, const char *status, const char *code)
{
	json_t *json =
		json_pack("{s:s*, s:s, s:s, s:o, s:s?, s:s, s:n}", "sid", sid, "account_sid", TWILIO_ACCOUNT, "status",
			  status, "to", json_sprintf("%s%s", is_whatsapp(message) ? WHATSAPP : "", message->to), "from",
			  message->from, "api_version", API_VERSION, "error_message");

	if (message->channel != CHANNEL_VOICE)
		json_object_set_new(json, "error_code", code ? json_integer(atoi(code)) : json_null());
	return json;
}

static void send_draft(struct vendor_call *call, struct message *draft, const char *prefix, const char *status)
{
	char id[MESSAGES_ID_MAX];
	const char *shown;

	snprintf(id, sizeof(id), "%s", prefix);
	random_text(id + strlen(id), 32, HEX);
	draft->notify = vendor_text(call, "StatusCallback");
	if (vendor_deliver(call, draft, id, &shown))
		answer_json(call->answer, 201, message_json(draft, shown, status, NULL));
}

/* "whatsapp:+…" to "+…". NULL: refused. */
static const char *whatsapp_number(struct vendor_call *call, const char *name)
{
	const char *text = vendor_text(call, name);

	text = text && strncmp(text, WHATSAPP, strlen(WHATSAPP)) == 0 ? text + strlen(WHATSAPP) : NULL;
	if (text_is_e164(text))
		return text;
	vendor_refuse_code(call, 400, "21211", "%s must be whatsapp:+ and a number", name);
	return NULL;
}

static void send_whatsapp(struct vendor_call *call)
{
	const char *variables = vendor_text(call, "ContentVariables"), *code;
	json_t *values = variables ? json_loads(variables, JSON_REJECT_DUPLICATES, NULL) : NULL;
	char text[128];
	struct message draft = {.channel = CHANNEL_WHATSAPP, .text = text, .to = whatsapp_number(call, "To")};

	code = json_string_value(json_object_get(values, "1"));
	if (!draft.to) {
		json_decref(values);
		return;
	}
	draft.from = vendor_text(call, "From") ? whatsapp_number(call, "From") : "";
	if (!draft.from || !vendor_text(call, "ContentSid") || vendor_text(call, "Body") || !code || !*code ||
	    strlen(code) > 15 || json_object_size(values) != 1) {
		json_decref(values);
		if (draft.from)
			vendor_refuse(
				call, VENDOR_INVALID,
				"a WhatsApp message wants ContentSid, ContentVariables {\"1\": the code} and no Body");
		return;
	}
	draft.code = code;
	snprintf(text, sizeof(text), "*%s* is your verification code.", code);
	send_draft(call, &draft, "SM", "queued");
	json_decref(values);
}

static bool is_there_once(struct vendor_call *call, const char *one, const char *other)
{
	if (!vendor_text(call, one) == !vendor_text(call, other)) {
		vendor_refuse_code(call, 400, "21603", "there must be one of %s and %s", one, other);
		return false;
	}
	return true;
}

static void send_message(struct vendor_call *call)
{
	char code[TEXT_CODE_MAX];
	struct message draft = {
		.channel = CHANNEL_SMS, .to = vendor_text(call, "To"), .from = vendor_text(call, "From")};

	if (strcmp(call->parts[0], TWILIO_ACCOUNT) != 0)
		return vendor_refuse(call, VENDOR_NOT_FOUND, "there is no such account");
	if (!is_there_once(call, "From", "MessagingServiceSid"))
		return;
	if (strncmp(draft.to, WHATSAPP, strlen(WHATSAPP)) == 0)
		return send_whatsapp(call);
	draft.text = vendor_text(call, "Body");
	if (!text_is_e164(draft.to))
		return vendor_refuse_code(call, 400, "21211", "To must be + and 7 to 15 digits");
	if (!draft.text || vendor_text(call, "ContentSid") || vendor_text(call, "ContentVariables"))
		return vendor_refuse_code(call, 400, "21602", "a text message wants Body and no content template");
	if (text_length(draft.text) > 1600)
		return vendor_refuse_code(call, 400, "21617", "Body is longer than 1600 characters");
	text_find_code(draft.text, code);
	draft.code = code;
	send_draft(call, &draft, "SM", "queued");
}

/* What is said: the text of the first <Say>. False: that is no such answer. */
static bool twiml_text(const char *twiml, char *text, size_t size)
{
	const char *say = strstr(twiml, "<Say"), *begin = say ? strchr(say, '>') : NULL,
		   *end = begin ? strstr(begin, "</Say>") : NULL;
	size_t n = end ? (size_t)(end - begin) - 1 : 0, tail = strlen("</Response>");

	if (strncmp(twiml, "<Response>", 10) != 0 || n == 0 || n >= size || memchr(begin + 1, '<', n) ||
	    strcmp(twiml + strlen(twiml) - tail, "</Response>") != 0)
		return false;
	memcpy(text, begin + 1, n);
	text[n] = '\0';
	return true;
}

static void send_call(struct vendor_call *call)
{
	char text[1024], code[TEXT_CODE_MAX];
	struct message draft = {
		.channel = CHANNEL_VOICE,
		.to = vendor_text(call, "To"),
		.from = vendor_text(call, "From"),
		.text = text,
		.code = code,
	};

	if (strcmp(call->parts[0], TWILIO_ACCOUNT) != 0)
		return vendor_refuse(call, VENDOR_NOT_FOUND, "there is no such account");
	if (!twiml_text(vendor_text(call, "Twiml"), text, sizeof(text)))
		return vendor_refuse_code(call, 400, "12100", "Twiml must be <Response> with one <Say>");
	text_find_spoken_code(text, code);
	send_draft(call, &draft, "CA", "queued");
}

static const char *word_of(const struct message *message)
{
	const char *status = message_status(message);
	bool voice = message->channel == CHANNEL_VOICE;

	if (strcmp(status, "accepted") == 0)
		return "queued";
	if (strcmp(status, "failed") == 0)
		return voice ? "no-answer" : "undelivered";
	if (voice)
		return strcmp(status, "sent") == 0 ? "ringing" : "completed";
	return status;
}

static void show(struct vendor_call *call)
{
	struct message *message = vendor_find(call, call->parts[1]);
	const char *code = NULL;

	if (!message)
		return;
	for (size_t i = 0; i < message->events_n; i++)
		if (message->events[i].status == STATUS_FAILED)
			code = strcmp(message->events[i].code, "131026") == 0 ? "30003" : message->events[i].code;
	answer_json(call->answer, 200, message_json(message, message->id, word_of(message), code));
	free(message);
}

static void show_account(struct vendor_call *call)
{
	if (strcmp(call->parts[0], TWILIO_ACCOUNT) != 0)
		return vendor_refuse(call, VENDOR_NOT_FOUND, "there is no such account");
	answer_json(call->answer, 200,
		    json_pack("{s:s, s:s, s:s, s:s}", "sid", TWILIO_ACCOUNT, "status", "active", "type", "Full",
			      "friendly_name", "simulator"));
}

static const struct vendor_field message_fields[] = {
	{"To", FIELD_TEXT, .most = 32},
	{"From", FIELD_TEXT, .optional = true, .most = 32},
	{"MessagingServiceSid", FIELD_TEXT, .optional = true, .most = 34},
	{"Body", FIELD_TEXT, .optional = true, .most = 6400},
	{"ContentSid", FIELD_TEXT, .optional = true, .most = 34},
	{"ContentVariables", FIELD_TEXT, .optional = true, .most = 512},
	{"StatusCallback", FIELD_URL, .optional = true},
	{"ValidityPeriod", FIELD_INTEGER, .optional = true, .least = 1, .most = 36000},
	{"RiskCheck", FIELD_WORD, .optional = true, .words = "enable disable"},
};
static const struct vendor_field call_fields[] = {
	{.name = "To", .kind = FIELD_E164},
	{.name = "From", .kind = FIELD_E164},
	{"Twiml", FIELD_TEXT, .most = 4000},
	{"Timeout", FIELD_INTEGER, .optional = true, .least = 1, .most = 600},
	{"StatusCallback", FIELD_URL, .optional = true},
	{"StatusCallbackMethod", FIELD_WORD, .optional = true, .words = "POST"},
	{"StatusCallbackEvent", FIELD_WORD, .optional = true, .words = "initiated ringing answered completed"},
};

#define ACCOUNT "/" API_VERSION "/Accounts/*/"
static const struct vendor_method methods[] = {
	{"GET", "/" API_VERSION "/Accounts/*.json", VENDOR_QUERY, NULL, 0, show_account},
	{"POST", ACCOUNT "Messages.json", VENDOR_FORM, VENDOR_FIELDS(message_fields), send_message},
	{"GET", ACCOUNT "Messages/*.json", VENDOR_QUERY, NULL, 0, show},
	{"POST", ACCOUNT "Calls.json", VENDOR_FORM, VENDOR_FIELDS(call_fields), send_call},
	{"GET", ACCOUNT "Calls/*.json", VENDOR_QUERY, NULL, 0, show},
};

static bool authenticate(const struct vendor_call *call)
{
	return vendor_is_basic(call, TWILIO_ACCOUNT);
}

static json_t *error(unsigned status, const char *code, const char *reason)
{
	return json_pack("{s:i, s:s, s:o, s:i}", "code", atoi(code), "message", reason, "more_info",
			 json_sprintf("https://www.twilio.com/docs/errors/%s", code), "status", (int)status);
}

/* Adds a parameter to the body and, unescaped, to what is signed: they come in the order of their keys. */
static bool add(char **body, char **signed_text, const char *key, const char *value)
{
	char *longer;

	if (!notify_pair(body, key, value) || asprintf(&longer, "%s%s%s", *signed_text, key, value) < 0)
		return false;
	free(*signed_text);
	*signed_text = longer;
	return true;
}

static bool add_message(char **body, char **signed_text, const struct notice *notice, const char *word)
{
	const struct message *message = notice->message;
	const char *prefix = is_whatsapp(message) ? WHATSAPP : "", *code = notice->code[0] ? notice->code : "30003";
	bool failed = notice->status == STATUS_FAILED;
	char to[64], from[64];

	snprintf(to, sizeof(to), "%s%s", prefix, message->to);
	snprintf(from, sizeof(from), "%s%s", prefix, message->from ? message->from : "");
	return add(body, signed_text, "AccountSid", TWILIO_ACCOUNT) &&
	       add(body, signed_text, "ApiVersion", API_VERSION) &&
	       (!failed || add(body, signed_text, "ErrorCode", code)) && add(body, signed_text, "From", from) &&
	       add(body, signed_text, "MessageSid", message->id) && add(body, signed_text, "MessageStatus", word) &&
	       add(body, signed_text, "SmsSid", message->id) && add(body, signed_text, "SmsStatus", word) &&
	       add(body, signed_text, "To", to);
}

static bool add_call(char **body, char **signed_text, const struct notice *notice)
{
	static const char *const words[STATUSES] = {"ringing", "completed", NULL, "no-answer"};
	const struct message *message = notice->message;

	return add(body, signed_text, "AccountSid", TWILIO_ACCOUNT) &&
	       add(body, signed_text, "ApiVersion", API_VERSION) && add(body, signed_text, "CallSid", message->id) &&
	       add(body, signed_text, "CallStatus", words[notice->status]) &&
	       add(body, signed_text, "From", message->from) && add(body, signed_text, "To", message->to);
}

/* Signed for the URL that the request named, also where --receipts leads it elsewhere, as a reverse proxy does. */
static bool compose(const struct options *options, const struct notifier *notifier, const struct notice *notices,
		    size_t n, int64_t now, struct posting *ret)
{
	const struct message *message = notices[0].message;
	const char *url = notify_url(options, message);
	char *text = strdup(message->notify ? message->notify : url), signature[SIGN_BASE64_MAX];
	bool ok = text && (message->channel == CHANNEL_VOICE
				   ? add_call(&ret->body, &text, &notices[0])
				   : add_message(&ret->body, &text, &notices[0], notifier->words[notices[0].status]));

	(void)n;
	(void)now;
	ret->url = ok ? strdup(url) : NULL;
	if (ret->url) {
		ret->size = strlen(ret->body);
		sign_sha1(notify_secret(options->token, notices), text, signature);
		snprintf(ret->headers[0], sizeof(ret->headers[0]), "Content-Type: application/x-www-form-urlencoded");
		snprintf(ret->headers[1], sizeof(ret->headers[1]), "X-Twilio-Signature: %s", signature);
	}
	free(text);
	return ret->url;
}

static const struct notifier notifier = {
	.words = {"sent", "delivered", "read", "undelivered"}, .batch_max = 1, .compose = compose};

const struct vendor twilio = {
	.provider = PROVIDER_TWILIO,
	.prefix = "/" API_VERSION "/",
	.methods = methods,
	.methods_n = sizeof(methods) / sizeof(methods[0]),
	.authenticate = authenticate,
	.errors = {{401, "20003"},
		   {404, "20404"},
		   {405, "20004"},
		   {415, "20422"},
		   {400, "20001"},
		   {400, "20001"},
		   {400, ""}},
	.error = error,
	.notifier = &notifier,
};
