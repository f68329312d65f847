/* Infobip: delivery reports, many in one post. Nothing is signed: the URL or HTTP Basic brings the secret. */
#include "daemon/webhook/document.h"
#include "daemon/webhook/finding.h"
#include "daemon/webhook/password.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The name says more than its group, where the table has it. */
static const char *state_of(const json_t *report)
{
	const char *name = json_string_value(json_at(report, "/status/name"));

	if (name && provider_state_of(&provider_infobip, name) >= 0)
		return name;
	return json_string_value(json_at(report, "/status/groupName"));
}

/* The id that we chose is the messageId, too; a campaign of somebody else's has its own there. */
static void read_report(const json_t *report, int64_t now, const struct parser_sink *sink)
{
	char numbers[2][FINDING_NUMBER_MAX];
	struct finding finding = {
		.id = finding_text(json_at(report, "/callbackData"), numbers[0]),
		.message_id = finding_text(json_at(report, "/messageId"), numbers[1]),
		.state = state_of(report),
		.code = infobip_reason(json_string_value(json_at(report, "/error/name")),
				       json_string_value(json_at(report, "/status/name"))),
		.at = finding_time(json_string_value(json_at(report, "/doneAt")), now),
	};

	if (!finding.id && finding.message_id && strlen(finding.message_id) < WIRE_ID_MAX)
		finding.id = finding.message_id;
	finding_receipt(sink, &provider_infobip, &finding);
}

static int parse(const struct parser_context *context, const struct parser_request *request,
		 const struct parser_sink *sink, char why[static WIRE_WHY_MAX])
{
	__attribute__((cleanup(json_unrefp))) json_t *root = document_read(request->body, request->length);
	const json_t *results = json_object_get(root, "results"), *report;
	size_t i;

	(void)context;
	if (!json_is_array(results)) {
		snprintf(why, WIRE_WHY_MAX, "the body is no JSON object with \"results\"");
		return -EBADMSG;
	}
	json_array_foreach(results, i, report) read_report(report, request->now, sink);
	return 0;
}

const struct parser parser_infobip = {
	.provider = &provider_infobip,
	.path = offsetof(struct config_webhook, path_infobip),
	.secret = offsetof(struct config_webhook, infobip_secret),
	.answer = "",
	.body_max = 1024 * 1024,
	.verify = password_verify,
	.parse = parse,
	.methods = "POST",
};
