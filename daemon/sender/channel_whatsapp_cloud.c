/* driver = whatsapp_cloud: Meta's Cloud API, a copy-code authentication template. */
#include "daemon/base/secret.h"
#include "daemon/provider/json.h"
#include "daemon/sender/channel.h"
#include "daemon/sender/memory.h"
#include "daemon/sender/template.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRAPH "https://graph.facebook.com"
#define BEARER "Authorization: Bearer "
#define CODE_MAX 15 /* an authentication template takes no longer one */
#define DIGITS "0123456789"

struct whatsapp {
	const struct config_channel *config;
	struct http *http;
	struct secret token;
	char *messages_url, *number_url;
};

/* Options. */

static bool version_ok(const char *version)
{
	size_t major = *version == 'v' ? strspn(version + 1, DIGITS) : 0;
	const char *minor = version + 1 + major;

	return major > 0 && *minor == '.' && minor[1] && minor[1 + strspn(minor + 1, DIGITS)] == '\0';
}

static int check_options(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	const char *url_error = *c->base_url ? http_url_error(c->base_url) : NULL;

	if (*c->token == '\0')
		return channel_config_error(c, why, "needs token = \"credential:NAME\" or \"file:/PATH\"");
	if (*c->phone_number_id == '\0' || c->phone_number_id[strspn(c->phone_number_id, DIGITS)])
		return channel_config_error(c, why, "needs phone_number_id, digits as WhatsApp Manager shows them");
	if (!version_ok(c->api_version))
		return channel_config_error(c, why, "needs api_version like \"v25.0\"");
	if (*c->template == '\0' || c->template[strspn(c->template, "abcdefghijklmnopqrstuvwxyz_" DIGITS)])
		return channel_config_error(c, why, "needs template, a name of a-z, 0-9 and _");
	if (*c->language == '\0')
		return channel_config_error(c, why, "needs language, as the template has it (\"en_US\")");
	if (url_error || strchr(c->base_url, '?') || strchr(c->base_url, '#'))
		return channel_config_error(c, why, "base_url %s", url_error ? url_error : "ends behind its path");
	return channel_check_ca_file(c, why);
}

static void whatsapp_close(void *channel)
{
	struct whatsapp *w = channel;

	secret_free(&w->token);
	free(w->messages_url);
	free(w->number_url);
	free(w);
}

static int make_urls(struct whatsapp *w)
{
	const struct config_channel *c = w->config;
	const char *base = *c->base_url ? c->base_url : GRAPH;
	int length = (int)strlen(base);

	while (length > 0 && base[length - 1] == '/')
		length--;
	if (asprintf(&w->messages_url, "%.*s/%s/%s/messages", length, base, c->api_version, c->phone_number_id) < 0)
		w->messages_url = NULL;
	if (asprintf(&w->number_url, "%.*s/%s/%s?fields=id", length, base, c->api_version, c->phone_number_id) < 0)
		w->number_url = NULL;
	return w->messages_url && w->number_url ? 0 : -ENOMEM;
}

static int whatsapp_open(const struct config_channel *config, struct http *http, void **ret,
			 char why[static CONFIG_WHY_MAX])
{
	char secret_why[CONFIG_WHY_MAX / 2] = "";
	struct whatsapp *w;
	int r = check_options(config, why);

	if (r < 0)
		return r;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct whatsapp){.config = config, .http = http};
	r = secret_load(config->token, &w->token, secret_why, sizeof(secret_why));
	if (r < 0)
		channel_config_error(config, why, "token: %s", secret_why);
	else if (w->token.data[strcspn(w->token.data, "\r\n\t ")])
		r = channel_config_error(config, why, "token: the file holds more than one word");
	else
		r = make_urls(w);
	if (r < 0) {
		whatsapp_close(w);
		return r;
	}
	*ret = w; /* transferred */
	return 0;
}

/* The request. */

/*
 * A template's language must be named exactly as it was approved. A user's "en" or "en_GB" is served by our "en_US"; a
 * user of another language needs the template approved in it, under that name.
 */
static const char *language_of(const struct config_channel *config, const char *lang)
{
	size_t base = strcspn(lang, "_-");
	bool ours = strncmp(lang, config->language, base) == 0 && strcspn(config->language, "_-") == base;

	return base == 0 || ours ? config->language : lang;
}

static char *body_of(const struct config_channel *config, const struct channel_message *message)
{
	static const char body[] =
		"{\"messaging_product\":\"whatsapp\",\"recipient_type\":\"individual\",\"to\":\"{to_digits}\",\"type\":"
		"\"template\","
		"\"template\":{\"name\":\"{template}\",\"language\":{\"code\":\"{language}\"},\"components\":["
		"{\"type\":\"body\",\"parameters\":[{\"type\":\"text\",\"text\":\"{code}\"}]},"
		"{\"type\":\"button\",\"sub_type\":\"url\",\"index\":\"0\",\"parameters\":[{\"type\":\"text\",\"text\":"
		"\"{code}\"}]}"
		"]},\"biz_opaque_callback_data\":\"{id}\"}";
	const struct template_value values[] = {
		{"to_digits", message->to + 1},
		{"template", config->template},
		{"language", language_of(config, message->lang)},
		{"code", message->code},
		{"id", message->id},
		{NULL, NULL},
	};
	char *ret = NULL;

	(void)template_render(body, TEMPLATE_JSON, values, &ret);
	return ret;
}

static void request_start(struct channel_call *call, const char *method, const char *url, const char *body,
			  int64_t timeout_ms)
{
	const struct whatsapp *w = call->channel;
	char authorization[sizeof(BEARER) + SECRET_MAX];
	const char *headers[] = {authorization, body ? "Content-Type: application/json" : NULL, NULL};
	struct http_request request = {
		.method = method,
		.url = url,
		.headers = headers,
		.body = body,
		.ca_file = w->config->ca_file,
		.timeout_ms = timeout_ms,
	};

	snprintf(authorization, sizeof(authorization), BEARER "%s", w->token.data);
	w->http->start(w->http, &request, &call->http);
	explicit_bzero(authorization, strlen(authorization));
}

/* The answer. */

/* The error object with its code, NULL if there is none. */
static const json_t *error_of(const json_t *root)
{
	const json_t *error = json_object_get(root, "error");

	return json_is_integer(json_object_get(error, "code")) ? error : NULL;
}

static void answer_error(struct channel_call *call, const struct http_answer *http, const json_t *error)
{
	char code[WIRE_NAME_MAX];

	snprintf(code, sizeof(code), "%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(error, "code")));
	channel_judged(call, &provider_meta, code, json_is_true(json_object_get(error, "is_transient")),
		       json_string_value(json_object_get(error, "fbtrace_id")), http);
}

/* HTTP 200 is a promise only with an id in it, and only if the message is not held back. */
static void answer_message(struct channel_call *call, const struct http_answer *http, const json_t *root)
{
	const json_t *message = json_array_get(json_object_get(root, "messages"), 0);
	const char *id = json_string_value(json_object_get(message, "id"));
	const char *status = json_string_value(json_object_get(message, "message_status"));
	char message_id[WIRE_TEXT_MAX];

	if (http->status / 100 != 2 || !id || *id == '\0') {
		channel_refused(call, http);
	} else if (status && strcmp(status, "held_for_quality_assessment") == 0) {
		channel_failed(call, FAILURE_UNDELIVERABLE, "held", "the message is held for quality assessment");
	} else if (status && strcmp(status, "paused") == 0) {
		channel_failed(call, FAILURE_UNDELIVERABLE, "paused", "the template is paused");
	} else {
		json_scalar(json_object_get(message, "id"), message_id, sizeof(message_id));
		channel_sent(call, message_id);
	}
}

static void on_message(struct http_call *http, const struct http_answer *answer)
{
	struct channel_call *call = http->userdata;
	json_t *root __attribute__((cleanup(json_unrefp))) = json_read(answer->body, answer->length);
	const json_t *error = error_of(root);

	if (answer->outcome != HTTP_ANSWERED)
		channel_unanswered(call, answer);
	else if (error)
		answer_error(call, answer, error);
	else
		answer_message(call, answer, root);
}

static void whatsapp_send(struct channel_call *call, const struct channel_message *message)
{
	const struct whatsapp *w = call->channel;
	char *body __attribute__((cleanup(memory_freep))) = NULL;

	if (message->to[0] != '+' || strlen(message->code) > CODE_MAX) {
		channel_failed(call, FAILURE_UNDELIVERABLE, "request", "the number or the code does not fit WhatsApp");
		return;
	}
	body = body_of(w->config, message);
	if (!body) {
		channel_failed(call, FAILURE_UNDELIVERABLE, "request", "the request could not be built");
		return;
	}
	call->http = (struct http_call){.done = on_message, .userdata = call};
	request_start(call, "POST", w->messages_url, body, message->timeout_ms);
}

static void on_number(struct http_call *http, const struct http_answer *answer)
{
	struct channel_call *call = http->userdata;
	const struct whatsapp *w = call->channel;
	json_t *root __attribute__((cleanup(json_unrefp))) = json_read(answer->body, answer->length);
	const json_t *error = error_of(root);
	const char *id = json_string_value(json_object_get(root, "id"));

	if (answer->outcome != HTTP_ANSWERED)
		channel_unanswered(call, answer);
	else if (error)
		answer_error(call, answer, error);
	else if (id && strcmp(id, w->config->phone_number_id) == 0)
		channel_sent(call, "");
	else
		channel_failed(call, FAILURE_UNKNOWN_OUTCOME, "probe",
			       "the provider can be reached, but did not show the phone number");
}

/* Costs nothing and needs no more than the permission to send. */
static void whatsapp_probe(struct channel_call *call, int64_t timeout_ms)
{
	const struct whatsapp *w = call->channel;

	call->http = (struct http_call){.done = on_number, .userdata = call};
	request_start(call, "GET", w->number_url, NULL, timeout_ms);
}

static void whatsapp_cancel(struct channel_call *call)
{
	const struct whatsapp *w = call->channel;

	w->http->cancel(w->http, &call->http);
}

const struct channel_ops channel_whatsapp_cloud = {
	.name = "whatsapp_cloud",
	.open = whatsapp_open,
	.send = whatsapp_send,
	.probe = whatsapp_probe,
	.cancel = whatsapp_cancel,
	.close = whatsapp_close,
};
