#include "tools/simulator/telegram_gateway.h"
#include "tools/simulator/random.h"
#include "tools/simulator/sign.h"
#include "tools/simulator/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "read" of the phone, "expired" of what was not delivered in time. */
static const char *const words[STATUSES] = {"sent", "delivered", "read", "expired"};

static json_t *status_json(const struct message *message, const char *id, const char *word, uint64_t at_ms)
{
	json_t *json =
		json_pack("{s:s*, s:s, s:f}", "request_id", id, "phone_number", message->to, "request_cost", 0.01);

	if (word)
		json_object_set_new(json, "delivery_status",
				    json_pack("{s:s, s:I}", "status", word, "updated_at", (json_int_t)(at_ms / 1000)));
	if (message->callback[0])
		json_object_set_new(json, "payload", json_string(message->callback));
	return json;
}

static void answer_result(struct vendor_call *call, json_t *result)
{
	answer_json(call->answer, 200, json_pack("{s:b, s:o}", "ok", 1, "result", result));
}

/* A number that --fail …=code spoils cannot be reached, and that is said here already. */
static void check_ability(struct vendor_call *call)
{
	const struct options *options = call->simulator->options;
	const char *to = vendor_text(call, "phone_number");
	const struct fault *fault = fault_find(options->faults, options->faults_n, PROVIDER_TELEGRAM_GATEWAY, to);
	const struct message message = {.to = to, .callback = ""};
	char id[24];

	if (fault && fault_kind(fault) == FAULT_CODE) {
		vendor_refuse_code(call, fault->status ? fault->status : 200, fault->code, "Asked for by --fail");
		call->answer->outcome = ANSWER_FAILED;
		return;
	}
	random_text(id, 20, "0123456789ABCDEF");
	answer_result(call, status_json(&message, id, NULL, 0));
}

static void send_code(struct vendor_call *call)
{
	const char *code = vendor_text(call, "code"), *request_id = vendor_text(call, "request_id"), *shown;
	char id[MESSAGES_ID_MAX], text[64];
	struct message draft = {
		.channel = CHANNEL_TELEGRAM,
		.to = vendor_text(call, "phone_number"),
		.code = code,
		.text = text,
		.callback = vendor_text(call, "payload"),
		.notify = vendor_text(call, "callback_url"),
	};

	if (strlen(code) < 4 || code[strspn(code, "0123456789")])
		return vendor_refuse_code(call, 200, "CODE_INVALID_FORMAT", "code must be 4 to 8 digits");
	snprintf(text, sizeof(text), "Login code: %s. Do not give this code to anyone.", code);
	random_text(id, 20, "0123456789ABCDEF");
	if (request_id)
		snprintf(id, sizeof(id), "%s", request_id);
	if (vendor_deliver(call, &draft, id, &shown))
		answer_result(call, status_json(&draft, shown, "sent", draft.at_ms));
}

static void check_status(struct vendor_call *call)
{
	struct message *message = vendor_find(call, vendor_text(call, "request_id"));
	const char *word = words[STATUS_SENT];
	uint64_t at;

	if (!message)
		return;
	at = message->events_n ? message->events[message->events_n - 1].at_ms : message->at_ms;
	for (size_t i = 0; i < STATUSES; i++)
		if (strcmp(status_names[i], message_status(message)) == 0)
			word = words[i];
	answer_result(call, status_json(message, message->id, word, at));
	free(message);
}

static void revoke(struct vendor_call *call)
{
	struct message *message = vendor_find(call, vendor_text(call, "request_id"));

	if (message)
		answer_json(call->answer, 200, json_pack("{s:b, s:b}", "ok", 1, "result", 1));
	free(message);
}

static const struct vendor_field ability_fields[] = {{.name = "phone_number", .kind = FIELD_E164}};
static const struct vendor_field send_fields[] = {
	{.name = "phone_number", .kind = FIELD_E164},
	{"code", FIELD_TEXT, .most = 8},
	{"ttl", FIELD_INTEGER, .optional = true, .least = 30, .most = 3600},
	{"sender_username", FIELD_TEXT, .optional = true, .most = 32},
	{"callback_url", FIELD_URL, .optional = true},
	{"payload", FIELD_TEXT, .optional = true, .most = 128},
	{"request_id", FIELD_TEXT, .optional = true, .most = 64},
};
static const struct vendor_field status_fields[] = {{"request_id", FIELD_TEXT, .most = 64}};

static const struct vendor_method methods[] = {
	{"POST", "/checkSendAbility", VENDOR_FORM_OR_JSON, VENDOR_FIELDS(ability_fields), check_ability},
	{"POST", "/sendVerificationMessage", VENDOR_FORM_OR_JSON, VENDOR_FIELDS(send_fields), send_code},
	{"POST", "/checkVerificationStatus", VENDOR_FORM_OR_JSON, VENDOR_FIELDS(status_fields), check_status},
	{"POST", "/revokeVerificationMessage", VENDOR_FORM_OR_JSON, VENDOR_FIELDS(status_fields), revoke},
};

static bool authenticate(const struct vendor_call *call)
{
	const char *text = call->request->authorization;

	return text && strncmp(text, "Bearer ", 7) == 0 && vendor_is_token(call, text + 7);
}

static json_t *error(unsigned status, const char *code, const char *reason)
{
	(void)status;
	(void)reason;
	return json_pack("{s:b, s:s}", "ok", 0, "error", code);
}

static bool compose(const struct options *options, const struct notifier *notifier, const struct notice *notices,
		    size_t n, int64_t now, struct posting *ret)
{
	const struct message *message = notices[0].message;
	unsigned char key[32];
	char hex[SIGN_HEX_MAX], *text;
	int length;

	(void)n;
	if (notices[0].flags & RECEIPT_OLD)
		now = (int64_t)(notices[0].at_ms / 1000);
	if (!notify_json(ret, notify_url(options, message),
			 status_json(message, message->id, notifier->words[notices[0].status], notices[0].at_ms)))
		return false;
	length = asprintf(&text, "%" PRId64 "\n%s", now, ret->body);
	if (length < 0)
		return false;
	sign_digest(notify_secret(options->token, notices), key);
	sign_sha256(key, sizeof(key), text, (size_t)length, hex);
	free(text);
	snprintf(ret->headers[1], sizeof(ret->headers[1]), "X-Request-Timestamp: %" PRId64, now);
	snprintf(ret->headers[2], sizeof(ret->headers[2]), "X-Request-Signature: %s", hex);
	return true;
}

static const struct notifier notifier = {
	.words = {"sent", "delivered", "read", "expired"}, .batch_max = 1, .compose = compose};

const struct vendor telegram_gateway = {
	.provider = PROVIDER_TELEGRAM_GATEWAY,
	.methods = methods,
	.methods_n = sizeof(methods) / sizeof(methods[0]),
	.authenticate = authenticate,
	.errors = {{401, "ACCESS_TOKEN_INVALID"},
		   {200, "REQUEST_ID_INVALID"},
		   {405, "METHOD_INVALID"},
		   {415, "CONTENT_TYPE_INVALID"},
		   {200, "PARAMETER_INVALID"},
		   {200, "REQUEST_ID_INVALID"},
		   {200, ""}},
	.error = error,
	.notifier = &notifier,
};
