#include "tools/simulator/kannel.h"
#include "tools/simulator/random.h"
#include "tools/simulator/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USER "simulator"

/* Bits of dlr-mask, and what stands for %d. */
static const unsigned bits[STATUSES] = {
	[STATUS_SENT] = 8,
	[STATUS_DELIVERED] = 1,
	[STATUS_FAILED] = 2,
};

static void send_sms(struct vendor_call *call)
{
	const char *mask = vendor_text(call, "dlr-mask"), *coding = vendor_text(call, "coding");
	char id[MESSAGES_ID_MAX], code[TEXT_CODE_MAX];
	const char *shown;
	struct message draft = {
		.channel = CHANNEL_SMS,
		.to = vendor_text(call, "to"),
		.text = vendor_text(call, "text"),
		.code = code,
		.from = vendor_text(call, "from"),
		.notify = vendor_text(call, "dlr-url"),
		.notify_mask = mask ? (unsigned)atoi(mask) : 0,
	};

	if (coding && strcmp(coding, "2") == 0 && !vendor_text(call, "charset"))
		return vendor_refuse(call, VENDOR_INVALID, "coding=2 wants charset=UTF-8");
	text_find_code(draft.text, code);
	random_text(id, 32, "0123456789abcdef");
	if (vendor_deliver(call, &draft, id, &shown))
		answer_text(call->answer, 202, "text/html", shown ? "0: Accepted for delivery" : "");
}

static const struct vendor_field fields[] = {
	{"username", FIELD_TEXT, .most = 64},
	{"password", FIELD_TEXT, .most = 1024},
	{.name = "to", .kind = FIELD_E164},
	{"text", FIELD_TEXT, .most = 4096},
	{"from", FIELD_TEXT, .optional = true, .most = 16},
	{"coding", FIELD_WORD, .optional = true, .words = "0 2"},
	{"charset", FIELD_WORD, .optional = true, .words = "UTF-8"},
	{"dlr-mask", FIELD_INTEGER, .optional = true, .least = 0, .most = 31},
	{"dlr-url", FIELD_URL, .optional = true},
	{"smsc", FIELD_TEXT, .optional = true, .most = 32},
	{"priority", FIELD_INTEGER, .optional = true, .least = 0, .most = 3},
	{"validity", FIELD_INTEGER, .optional = true, .least = 1, .most = 10080},
};

static const struct vendor_method methods[] = {
	{"GET", "/cgi-bin/sendsms", VENDOR_QUERY, VENDOR_FIELDS(fields), send_sms},
	{"POST", "/cgi-bin/sendsms", VENDOR_HEADERS, VENDOR_FIELDS(fields), send_sms},
};

static bool authenticate(const struct vendor_call *call)
{
	const char *user = vendor_text(call, "username");

	return user && strcmp(user, USER) == 0 && vendor_is_token(call, vendor_text(call, "password"));
}

static json_t *error(unsigned status, const char *code, const char *reason)
{
	(void)code;
	return json_string(status == 403   ? "Authorization failed for sendsms"
			   : status == 503 ? "Temporal failure, try again later."
					   : reason);
}

/* What stands for an escape in dlr-url. */
static const char *value_of(const struct notice *notice, char escape, char number[static 24])
{
	const struct message *message = notice->message;

	switch (escape) {
	case 'd':
		snprintf(number, 24, "%u", bits[notice->status]);
		return number;
	case 'T':
		snprintf(number, 24, "%llu", (unsigned long long)(notice->at_ms / 1000));
		return number;
	case 'P':
		return message->from ? message->from : "";
	case 'p':
		return message->to;
	case 'F':
		return message->id;
	case 'A':
		return notice->status == STATUS_FAILED ? notice->code[0] ? notice->code : "NACK" : "ACK";
	default:
		return NULL;
	}
}

/* The URL with its escapes filled in, or NULL. */
static char *fill(const char *url, const struct notice *notice)
{
	char *text = NULL, number[24];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (; *url; url++) {
		const char *value = *url == '%' ? value_of(notice, url[1], number) : NULL;
		char *pair = NULL;

		if (value && notify_pair(&pair, "", value))
			fputs(pair + 1, out);
		else
			fputc(*url, out);
		url += value ? 1 : 0;
		free(pair);
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static bool compose(const struct options *options, const struct notifier *notifier, const struct notice *notices,
		    size_t n, int64_t now, struct posting *ret)
{
	(void)notifier;
	(void)n;
	(void)now;
	ret->url = fill(notify_url(options, notices[0].message), &notices[0]);
	return ret->url;
}

/* A status that dlr-mask leaves out is not told. */
static bool wants(const struct message *message, enum status status)
{
	return message->notify_mask & bits[status];
}

static const struct notifier notifier = {
	.words = {"8", "1", NULL, "2"}, .batch_max = 1, .compose = compose, .wants = wants};

const struct vendor kannel = {
	.provider = PROVIDER_KANNEL,
	.prefix = "/cgi-bin/",
	.methods = methods,
	.methods_n = sizeof(methods) / sizeof(methods[0]),
	.key_in_fields = true,
	.authenticate = authenticate,
	.errors = {{403, ""}, {404, ""}, {405, ""}, {400, ""}, {400, ""}, {400, ""}, {503, ""}},
	.error = error,
	.error_type = "text/html",
	.notifier = &notifier,
};
