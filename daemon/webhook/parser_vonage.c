/*
 * Vonage's SMS API: one delivery receipt a request, as a query, a form or a JSON object. Vonage signs if it is asked
 * to; what is not signed is refused. Of its five methods this takes "SHA-256 HMAC". What is signed is as the vendor's
 * own libraries have it: "&key=value" in the order of the keys, without sig, and with '_' for each '&' and '=' within.
 * They differ in whether empty values are part of it, so both ways are tried.
 */
#include "daemon/webhook/fields.h"
#include "daemon/webhook/finding.h"
#include "daemon/webhook/signature.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Only what is signed: a query that came with a post is not. */
static int read_signed(const struct parser_request *request, struct fields *ret)
{
	return fields_read(request, strcmp(request->method, "POST") == 0 ? FIELDS_BODY : FIELDS_QUERY, ret);
}

static char *append(char *end, char separator, const char *text)
{
	*end++ = separator;
	for (; *text; text++)
		*end++ = *text == '&' || *text == '=' ? '_' : *text;
	return end;
}

static bool is_empty(const char *value)
{
	return value[strspn(value, " ")] == '\0';
}

/* base has room for all of it. */
static bool is_signed(const struct secret *secret, const struct fields *fields, bool with_empty, char *base)
{
	const char *sig = fields_value(fields, "sig");
	char *end = base;

	for (size_t i = 0; i < fields->count; i++) {
		const struct parser_pair *pair = &fields->pairs[i];

		if (strcmp(pair->key, "sig") == 0 || (!with_empty && is_empty(pair->value)))
			continue;
		end = append(end, '&', pair->key);
		end = append(end, '=', pair->value);
	}
	return signature_is_hex(SIGNATURE_SHA256, secret, &(struct signature_part){base, (size_t)(end - base)}, 1, sig);
}

static int verify(const struct parser_context *context, const struct parser_request *request)
{
	__attribute__((cleanup(fields_clear))) struct fields fields = {0};
	size_t size = 1;
	bool right;
	char *base;

	if (request->rest[0] || read_signed(request, &fields) < 0 ||
	    !signature_time_ok(fields_value(&fields, "timestamp"), request->now, PARSER_AGE_MAX))
		return -EACCES;
	for (size_t i = 0; i < fields.count; i++)
		size += strlen(fields.pairs[i].key) + strlen(fields.pairs[i].value) + 2;
	base = malloc(size);
	if (!base)
		return -EACCES;
	fields_sort(&fields);
	right = is_signed(context->secret, &fields, false, base) || is_signed(context->secret, &fields, true, base);
	explicit_bzero(base, size);
	free(base);
	return right ? 0 : -EACCES;
}

/* "0" is no error; a receipt's codes are not those of an answer. */
static const char *code_of(const char *code, char text[static WIRE_NAME_MAX])
{
	if (!code || strcmp(code, "0") == 0 || snprintf(text, WIRE_NAME_MAX, "dlr-%s", code) >= WIRE_NAME_MAX)
		return NULL;
	return text;
}

static int parse(const struct parser_context *context, const struct parser_request *request,
		 const struct parser_sink *sink, char why[static WIRE_WHY_MAX])
{
	__attribute__((cleanup(fields_clear))) struct fields fields = {0};
	char code[WIRE_NAME_MAX];

	(void)context;
	if (read_signed(request, &fields) < 0 || !fields_value(&fields, "messageId")) {
		snprintf(why, WIRE_WHY_MAX, "there is no \"messageId\" in it, once");
		return -EBADMSG;
	}
	finding_receipt(sink, &provider_vonage,
			&(struct finding){
				.id = fields_value(&fields, "client-ref"),
				.message_id = fields_value(&fields, "messageId"),
				.state = fields_value(&fields, "status"),
				.code = code_of(fields_value(&fields, "err-code"), code),
				.at = finding_time(fields_value(&fields, "message-timestamp"), request->now),
			});
	return 0;
}

const struct parser parser_vonage = {
	.provider = &provider_vonage,
	.path = offsetof(struct config_webhook, path_vonage),
	.secret = offsetof(struct config_webhook, vonage_secret),
	.answer = "",
	.body_max = 8 * 1024,
	.verify = verify,
	.parse = parse,
	.signs = true,
};
