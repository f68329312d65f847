/*
 * Unifonic: a delivery report as a query or a form. Nothing is signed: the URL or HTTP Basic brings the secret. The
 * vendor describes MessageID, CorrelationID and Status in a machine-readable form only; other fields are not looked at.
 */
#include "daemon/webhook/fields.h"
#include "daemon/webhook/finding.h"
#include "daemon/webhook/password.h"

#include <errno.h>
#include <stdio.h>

static int parse(const struct parser_context *context, const struct parser_request *request,
		 const struct parser_sink *sink, char why[static WIRE_WHY_MAX])
{
	__attribute__((cleanup(fields_clear))) struct fields fields = {0};

	(void)context;
	if (fields_read(request, FIELDS_QUERY | FIELDS_BODY, &fields) < 0 || fields.count == 0) {
		snprintf(why, WIRE_WHY_MAX, "there is neither a query nor a form in it");
		return -EBADMSG;
	}
	finding_receipt(sink, &provider_unifonic,
			&(struct finding){
				.id = fields_value(&fields, "CorrelationID"),
				.message_id = fields_value(&fields, "MessageID"),
				.state = fields_value(&fields, "Status"),
				.at = finding_time(NULL, request->now),
			});
	return 0;
}

const struct parser parser_unifonic = {
	.provider = &provider_unifonic,
	.path = offsetof(struct config_webhook, path_unifonic),
	.secret = offsetof(struct config_webhook, unifonic_secret),
	.answer = "",
	.body_max = 64 * 1024,
	.verify = password_verify,
	.parse = parse,
};
