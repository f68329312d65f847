#include "tools/simulator/unifonic.h"
#include "tools/simulator/random.h"
#include "tools/simulator/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USER "simulator"
#define APP_SID "simulator"

static void send_sms(struct vendor_call *call)
{
	char id[MESSAGES_ID_MAX] = "3200", code[TEXT_CODE_MAX], to[20];
	const char *shown;
	struct message draft = {
		.channel = CHANNEL_SMS,
		.to = to,
		.text = vendor_text(call, "Body"),
		.code = code,
		.from = vendor_text(call, "SenderID"),
		.callback = vendor_text(call, "CorrelationID"),
	};

	if (strcmp(vendor_text(call, "AppSid"), APP_SID) != 0)
		return vendor_refuse_code(call, 402, "ER-02", "there is no such AppSid");
	snprintf(to, sizeof(to), "+%s", vendor_text(call, "Recipient"));
	text_find_code(draft.text, code);
	random_text(id + 4, 9, "0123456789012345");
	if (vendor_deliver(call, &draft, id, &shown))
		answer_json(call->answer, 200,
			    json_pack("{s:b, s:s, s:s, s:{s:s*, s:s, s:s, s:i, s:f, s:s, s:s, s:s, s:s}}", "success", 1,
				      "message", "", "errorCode", "ER-00", "data", "MessageID", shown, "CorrelationID",
				      draft.callback, "Status", "Queued", "NumberOfUnits", 1, "Cost", 0.0, "Balance",
				      "100", "Recipient", to + 1, "TimeCreated", "", "CurrencyCode", "SAR"));
}

static void show(struct vendor_call *call)
{
	static const char *const words[][2] = {
		{"accepted", "Queued"}, {"sent", "Sent"}, {"delivered", "Delivered"}, {"failed", "Undeliverable"}};
	struct message *message = vendor_find(call, vendor_text(call, "MessageID"));
	const char *word = "Queued";

	if (!message)
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i][0], message_status(message)) == 0)
			word = words[i][1];
	answer_json(call->answer, 200,
		    json_pack("{s:b, s:s, s:s, s:{s:s, s:s, s:s}}", "success", 1, "message", "", "errorCode", "ER-00",
			      "data", "MessageID", message->id, "Status", word, "Recipient", message->to + 1));
	free(message);
}

static const struct vendor_field fields[] = {
	{"AppSid", FIELD_TEXT, .most = 64},
	{"SenderID", FIELD_TEXT, .most = 16},
	{.name = "Recipient", .kind = FIELD_DIGITS},
	{"Body", FIELD_TEXT, .most = 4096},
	{"CorrelationID", FIELD_TEXT, .optional = true, .most = 128},
	{"responseType", FIELD_WORD, .words = "JSON"},
	{"statusCallback", FIELD_WORD, .optional = true, .words = "sent"},
	{"async", FIELD_WORD, .optional = true, .words = "true false"},
};
static const struct vendor_field details_fields[] = {
	{"AppSid", FIELD_TEXT, .most = 64},
	{"MessageID", FIELD_TEXT, .most = 32},
};

static const struct vendor_method methods[] = {
	{"POST", "/rest/SMS/messages", VENDOR_FORM_OR_QUERY, VENDOR_FIELDS(fields), send_sms},
	{"POST", "/rest/SMS/Messages/GetMessagesDetails", VENDOR_FORM_OR_QUERY, VENDOR_FIELDS(details_fields), show},
};

static bool authenticate(const struct vendor_call *call)
{
	return vendor_is_basic(call, USER);
}

static json_t *error(unsigned status, const char *code, const char *reason)
{
	(void)status;
	return json_pack("{s:b, s:s, s:s, s:n}", "success", 0, "message", reason, "errorCode", code, "data");
}

/* A GET with all in the query, as the sample of the vendor's receipts. */
static bool compose(const struct options *options, const struct notifier *notifier, const struct notice *notices,
		    size_t n, int64_t now, struct posting *ret)
{
	const struct message *message = notices[0].message;
	const char *url = notify_url(options, message);
	int r = asprintf(&ret->url, "%s%s", url, strchr(url, '?') ? "" : "?");

	(void)n;
	(void)now;
	return r >= 0 && notify_pair(&ret->url, "MessageID", message->id) &&
	       notify_pair(&ret->url, "CorrelationID", message->callback) &&
	       notify_pair(&ret->url, "Status", notifier->words[notices[0].status]) &&
	       notify_pair(&ret->url, "Recipient", message->to + 1);
}

static const struct notifier notifier = {
	.words = {"Sent", "Delivered", NULL, "Undeliverable"}, .batch_max = 1, .compose = compose};

const struct vendor unifonic = {
	.provider = PROVIDER_UNIFONIC,
	.prefix = "/rest/",
	.methods = methods,
	.methods_n = sizeof(methods) / sizeof(methods[0]),
	.authenticate = authenticate,
	.errors = {{401, "ER-01"},
		   {404, "ER-04"},
		   {405, "ER-05"},
		   {415, "ER-06"},
		   {400, "ER-07"},
		   {409, "ER-09"},
		   {400, ""}},
	.error = error,
	.notifier = &notifier,
};
