/* driver = whatsapp_cloud: Meta's Cloud API, a copy-code authentication template. */
#include "daemon/base/language.h"
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
#define NUMBER_TIMEOUT_MS 2000
#define TEMPLATE_PAUSED "132015"

struct whatsapp {
	const struct config_channel *config;
	struct http *http;
	struct secret token;
	char *messages_url, *number_url, *health_url, *history_url;
};

/* Options. */

static bool version_ok(const char *version)
{
	size_t major = *version == 'v' ? strspn(version + 1, DIGITS) : 0;
	const char *minor = version + 1 + major;

	return major > 0 && *minor == '.' && minor[1] && minor[1 + strspn(minor + 1, DIGITS)] == '\0';
}

static int check_languages(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	bool found = c->languages[0] == NULL;

	for (char **language = c->languages; *language; language++)
		found = found || strcmp(*language, c->language) == 0;
	if (!found)
		return channel_config_error(c, why, "language \"%s\" is not one of languages", c->language);
	return channel_check_ca_file(c, why);
}

static int check_options(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	const char *url_error = *c->base_url ? http_url_error(c->base_url) : NULL;

	if (*c->token == '\0')
		return channel_config_error(c, why, "needs token = \"credential:NAME\" or \"file:/PATH\"");
	if (*c->phone_number_id == '\0' || c->phone_number_id[strspn(c->phone_number_id, DIGITS)])
		return channel_config_error(c, why, "needs phone_number_id, digits as WhatsApp Manager shows them");
	if (c->waba_id[strspn(c->waba_id, DIGITS)])
		return channel_config_error(c, why, "waba_id: digits, as WhatsApp Manager shows them");
	if (!version_ok(c->api_version))
		return channel_config_error(c, why, "needs api_version like \"v25.0\"");
	if (*c->template == '\0' || c->template[strspn(c->template, "abcdefghijklmnopqrstuvwxyz_" DIGITS)])
		return channel_config_error(c, why, "needs template, a name of a-z, 0-9 and _");
	if (*c->language == '\0')
		return channel_config_error(c, why, "needs language, as the template has it (\"en_US\")");
	if (url_error || strchr(c->base_url, '?') || strchr(c->base_url, '#'))
		return channel_config_error(c, why, "base_url %s", url_error ? url_error : "ends behind its path");
	return check_languages(c, why);
}

static void whatsapp_close(void *channel)
{
	struct whatsapp *w = channel;

	secret_free(&w->token);
	free(w->messages_url);
	free(w->number_url);
	free(w->health_url);
	free(w->history_url);
	free(w);
}

static bool make_url(const struct whatsapp *w, const char *rest, char **ret)
{
	const struct config_channel *c = w->config;
	const char *base = *c->base_url ? c->base_url : GRAPH;
	int length = (int)strlen(base);

	while (length > 0 && base[length - 1] == '/')
		length--;
	if (asprintf(ret, "%.*s/%s/%s%s", length, base, c->api_version, c->phone_number_id, rest) < 0)
		*ret = NULL;
	return *ret != NULL;
}

/* The braces of the fields are encoded: they belong into no URL. */
static int make_urls(struct whatsapp *w)
{
	bool made = make_url(w, "/messages", &w->messages_url) && make_url(w, "?fields=id", &w->number_url) &&
		    make_url(w, "?fields=id,health_status", &w->health_url) &&
		    make_url(w,
			     "/message_history?fields=id,message_id,events%7Bdelivery_status,timestamp,"
			     "error_description%7D&message_id=",
			     &w->history_url);

	return made ? 0 : -ENOMEM;
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
		{"language", language_choose(message->lang, config->languages, config->language)},
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

static void answer_held(struct channel_call *call)
{
	static const struct provider_error held = {
		.failure = FAILURE_UNDELIVERABLE,
		.alarm = ALARM_OFTEN,
		.meaning = "the message is held for quality assessment",
	};
	struct channel_answer answer = {.sent = false};

	provider_explain(&held, "held", &answer.why);
	call->answered(call, &answer);
}

/* HTTP 200 is a promise only with an id in it, and only if the message is not held back. */
static void answer_message(struct channel_call *call, const struct http_answer *http, const json_t *root)
{
	const json_t *message = json_array_get(json_object_get(root, "messages"), 0);
	const char *id = json_string_value(json_object_get(message, "id"));
	const char *status = json_string_value(json_object_get(message, "message_status"));
	char message_id[WIRE_TEXT_MAX];

	if (http->status == 504) {
		channel_unsent(call, http); /* Meta's front: nothing has come to the API */
	} else if (http->status / 100 != 2 || !id || *id == '\0') {
		channel_refused(call, http);
	} else if (status && strcmp(status, "held_for_quality_assessment") == 0) {
		answer_held(call);
	} else if (status && strcmp(status, "paused") == 0) {
		channel_judged(call, &provider_meta, TEMPLATE_PAUSED, false, NULL, http);
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

/* The number's health, by requests that cost nothing. */

static void answer_blocked(struct channel_call *call, const char *code, const char *detail)
{
	channel_failed(call, FAILURE_CONFIG, code, detail);
}

/* Who blocks or limits: the first entity that has an error, its code in our words. */
static const json_t *first_error(const json_t *entities, const char **ret_type)
{
	const json_t *entity, *error;
	size_t i;

	json_array_foreach(entities, i, entity)
	{
		error = json_array_get(json_object_get(entity, "errors"), 0);
		*ret_type = json_string_value(json_object_get(entity, "entity_type"));
		if (error && *ret_type)
			return error;
	}
	*ret_type = NULL;
	return NULL;
}

static const char *entity_name(const char *type)
{
	static const struct {
		const char *type, *name;
	} names[] = {
		{"PHONE_NUMBER", "the phone number"}, {"WABA", "the WhatsApp business account"},
		{"BUSINESS", "the business"},         {"APP", "the app"},
		{"MESSAGE_TEMPLATE", "the template"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (type && strcmp(type, names[i].type) == 0)
			return names[i].name;
	return "the account";
}

/* What Meta writes itself may name customers or numbers: only its code is told. */
static void describe(const json_t *status, const char *what, char code[static WIRE_NAME_MAX],
		     char detail[static WIRE_TEXT_MAX])
{
	const char *type = NULL, *meaning = "WhatsApp Manager says why";
	const json_t *error = first_error(json_object_get(status, "entities"), &type);
	const json_t *number = json_object_get(error, "error_code");
	const struct provider_error *row;

	snprintf(code, WIRE_NAME_MAX, "health");
	if (json_is_integer(number)) {
		snprintf(code, WIRE_NAME_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(number));
		row = provider_error_find(&provider_meta, code);
		meaning = row ? row->meaning : meaning;
	}
	snprintf(detail, WIRE_TEXT_MAX, "sending is %s by %s: %s", what, entity_name(type), meaning);
}

static void answer_health(struct channel_call *call, const json_t *root)
{
	static const struct {
		const char *word, *what;
		void (*answer)(struct channel_call *call, const char *code, const char *detail);
	} states[] = {
		{"LIMITED", "limited", channel_degraded},
		{"BLOCKED", "blocked", answer_blocked},
	};
	const json_t *status = json_object_get(root, "health_status");
	const char *word = json_string_value(json_object_get(status, "can_send_message"));
	char code[WIRE_NAME_MAX], detail[WIRE_TEXT_MAX];

	for (size_t i = 0; word && i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(word, states[i].word) == 0) {
			describe(status, states[i].what, code, detail);
			states[i].answer(call, code, detail);
			return;
		}
	if (!word || strcmp(word, "AVAILABLE") == 0)
		channel_sent(call, "");
	else
		channel_degraded(call, "health",
				 "the provider describes the number's health in a word that is not known");
}

static void answer_number(struct channel_call *call, const struct http_answer *http, const json_t *root)
{
	const struct whatsapp *w = call->channel;
	const json_t *error = error_of(root);
	const char *id = json_string_value(json_object_get(root, "id"));

	if (http->outcome != HTTP_ANSWERED)
		channel_unanswered(call, http);
	else if (error)
		answer_error(call, http, error);
	else if (id && strcmp(id, w->config->phone_number_id) == 0)
		answer_health(call, root);
	else
		channel_failed(call, FAILURE_UNKNOWN_OUTCOME, "probe",
			       "the provider can be reached, but did not show the phone number");
}

static void on_number(struct http_call *http, const struct http_answer *answer)
{
	json_t *root __attribute__((cleanup(json_unrefp))) = json_read(answer->body, answer->length);

	answer_number(http->userdata, answer, root);
}

/* A token that may do no more than send does not see the health: then the number alone must do. */
static void on_health(struct http_call *http, const struct http_answer *answer)
{
	struct channel_call *call = http->userdata;
	const struct whatsapp *w = call->channel;
	json_t *root __attribute__((cleanup(json_unrefp))) = json_read(answer->body, answer->length);

	if (answer->outcome != HTTP_ANSWERED || !error_of(root)) {
		answer_number(call, answer, root);
		return;
	}
	call->http = (struct http_call){.done = on_number, .userdata = call};
	request_start(call, "GET", w->number_url, NULL, NUMBER_TIMEOUT_MS);
}

static void whatsapp_probe(struct channel_call *call, int64_t timeout_ms)
{
	const struct whatsapp *w = call->channel;

	call->http = (struct http_call){.done = on_health, .userdata = call};
	request_start(call, "GET", w->health_url, NULL, timeout_ms);
}

/* What became of a message: its history, a list of events in any order. */

static uint64_t time_of(const json_t *event)
{
	const json_t *value = json_object_get(event, "timestamp");
	long long at = json_is_string(value) ? atoll(json_string_value(value)) : json_integer_value(value);

	return at > 0 ? (uint64_t)at : 0;
}

/*
 * The furthest state. A failure counts only if the message was not delivered: where both are told, the user has it.
 * "DELETED" and words that are new say nothing.
 */
static void answer_history(struct channel_call *call, const json_t *events)
{
	int best = RECEIPT_ACCEPTED;
	uint64_t at = 0, failed_at = 0;
	bool failed = false;
	struct fault why;
	const json_t *event;
	size_t i;

	json_array_foreach(events, i, event)
	{
		const char *word = json_string_value(json_object_get(event, "delivery_status"));
		int state = word ? provider_state_of(&provider_meta, word) : -ENOENT;

		if (state == RECEIPT_FAILED) {
			failed = true;
			failed_at = time_of(event);
		} else if (state > best) {
			best = state;
			at = time_of(event);
		}
	}
	/* Meta gives the reason as free text only, and that may name the recipient. */
	provider_judge(&provider_meta, "", &why);
	if (failed && best < RECEIPT_DELIVERED)
		channel_told_at(call, RECEIPT_FAILED, failed_at, &why);
	else
		channel_told_at(call, (enum receipt_state)best, at, NULL);
}

/* The events of the message that was asked for, NULL if there are none yet. */
static const json_t *events_of(const json_t *data, const char *message_id)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(data, i, entry)
	{
		const char *id = json_string_value(json_object_get(entry, "message_id"));

		if (id && strcmp(id, message_id) == 0)
			return json_at(entry, "/events/data");
	}
	return NULL;
}

static void on_history(struct http_call *http, const struct http_answer *answer)
{
	struct channel_call *call = http->userdata;
	json_t *root __attribute__((cleanup(json_unrefp))) = json_read(answer->body, answer->length);
	char *message_id __attribute__((cleanup(memory_freep))) = call->scratch;
	const json_t *error = error_of(root);
	const json_t *data = json_object_get(root, "data");

	call->scratch = NULL;
	if (answer->outcome != HTTP_ANSWERED)
		channel_unanswered(call, answer);
	else if (error)
		answer_error(call, answer, error);
	else if (answer->status / 100 != 2 || !json_is_array(data))
		channel_refused(call, answer);
	else
		answer_history(call, events_of(data, message_id));
}

static void whatsapp_poll(struct channel_call *call, const char *message_id, int64_t timeout_ms)
{
	const struct whatsapp *w = call->channel;
	const struct template_value values[] = {{"id", message_id}, {NULL, NULL}};
	char *id __attribute__((cleanup(memory_freep))) = NULL;
	char *url __attribute__((cleanup(memory_freep))) = NULL;

	(void)template_render("{id}", TEMPLATE_PERCENT, values, &id);
	if (id && asprintf(&url, "%s%s", w->history_url, id) < 0)
		url = NULL;
	call->scratch = url ? strdup(message_id) : NULL;
	if (!call->scratch) {
		channel_failed(call, FAILURE_TRANSIENT, "memory", "the sender is out of memory");
		return;
	}
	call->http = (struct http_call){.done = on_history, .userdata = call};
	request_start(call, "GET", url, NULL, timeout_ms);
}

static void whatsapp_cancel(struct channel_call *call)
{
	const struct whatsapp *w = call->channel;

	w->http->cancel(w->http, &call->http);
	memory_free(call->scratch);
	call->scratch = NULL;
}

const struct channel_ops channel_whatsapp_cloud = {
	.name = "whatsapp_cloud",
	.open = whatsapp_open,
	.send = whatsapp_send,
	.probe = whatsapp_probe,
	.poll = whatsapp_poll,
	.cancel = whatsapp_cancel,
	.close = whatsapp_close,
};
