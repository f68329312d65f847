#include "tools/simulator/infobip.h"
#include "tools/simulator/random.h"
#include "tools/simulator/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct vendor_field top_fields[] = {{.name = "messages", .kind = FIELD_ARRAY}};
static const struct vendor_field message_fields[] = {
	{"sender", FIELD_TEXT, .most = 16},           {.name = "destinations", .kind = FIELD_ARRAY},
	{.name = "content", .kind = FIELD_OBJECT},    {"options", FIELD_OBJECT, .optional = true},
	{"webhooks", FIELD_OBJECT, .optional = true},
};
static const struct vendor_field destination_fields[] = {
	{.name = "to", .kind = FIELD_DIGITS},
	{"messageId", FIELD_TEXT, .optional = true, .most = 100},
};
static const struct vendor_field content_fields[] = {{"text", FIELD_TEXT, .most = 4096}};
static const struct vendor_field option_fields[] = {{.name = "validityPeriod", .kind = FIELD_OBJECT}};
static const struct vendor_field period_fields[] = {
	{"amount", FIELD_INTEGER, .least = 1, .most = 172800},
	{"timeUnit", FIELD_WORD, .optional = true, .words = "SECONDS MINUTES HOURS"},
};
static const struct vendor_field webhook_fields[] = {
	{"delivery", FIELD_OBJECT, .optional = true},
	{"contentType", FIELD_WORD, .optional = true, .words = "application/json"},
	{"callbackData", FIELD_TEXT, .optional = true, .most = 200},
};
static const struct vendor_field delivery_fields[] = {{.name = "url", .kind = FIELD_URL}};

static int check(struct vendor_call *call, const json_t *parent, const char *name, const struct vendor_field *fields,
		 size_t n)
{
	const json_t *object = json_object_get(parent, name);

	return object ? vendor_check(call, object, name, fields, n) : 0;
}

static const char *text_at(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static int check_all(struct vendor_call *call, const json_t *message)
{
	const json_t *destination = json_array_get(json_object_get(message, "destinations"), 0),
		     *options = json_object_get(message, "options"), *webhooks = json_object_get(message, "webhooks");
	int r = vendor_check(call, message, "messages[0]", VENDOR_FIELDS(message_fields));

	if (r == 0)
		r = vendor_check(call, destination, "destinations[0]", VENDOR_FIELDS(destination_fields));
	if (r == 0)
		r = check(call, message, "content", VENDOR_FIELDS(content_fields));
	if (r == 0)
		r = check(call, message, "options", VENDOR_FIELDS(option_fields));
	if (r == 0)
		r = check(call, options, "validityPeriod", VENDOR_FIELDS(period_fields));
	if (r == 0)
		r = check(call, message, "webhooks", VENDOR_FIELDS(webhook_fields));
	return r == 0 ? check(call, webhooks, "delivery", VENDOR_FIELDS(delivery_fields)) : r;
}

/* An id of the client's own serves once: it is what receipts are about. */
static void send_sms(struct vendor_call *call)
{
	const json_t *message = json_array_get(json_object_get(call->fields, "messages"), 0),
		     *destination = json_array_get(json_object_get(message, "destinations"), 0),
		     *webhooks = json_object_get(message, "webhooks");
	char id[MESSAGES_ID_MAX], code[TEXT_CODE_MAX], to[20];
	const char *own = text_at(destination, "messageId"), *shown;
	struct message draft = {.channel = CHANNEL_SMS, .to = to, .code = code};

	if (check_all(call, message) < 0)
		return;
	draft.text = text_at(json_object_get(message, "content"), "text");
	draft.from = text_at(message, "sender");
	draft.callback = own ? own : text_at(webhooks, "callbackData");
	draft.notify = text_at(json_object_get(webhooks, "delivery"), "url");
	snprintf(to, sizeof(to), "+%s", text_at(destination, "to"));
	text_find_code(draft.text, code);
	random_text(id, 32, "0123456789abcdef");
	if (own)
		snprintf(id, sizeof(id), "%s", own);
	if (vendor_deliver(call, &draft, id, &shown))
		answer_json(call->answer, 200,
			    json_pack("{s:s, s:[{s:s*, s:{s:i, s:s, s:i, s:s, s:s}, s:s}]}", "bulkId", id, "messages",
				      "messageId", shown, "status", "groupId", 1, "groupName", "PENDING", "id", 26,
				      "name", "PENDING_ACCEPTED", "description", "Message sent to next instance",
				      "destination", to + 1));
}

static json_t *result_json(const struct notice *notice)
{
	static const struct {
		int id, group;
		const char *group_name, *name;
	} states[STATUSES] = {
		[STATUS_SENT] = {7, 1, "PENDING", "PENDING_ENROUTE"},
		[STATUS_DELIVERED] = {5, 3, "DELIVERED", "DELIVERED_TO_HANDSET"},
		[STATUS_FAILED] = {4, 2, "UNDELIVERABLE", "UNDELIVERABLE_NOT_DELIVERED"},
	};
	const struct message *message = notice->message;
	bool failed = notice->status == STATUS_FAILED;
	const char *error = !failed ? "NO_ERROR" : notice->code[0] ? notice->code : "EC_ABSENT_SUBSCRIBER";
	char sent[32], done[32];

	notify_time(message->at_ms, sent);
	notify_time(notice->at_ms, done);
	memcpy(strchr(sent, 'Z'), "+0000", 6);
	memcpy(strchr(done, 'Z'), "+0000", 6);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s*, s:{s:i, s:s, s:i, s:s, s:s}, "
			 "s:{s:i, s:s, s:i, s:s, s:s, s:b}}",
			 "bulkId", message->id, "messageId", message->id, "to", message->to + 1, "sentAt", sent,
			 "doneAt", done, "messageCount", 1, "callbackData",
			 message->callback[0] ? message->callback : NULL, "status", "groupId",
			 states[notice->status].group, "groupName", states[notice->status].group_name, "id",
			 states[notice->status].id, "name", states[notice->status].name, "description",
			 states[notice->status].name, "error", "groupId", failed ? 1 : 0, "groupName",
			 failed ? "HANDSET_ERRORS" : "OK", "id", failed ? 27 : 0, "name", error, "description", error,
			 "permanent", 0);
}

/* The log holds what has happened last. */
static void show_log(struct vendor_call *call)
{
	struct message *message =
		messages_find(call->simulator->messages, PROVIDER_INFOBIP, vendor_text(call, "messageId"));
	const struct event *last = message && message->events_n ? &message->events[message->events_n - 1] : NULL;
	json_t *results = json_array();

	if (last) {
		const char *code = last->code && strcmp(last->code, "131026") != 0 ? last->code : "";
		const struct notice notice = {
			.message = message, .status = last->status, .code = code, .at_ms = last->at_ms};

		json_array_append_new(results, result_json(&notice));
	}
	answer_json(call->answer, 200, json_pack("{s:o}", "results", results));
	free(message);
}

static const struct vendor_field log_fields[] = {{"messageId", FIELD_TEXT, .most = 100}};

static const struct vendor_method methods[] = {
	{"POST", "/sms/3/messages", VENDOR_JSON, VENDOR_FIELDS(top_fields), send_sms},
	{"GET", "/sms/3/logs", VENDOR_QUERY, VENDOR_FIELDS(log_fields), show_log},
};

static bool authenticate(const struct vendor_call *call)
{
	const char *text = call->request->authorization;

	return text && strncmp(text, "App ", 4) == 0 && vendor_is_token(call, text + 4);
}

/* A code in words is a rejection inside a 200, as it is with this provider. */
static json_t *error(unsigned status, const char *code, const char *reason)
{
	if (status == 200)
		return json_pack("{s:s, s:[{s:s, s:{s:i, s:s, s:i, s:s, s:s}}]}", "bulkId", "0", "messages",
				 "messageId", "0", "status", "groupId", 5, "groupName", "REJECTED", "id", 6, "name",
				 code, "description", reason);
	return json_pack("{s:s, s:s, s:s, s:[]}", "errorCode", code, "description", reason, "action",
			 "Check the request", "violations");
}

static bool compose(const struct options *options, const struct notifier *notifier, const struct notice *notices,
		    size_t n, int64_t now, struct posting *ret)
{
	json_t *results = json_array();

	(void)notifier;
	(void)now;
	for (size_t i = 0; i < n; i++)
		json_array_append_new(results, result_json(&notices[i]));
	return notify_json(ret, notify_url(options, notices[0].message), json_pack("{s:o}", "results", results));
}

static const struct notifier notifier = {
	.words = {"PENDING", "DELIVERED", NULL, "UNDELIVERABLE"}, .batch_max = RECEIPT_BATCH_MAX, .compose = compose};

const struct vendor infobip = {
	.provider = PROVIDER_INFOBIP,
	.prefix = "/sms/3/",
	.methods = methods,
	.methods_n = sizeof(methods) / sizeof(methods[0]),
	.authenticate = authenticate,
	.errors = {{401, "E401"}, {404, "E404"}, {405, "E405"}, {415, "E415"}, {400, "E400"}, {400, "E400"}, {200, ""}},
	.error = error,
	.notifier = &notifier,
};
