#include "tools/simulator/vonage.h"
#include "tools/simulator/random.h"
#include "tools/simulator/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ACCOUNT "simulator"

static void send_sms(struct vendor_call *call)
{
	char id[MESSAGES_ID_MAX], code[TEXT_CODE_MAX], to[20];
	const char *shown, *text = vendor_text(call, "text"), *type = vendor_text(call, "type");
	struct message draft = {
		.channel = CHANNEL_SMS,
		.to = to,
		.text = text,
		.code = code,
		.from = vendor_text(call, "from"),
		.callback = vendor_text(call, "client-ref"),
		.notify = vendor_text(call, "callback"),
	};

	for (const char *c = text; *c; c++)
		if ((unsigned char)*c >= 0x80 && (!type || strcmp(type, "unicode") != 0))
			return vendor_refuse_code(call, 200, "3", "a text that is no ASCII wants type=unicode");
	snprintf(to, sizeof(to), "+%s", vendor_text(call, "to"));
	text_find_code(text, code);
	random_text(id, 16, "0123456789ABCDEF");
	if (vendor_deliver(call, &draft, id, &shown))
		answer_json(call->answer, 200,
			    json_pack("{s:s, s:[{s:s, s:s*, s:s, s:s, s:s, s:s, s:s*}]}", "message-count", "1",
				      "messages", "to", to + 1, "message-id", shown, "status", "0", "remaining-balance",
				      "15.53590000", "message-price", "0.03330000", "network", "42001", "client-ref",
				      draft.callback[0] ? draft.callback : NULL));
}

static const struct vendor_field fields[] = {
	{"api_key", FIELD_TEXT, .most = 64},
	{"api_secret", FIELD_TEXT, .most = 1024},
	{"from", FIELD_TEXT, .most = 16},
	{.name = "to", .kind = FIELD_DIGITS},
	{"text", FIELD_TEXT, .most = 4096},
	{"type", FIELD_WORD, .optional = true, .words = "text unicode"},
	{"client-ref", FIELD_TEXT, .optional = true, .most = 100},
	{"callback", FIELD_URL, .optional = true},
	{"ttl", FIELD_INTEGER, .optional = true, .least = 20000, .most = 604800000},
	{"status-report-req", FIELD_WORD, .optional = true, .words = "0 1 true false"},
};

static const struct vendor_method methods[] = {
	{"POST", "/sms/json", VENDOR_FORM_OR_JSON, VENDOR_FIELDS(fields), send_sms},
};

static bool authenticate(const struct vendor_call *call)
{
	const char *key = vendor_text(call, "api_key");

	return key && strcmp(key, ACCOUNT) == 0 && vendor_is_token(call, vendor_text(call, "api_secret"));
}

static json_t *error(unsigned status, const char *code, const char *reason)
{
	(void)status;
	return json_pack("{s:s, s:[{s:s, s:s}]}", "message-count", "1", "messages", "status", code, "error-text",
			 reason);
}

static bool add_all(char **url, const struct notice *notice, const char *word)
{
	const struct message *message = notice->message;
	bool failed = notice->status == STATUS_FAILED;
	char time[32];

	notify_time(notice->at_ms, time);
	time[10] = ' ';
	time[19] = '\0';
	return notify_pair(url, "msisdn", message->to + 1) && notify_pair(url, "to", message->from) &&
	       notify_pair(url, "messageId", message->id) && notify_pair(url, "status", word) &&
	       notify_pair(url, "err-code",
			   !failed           ? "0"
			   : notice->code[0] ? notice->code
					     : "1") &&
	       (!message->callback[0] || notify_pair(url, "client-ref", message->callback)) &&
	       notify_pair(url, "api-key", ACCOUNT) && notify_pair(url, "message-timestamp", time);
}

static bool compose(const struct options *options, const struct notifier *notifier, const struct notice *notices,
		    size_t n, int64_t now, struct posting *ret)
{
	(void)n;
	(void)now;
	ret->url = strdup(notify_url(options, notices[0].message));
	if (!ret->url || !add_all(&ret->body, &notices[0], notifier->words[notices[0].status]))
		return false;
	ret->size = strlen(ret->body);
	snprintf(ret->headers[0], sizeof(ret->headers[0]), "Content-Type: application/x-www-form-urlencoded");
	return true;
}

static const struct notifier notifier = {
	.words = {"accepted", "delivered", NULL, "failed"}, .batch_max = 1, .compose = compose};

const struct vendor vonage = {
	.provider = PROVIDER_VONAGE,
	.methods = methods,
	.methods_n = sizeof(methods) / sizeof(methods[0]),
	.key_in_fields = true,
	.authenticate = authenticate,
	.errors = {{200, "4"}, {404, "5"}, {405, "5"}, {200, "2"}, {200, "3"}, {200, "3"}, {200, "5"}},
	.error = error,
	.notifier = &notifier,
};
