/*
 * Gateways of one's own: keys that an admin writes into the gateway's callback URL, or a form or a flat JSON object
 * with the same keys. "dlr" holds Kannel's "%d". The URL or HTTP Basic brings the secret.
 */
#include "daemon/webhook/fields.h"
#include "daemon/webhook/finding.h"
#include "daemon/webhook/password.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DRIVER "http"

/* The class behind the last '='; NULL: the entry is of another code. */
static const struct provider_error *class_in(const char *entry, const char *code)
{
	const char *equals = strrchr(entry, '=');
	size_t length = strlen(code);

	if (!equals || (size_t)(equals - entry) != length || strncmp(entry, code, length) != 0)
		return NULL;
	return provider_error_find(&provider_generic, equals + 1);
}

/* A code that no channel's errors have is left out: a gateway's own words go no further. */
static const struct provider_error *class_of(const struct config *config, const char *code)
{
	for (size_t i = 0; i < config->channel_count && code; i++) {
		if (strcmp(config->channels[i].driver, DRIVER) != 0)
			continue;
		for (char **entry = config->channels[i].errors; *entry; entry++) {
			const struct provider_error *row = class_in(*entry, code);

			if (row)
				return row;
		}
	}
	return NULL;
}

static int parse(const struct parser_context *context, const struct parser_request *request,
		 const struct parser_sink *sink, char why[static WIRE_WHY_MAX])
{
	__attribute__((cleanup(fields_clear))) struct fields fields = {0};
	const struct provider_error *class;
	struct provider_error row;
	struct provider judges = provider_generic;
	const char *state, *code;

	if (fields_read(request, FIELDS_QUERY | FIELDS_BODY, &fields) < 0) {
		snprintf(why, WIRE_WHY_MAX, "query and body are no keys and values");
		return -EBADMSG;
	}
	state = fields_value(&fields, "state");
	if (!state)
		state = fields_value(&fields, "dlr");
	if (!state) {
		snprintf(why, WIRE_WHY_MAX, "there is neither \"state\" nor \"dlr\" in it, once");
		return -EBADMSG;
	}
	code = fields_value(&fields, "code");
	class = class_of(context->config, code);
	if (class) {
		row = *class;
		row.word = code;
		judges.errors = &row;
		judges.error_count = 1;
	}
	finding_receipt(sink, &provider_generic,
			&(struct finding){
				.id = fields_value(&fields, "id"),
				.message_id = fields_value(&fields, "message_id"),
				.state = state,
				.code = class ? code : NULL,
				.judges = &judges,
				.at = finding_time(NULL, request->now),
			});
	return 0;
}

const struct parser parser_generic = {
	.provider = &provider_generic,
	.path = offsetof(struct config_webhook, path_generic),
	.secret = offsetof(struct config_webhook, generic_secret),
	.answer = "",
	.body_max = 64 * 1024,
	.verify = password_verify,
	.parse = parse,
};
