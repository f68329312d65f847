/*
 * Twilio: status callbacks of messages and calls, one form a post. The signature is over the URL that the message was
 * sent with, in which our id stands, and over the form's fields in the order of their keys.
 */
#include "daemon/webhook/fields.h"
#include "daemon/webhook/finding.h"
#include "daemon/webhook/signature.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A JSON body would be signed by a digest in the URL: no message of ours makes one. */
static bool is_form(const struct parser_request *request)
{
	const char *type = parser_header(request, "Content-Type");

	return type &&
	       strncasecmp(type, "application/x-www-form-urlencoded", strlen("application/x-www-form-urlencoded")) == 0;
}

static int verify(const struct parser_context *context, const struct parser_request *request)
{
	__attribute__((cleanup(fields_clear))) struct fields fields = {0};
	struct signature_part parts[1 + 2 * PARSER_PAIRS_MAX];
	size_t n = 0;

	if (request->rest[0] || !is_form(request) || fields_read(request, FIELDS_BODY, &fields) < 0)
		return -EACCES;
	fields_sort(&fields);
	parts[n++] = SIGNATURE_TEXT(request->url);
	for (size_t i = 0; i < fields.count; i++) {
		parts[n++] = SIGNATURE_TEXT(fields.pairs[i].key);
		parts[n++] = SIGNATURE_TEXT(fields.pairs[i].value);
	}
	return signature_is_base64(SIGNATURE_SHA1, context->secret, parts, n,
				   parser_header(request, "X-Twilio-Signature"))
		       ? 0
		       : -EACCES;
}

/* The first of two names that is there: of a message, of a call. */
static const char *either(const struct fields *fields, const char *message, const char *call)
{
	const char *value = fields_value(fields, message);

	return value ? value : fields_value(fields, call);
}

static int parse(const struct parser_context *context, const struct parser_request *request,
		 const struct parser_sink *sink, char why[static WIRE_WHY_MAX])
{
	__attribute__((cleanup(fields_clear))) struct fields fields = {0};
	struct finding finding = {.at = finding_time(NULL, request->now)};

	(void)context;
	if (fields_read(request, FIELDS_BODY, &fields) == 0) {
		finding.message_id = either(&fields, "MessageSid", "CallSid");
		finding.state = either(&fields, "MessageStatus", "CallStatus");
	}
	if (!finding.message_id || !finding.state) {
		snprintf(why, WIRE_WHY_MAX, "the form has no status of a message or a call");
		return -EBADMSG;
	}
	finding.id = parser_query(request, "id");
	finding.code = fields_value(&fields, "ErrorCode");
	finding_receipt(sink, &provider_twilio, &finding);
	return 0;
}

const struct parser parser_twilio = {
	.provider = &provider_twilio,
	.path = offsetof(struct config_webhook, path_twilio),
	.secret = offsetof(struct config_webhook, twilio_secret),
	.answer = "",
	.body_max = 64 * 1024,
	.verify = verify,
	.parse = parse,
	.signs = true,
	.signs_url = true,
	.methods = "POST",
};
