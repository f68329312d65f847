/*
 * driver = http: a gateway that is described wholly in the config (gateway_options.h).
 *
 * Taken over is a message only if the status is success_status and success_pointer leads to a value in the JSON body
 * (to success_value, if that is set). A gateway that answers in plain text has success_value alone: the body begins
 * with it. What else the gateway says is looked up in errors, of which those that say "accepted" are none, and if it is
 * not there goes by the HTTP status. An answer
 * with the right status that fails both is of unknown outcome: the next channel is tried, never this one again.
 */
#include "daemon/base/language.h"
#include "daemon/base/sms.h"
#include "daemon/provider/json.h"
#include "daemon/sender/channel.h"
#include "daemon/sender/gateway_options.h"
#include "daemon/sender/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gateway {
	const struct config_channel *config;
	struct http *http;
	struct gateway_options options;
	struct secret secret;
};

static void gateway_close(void *channel)
{
	struct gateway *g = channel;

	secret_free(&g->secret);
	gateway_options_clear(&g->options);
	free(g);
}

static int gateway_open(const struct config_channel *config, struct http *http, void **ret,
			char why[static CONFIG_WHY_MAX])
{
	struct gateway *g = calloc(1, sizeof(*g));
	int r;

	if (!g)
		return -ENOMEM;
	*g = (struct gateway){.config = config, .http = http};
	r = gateway_options_read(config, &g->options, why);
	if (r == 0)
		r = channel_load_secret(config, "secret", config->secret, &g->secret, why);
	if (r < 0) {
		gateway_close(g);
		return r;
	}
	*ret = g; /* transferred */
	return 0;
}

/* The request. */

struct rendered {
	char *url, *body;
	char *headers[GATEWAY_HEADERS_MAX + 2]; /* the content type, NULL */
	size_t header_count;
};

static void rendered_free(struct rendered *r)
{
	memory_free(r->url);
	memory_free(r->body);
	for (size_t i = 0; i < r->header_count; i++)
		memory_free(r->headers[i]);
}

static int render_header(const char *header, const struct template_value values[], struct rendered *ret)
{
	int r = template_render(header, TEMPLATE_HEADER, values, &ret->headers[ret->header_count]);

	ret->header_count += r == 0;
	return r;
}

/* A header that is about one message is left out where names lack what it needs. */
static int render_headers(const struct gateway *g, const char *const names[], const struct template_value values[],
			  bool has_body, struct rendered *ret)
{
	bool content_type = false;
	char error[128];
	int r = 0;

	for (char **header = g->config->headers; *header && r == 0; header++) {
		bool type = gateway_header_is(*header, "Content-Type");

		if (template_check(*header, TEMPLATE_HEADER, names, error, sizeof(error)) < 0 || (type && !has_body))
			continue;
		content_type = content_type || type;
		r = render_header(*header, values, ret);
	}
	return r == 0 && has_body && !content_type ? render_header(g->options.content_type, values, ret) : r;
}

static void request_start(struct channel_call *call, const char *method, const struct rendered *rendered,
			  int64_t timeout_ms, void (*done)(struct http_call *http, const struct http_answer *answer))
{
	const struct gateway *g = call->channel;
	const struct http_request request = {
		.method = method,
		.url = rendered->url,
		.headers = (const char *const *)rendered->headers,
		.body = rendered->body,
		.ca_file = g->config->ca_file,
		.timeout_ms = timeout_ms,
	};

	call->http = (struct http_call){.done = done, .userdata = call};
	g->http->start(g->http, &request, &call->http);
}

/* The answer. */

static bool is_success(const struct config_channel *c, const struct http_answer *answer, const json_t *root)
{
	const json_t *value = *c->success_pointer ? json_at(root, c->success_pointer) : NULL;
	char text[WIRE_TEXT_MAX];

	if (answer->status != c->success_status)
		return false;
	if (*c->success_pointer == '\0')
		return strncmp(answer->body, c->success_value, strlen(c->success_value)) == 0;
	if (*c->success_value)
		return json_scalar(value, text, sizeof(text)) && strcmp(text, c->success_value) == 0;
	/* An id that is null, empty, false, or an object is none. */
	return json_scalar(value, text, sizeof(text)) && !json_is_false(value);
}

/* Which of a table's words the answer is, NULL: none. A gateway's own words go no further. */
static const char *word_of(const struct gateway *g, const struct provider *p, const struct http_answer *answer,
			   const json_t *root)
{
	char text[WIRE_TEXT_MAX];

	if (*g->config->error_pointer) {
		const struct provider_error *row = NULL;

		if (json_scalar(json_at(root, g->config->error_pointer), text, sizeof(text)))
			row = provider_error_find(p, text);
		return row ? row->word : NULL;
	}
	for (size_t i = 0; i < p->error_count; i++)
		if (strncmp(answer->body, p->errors[i].word, strlen(p->errors[i].word)) == 0)
			return p->errors[i].word;
	return NULL;
}

static const char *error_of(const struct gateway *g, const struct http_answer *answer, const json_t *root)
{
	return word_of(g, &g->options.provider, answer, root);
}

/* The gateway keeps the message: whether it leaves in time the fallback's timer decides. */
static bool is_kept(const struct gateway *g, const struct http_answer *answer, const json_t *root)
{
	return answer->status == g->config->success_status && word_of(g, &g->options.kept, answer, root);
}

static void answer_refused(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	const struct gateway *g = call->channel;
	const char *error = error_of(g, answer, root);

	if (error)
		channel_judged(call, &g->options.provider, error, false, NULL, answer);
	else
		channel_refused(call, answer);
}

static void on_sent(struct http_call *http, const struct http_answer *answer)
{
	struct channel_call *call = http->userdata;
	const struct gateway *g = call->channel;
	const struct config_channel *c = g->config;
	json_t *root __attribute__((cleanup(json_unrefp))) = json_read(answer->body, answer->length);
	char id[WIRE_TEXT_MAX] = "";

	if (answer->outcome != HTTP_ANSWERED) {
		channel_unanswered(call, answer);
	} else if (!is_success(c, answer, root)) {
		if (is_kept(g, answer, root))
			channel_sent(call, "");
		else
			answer_refused(call, answer, root);
	} else {
		if (*c->id_pointer)
			json_scalar(json_at(root, c->id_pointer), id, sizeof(id));
		channel_sent(call, id);
	}
}

/* Send. */

static int render_send(const struct gateway *g, const struct channel_message *m, const char *ucs2, struct rendered *ret)
{
	const struct config_channel *c = g->config;
	const char *digits = m->to + (*m->to == '+');
	char minutes[24], seconds[24], validity[24], to_00[WIRE_RECIPIENT_MAX + 2];
	const struct template_value values[] = {
		{"to", m->to},
		{"to_digits", digits},
		{"to_00", to_00},
		{"code", m->code},
		{"text", m->text},
		{"text_ucs2", ucs2},
		{"coding", sms_measure(m->text).unicode ? "2" : "0"},
		{"id", m->id},
		{"minutes", minutes},
		{"seconds", seconds},
		{"validity", validity},
		{"sender", c->sender},
		{"template", c->template},
		{"language", language_choose(m->lang, c->languages, c->language)},
		{"callback_url", c->callback_url},
		{"secret", g->secret.data ? g->secret.data : ""},
		{NULL, NULL},
	};
	int r;

	snprintf(minutes, sizeof(minutes), "%" PRId64, m->minutes);
	snprintf(seconds, sizeof(seconds), "%" PRId64, m->seconds);
	snprintf(validity, sizeof(validity), "%" PRId64, m->seconds < 60 ? 1 : m->seconds / 60);
	snprintf(to_00, sizeof(to_00), "00%s", digits);
	r = template_render(c->url, TEMPLATE_PERCENT, values, &ret->url);
	if (r == 0 && gateway_has_body(c->method))
		r = template_render(c->body, g->options.place, values, &ret->body);
	if (r == 0)
		r = render_headers(g, gateway_send_names, values, gateway_has_body(c->method), ret);
	explicit_bzero(to_00, sizeof(to_00));
	return r;
}

static void gateway_send(struct channel_call *call, const struct channel_message *message)
{
	const struct gateway *g = call->channel;
	struct rendered rendered __attribute__((cleanup(rendered_free))) = {0};
	char *ucs2 __attribute__((cleanup(memory_freep))) = memory_resize(NULL, 4 * strlen(message->text) + 1);

	if (ucs2)
		sms_ucs2(message->text, ucs2);
	if (!ucs2 || render_send(g, message, ucs2, &rendered) < 0)
		channel_failed(call, FAILURE_CONFIG, "request",
			       "a value of the message may not stand in a header or in a raw body");
	else
		request_start(call, g->config->method, &rendered, message->timeout_ms, on_sent);
}

/* Poll. */

static void answer_state(struct channel_call *call, const struct http_answer *answer, const json_t *root,
			 const char *word)
{
	const struct gateway *g = call->channel;
	const char *error = error_of(g, answer, root);
	int state = provider_state_of(&g->options.provider, word);
	struct fault why;

	/* A word that means nothing to us is no news. */
	if (state < 0)
		state = RECEIPT_ACCEPTED;
	provider_judge(&g->options.provider, error ? error : "", &why);
	channel_told(call, (enum receipt_state)state, state == RECEIPT_FAILED ? &why : NULL);
}

static void on_polled(struct http_call *http, const struct http_answer *answer)
{
	struct channel_call *call = http->userdata;
	const struct config_channel *c = ((const struct gateway *)call->channel)->config;
	json_t *root __attribute__((cleanup(json_unrefp))) = json_read(answer->body, answer->length);
	char word[WIRE_TEXT_MAX];

	if (answer->outcome != HTTP_ANSWERED)
		channel_unanswered(call, answer);
	else if (answer->status / 100 != 2)
		answer_refused(call, answer, root);
	else if (json_scalar(json_at(root, c->poll_pointer), word, sizeof(word)))
		answer_state(call, answer, root, word);
	else
		channel_failed(call, FAILURE_UNKNOWN_OUTCOME, "poll",
			       "the answer does not say what became of the message");
}

static int render_poll(const struct gateway *g, const char *message_id, struct rendered *ret)
{
	const struct config_channel *c = g->config;
	const struct template_value values[] = {
		{"message_id", message_id},
		{"sender", c->sender},
		{"secret", g->secret.data ? g->secret.data : ""},
		{NULL, NULL},
	};
	int r = template_render(c->poll_url, TEMPLATE_PERCENT, values, &ret->url);

	if (r == 0 && gateway_has_body(c->poll_method))
		r = template_render(c->poll_body, g->options.place, values, &ret->body);
	return r == 0 ? render_headers(g, gateway_poll_names, values, gateway_has_body(c->poll_method), ret) : r;
}

static void gateway_poll(struct channel_call *call, const char *message_id, int64_t timeout_ms)
{
	const struct gateway *g = call->channel;
	struct rendered rendered __attribute__((cleanup(rendered_free))) = {0};

	if (*g->config->poll_url == '\0')
		channel_failed(call, FAILURE_CONFIG, "poll", "poll_url is not set");
	else if (render_poll(g, message_id, &rendered) < 0)
		channel_failed(call, FAILURE_CONFIG, "poll", "the question could not be written");
	else
		request_start(call, g->config->poll_method, &rendered, timeout_ms, on_polled);
}

/* Probe. */

/* A gateway's only known request sends a message: the probe connects, shakes hands, and leaves. */
static void gateway_probe(struct channel_call *call, int64_t timeout_ms)
{
	const struct gateway *g = call->channel;
	char *url __attribute__((cleanup(memory_freep))) = gateway_sample(g->config->url, TEMPLATE_PERCENT);
	struct http_request request = {
		.method = "GET",
		.url = url ? url : "",
		.ca_file = g->config->ca_file,
		.timeout_ms = timeout_ms,
		.connect_only = true,
	};

	call->http = (struct http_call){.done = channel_reached, .userdata = call};
	g->http->start(g->http, &request, &call->http);
}

static void gateway_cancel(struct channel_call *call)
{
	const struct gateway *g = call->channel;

	g->http->cancel(g->http, &call->http);
}

const struct channel_ops channel_http = {
	.name = "http",
	.wants = WANTS_TEXT,
	.open = gateway_open,
	.send = gateway_send,
	.probe = gateway_probe,
	.poll = gateway_poll,
	.cancel = gateway_cancel,
	.close = gateway_close,
};
