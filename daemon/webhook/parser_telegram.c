/*
 * Telegram Gateway: one RequestStatus a post (core.telegram.org/gateway/api). The key of the HMAC is the SHA-256 of the
 * token; the time is signed with the body. "revoked" is in no table of states: it was us who took the message back.
 */
#include "daemon/webhook/document.h"
#include "daemon/webhook/finding.h"
#include "daemon/webhook/signature.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int verify(const struct parser_context *context, const struct parser_request *request)
{
	const char *at = parser_header(request, "X-Request-Timestamp");
	unsigned char key[32];
	bool signed_by_them = false;

	if (request->rest[0] || !signature_time_ok(at, request->now, PARSER_AGE_MAX))
		return -EACCES;
	if (signature_sha256(context->secret->data, context->secret->length, key)) {
		const struct signature_part parts[] = {
			SIGNATURE_TEXT(at),
			SIGNATURE_TEXT("\n"),
			{request->body, request->length},
		};

		signed_by_them =
			signature_is_hex_by(SIGNATURE_SHA256, key, sizeof(key), parts, sizeof(parts) / sizeof(parts[0]),
					    parser_header(request, "X-Request-Signature"));
	}
	explicit_bzero(key, sizeof(key));
	return signed_by_them ? 0 : -EACCES;
}

static int parse(const struct parser_context *context, const struct parser_request *request,
		 const struct parser_sink *sink, char why[static WIRE_WHY_MAX])
{
	__attribute__((cleanup(json_unrefp))) json_t *root = document_read(request->body, request->length);
	const json_t *status = json_object_get(root, "delivery_status");
	char numbers[3][FINDING_NUMBER_MAX];

	(void)context;
	if (!json_is_string(json_object_get(root, "request_id"))) {
		snprintf(why, WIRE_WHY_MAX, "the body is no JSON object with a \"request_id\"");
		return -EBADMSG;
	}
	finding_receipt(sink, &provider_telegram,
			&(struct finding){
				.id = finding_text(json_object_get(root, "payload"), numbers[0]),
				.message_id = finding_text(json_object_get(root, "request_id"), numbers[1]),
				.state = json_string_value(json_object_get(status, "status")),
				.at = finding_time(finding_text(json_object_get(status, "updated_at"), numbers[2]),
						   request->now),
			});
	return 0;
}

const struct parser parser_telegram = {
	.provider = &provider_telegram,
	.path = offsetof(struct config_webhook, path_telegram),
	.secret = offsetof(struct config_webhook, telegram_secret),
	.answer = "",
	.body_max = 64 * 1024,
	.verify = verify,
	.parse = parse,
	.signs = true,
	.methods = "POST",
};
