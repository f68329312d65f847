#include "tools/simulator/graph_notify.h"
#include "tools/simulator/graph_error.h"
#include "tools/simulator/sign.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERRORS_URL "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"

static json_t *errors_json(const struct notice *notice)
{
	int code = notice->code[0] ? atoi(notice->code) : 131026;
	const char *title = graph_error_find(code)->title;

	return json_pack("[{s:i, s:s, s:s, s:{s:s}, s:s}]", "code", code, "title", title, "message", title,
			 "error_data", "details", "Asked for by --receipt", "href", ERRORS_URL);
}

static json_t *status_json(const struct notifier *notifier, const struct notice *notice)
{
	const struct message *message = notice->message;
	char timestamp[24];
	json_t *status;

	snprintf(timestamp, sizeof(timestamp), "%" PRIu64, notice->at_ms / 1000);
	status = json_pack("{s:s, s:s, s:s, s:s}", "id", message->id, "status", notifier->words[notice->status],
			   "timestamp", timestamp, "recipient_id", message->to + 1);
	if (message->callback[0])
		json_object_set_new(status, "biz_opaque_callback_data", json_string(message->callback));
	if (notice->status == STATUS_FAILED)
		json_object_set_new(status, "errors", errors_json(notice));
	else
		json_object_set_new(status, "pricing",
				    json_pack("{s:b, s:s, s:s, s:s}", "billable", 1, "pricing_model", "PMP", "category",
					      "authentication", "type", "regular"));
	return status;
}

static bool compose(const struct options *options, const struct notifier *notifier, const struct notice *notices,
		    size_t n, int64_t now, struct posting *ret)
{
	const char *secret = notify_secret(options->app_secret, notices);
	json_t *statuses = json_array(), *body;
	char hex[SIGN_HEX_MAX];

	(void)now;
	for (size_t i = 0; i < n; i++)
		json_array_append_new(statuses, status_json(notifier, &notices[i]));
	body = json_pack("{s:s, s:[{s:s, s:[{s:{s:s, s:{s:s, s:s}, s:o}, s:s}]}]}", "object",
			 "whatsapp_business_account", "entry", "id", options->waba_id, "changes", "value",
			 "messaging_product", "whatsapp", "metadata", "display_phone_number", OPTIONS_DISPLAY_NUMBER,
			 "phone_number_id", options->phone_number_id, "statuses", statuses, "field", "messages");
	if (!notify_json(ret, notify_url(options, notices->message), body))
		return false;
	sign_sha256(secret, strlen(secret), ret->body, ret->size, hex);
	snprintf(ret->headers[1], sizeof(ret->headers[1]), "X-Hub-Signature-256: sha256=%s", hex);
	snprintf(ret->headers[2], sizeof(ret->headers[2]), "User-Agent: facebookexternalua");
	return true;
}

const struct notifier graph_notifier = {
	.words = {"sent", "delivered", "read", "failed"},
	.batch_max = RECEIPT_BATCH_MAX,
	.compose = compose,
};
