/*
 * driver = http: a gateway that is described wholly in the config. Nothing of it is evaluated: a request is made of
 * templates (template.h), an answer is tested by its status and by one value in it.
 *
 * Taken over is a message only if the status is success_status and success_pointer leads to a value in the JSON body
 * (to success_value, if that is set). A gateway that answers in plain text has success_value alone: the body begins
 * with it. An answer with the right status that fails this test is of unknown outcome: the next channel is tried, never
 * this one again.
 */
#include "daemon/base/secret.h"
#include "daemon/provider/json.h"
#include "daemon/sender/channel.h"
#include "daemon/sender/memory.h"
#include "daemon/sender/template.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS_MAX 16
#define TOKEN_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~"

struct gateway {
	const struct config_channel *config;
	struct http *http;
	struct secret secret;
};

static const struct {
	const char *name; /* body_type = … */
	enum template_place place;
	const char *content_type;
} body_types[] = {
	{"form", TEMPLATE_PERCENT, "Content-Type: application/x-www-form-urlencoded"},
	{"json", TEMPLATE_JSON, "Content-Type: application/json"},
	{"raw", TEMPLATE_PLAIN, "Content-Type: text/plain; charset=UTF-8"},
};

static const char *const url_names[] = {"to", "to_digits", "code", "text", "id", "sender", NULL};
static const char *const names[] = {"to", "to_digits", "code", "text", "id", "sender", "secret", NULL};

static size_t body_type_of(const struct config_channel *config)
{
	size_t i = 0;

	while (i + 1 < sizeof(body_types) / sizeof(body_types[0]) && strcmp(config->body_type, body_types[i].name) != 0)
		i++;
	return i;
}

static bool has_body(const struct config_channel *config)
{
	return strcmp(config->method, "GET") != 0;
}

static bool header_is(const char *header, const char *name)
{
	size_t n = strlen(name);

	return strncasecmp(header, name, n) == 0 && header[n] == ':';
}

/* Options. */

/* "x" can stand for each value: if the template holds with it, no encoded value can break it. */
static char *render_sample(const char *text, enum template_place place)
{
	struct template_value samples[sizeof(names) / sizeof(names[0])] = {{NULL, NULL}};
	char *sample = NULL;

	for (size_t i = 0; names[i]; i++)
		samples[i] = (struct template_value){names[i], "x"};
	template_render(text, place, samples, &sample);
	return sample;
}

static int check_url(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	char *sample __attribute__((cleanup(memory_freep))) = NULL;
	char error[128];
	const char *scheme = strstr(c->url, "://");
	size_t host_end = scheme ? strcspn(scheme + 3, "/?#") : 0;
	const char *url_error;

	if (*c->url == '\0')
		return channel_config_error(c, why, "driver http needs url");
	if (strstr(c->url, "{secret}"))
		return channel_config_error(
			c, why, "{secret} may not stand in url, where logs would show it: use headers or body");
	if (template_check(c->url, TEMPLATE_PERCENT, url_names, error, sizeof(error)) < 0)
		return channel_config_error(c, why, "url: %s", error);
	if (scheme && memchr(c->url, '{', (size_t)(scheme + 3 - c->url) + host_end))
		return channel_config_error(c, why, "url: no placeholder may stand in front of the path");
	sample = render_sample(c->url, TEMPLATE_PERCENT);
	url_error = sample ? http_url_error(sample) : "out of memory";
	return url_error ? channel_config_error(c, why, "url %s", url_error) : 0;
}

static int check_header(const struct config_channel *c, const char *header, char why[static CONFIG_WHY_MAX])
{
	static const char *const own[] = {"Host", "Content-Length", "Transfer-Encoding", "Connection",
					  "Accept-Encoding"};
	size_t name = strspn(header, TOKEN_CHARACTERS);
	char error[128];

	if (name == 0 || header[name] != ':' || header[name + 1 + strspn(header + name + 1, " ")] == '\0')
		return channel_config_error(c, why, "headers: \"%.*s\" is not \"Name: value\"", (int)name, header);
	for (const char *s = header; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return channel_config_error(c, why, "headers: a control character in %.*s", (int)name, header);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (header_is(header, own[i]))
			return channel_config_error(c, why, "headers: %s is not for the config to set", own[i]);
	if (template_check(header, TEMPLATE_HEADER, names, error, sizeof(error)) < 0)
		return channel_config_error(c, why, "headers: %.*s: %s", (int)name, header, error);
	return 0;
}

static int check_headers(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	size_t count = 0;
	int r = 0;

	for (; c->headers[count] && r == 0; count++)
		r = check_header(c, c->headers[count], why);
	if (r == 0 && count > HEADERS_MAX)
		return channel_config_error(c, why, "headers: at most %d", HEADERS_MAX);
	return r;
}

static int check_json_body(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	char *sample __attribute__((cleanup(memory_freep))) = render_sample(c->body, TEMPLATE_JSON);
	json_t *root __attribute__((cleanup(json_unrefp))) = sample ? json_read(sample, strlen(sample)) : NULL;

	return root ? 0 : channel_config_error(c, why, "body is no JSON; placeholders stand inside strings: \"{to}\"");
}

static int check_body(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	enum template_place place = body_types[body_type_of(c)].place;
	char error[128];

	if (!has_body(c))
		return *c->body ? channel_config_error(c, why, "a GET request has no body") : 0;
	if (*c->body == '\0')
		return channel_config_error(c, why, "a %s request needs body", c->method);
	if (template_check(c->body, place, names, error, sizeof(error)) < 0)
		return channel_config_error(c, why, "body: %s", error);
	return place == TEMPLATE_JSON ? check_json_body(c, why) : 0;
}

static int check_success(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	if (*c->success_pointer == '\0' && *c->success_value == '\0')
		return channel_config_error(
			c, why,
			"needs a positive success test: success_pointer = \"/id\", or success_value "
			"alone for a body that begins with it");
	if (*c->success_pointer && !json_pointer_ok(c->success_pointer))
		return channel_config_error(c, why, "success_pointer is no JSON pointer like \"/data/id\" (RFC 6901)");
	if (*c->id_pointer && !json_pointer_ok(c->id_pointer))
		return channel_config_error(c, why, "id_pointer is no JSON pointer like \"/data/id\" (RFC 6901)");
	return 0;
}

static bool is_used(const struct config_channel *c, const char *placeholder)
{
	for (char **header = c->headers; *header; header++)
		if (strstr(*header, placeholder))
			return true;
	return strstr(c->url, placeholder) || strstr(c->body, placeholder);
}

static int check_options(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	static int (*const checks[])(const struct config_channel *, char why[static CONFIG_WHY_MAX]) = {
		check_url, check_headers, check_body, check_success, channel_check_ca_file,
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && r == 0; i++)
		r = checks[i](c, why);
	if (r == 0 && is_used(c, "{secret}") && *c->secret == '\0')
		return channel_config_error(c, why, "{secret} is used, but secret is not set");
	if (r == 0 && is_used(c, "{sender}") && *c->sender == '\0')
		return channel_config_error(c, why, "{sender} is used, but sender is not set");
	return r;
}

static void gateway_close(void *channel)
{
	struct gateway *g = channel;

	secret_free(&g->secret);
	free(g);
}

static int load_secret(struct gateway *g, char why[static CONFIG_WHY_MAX])
{
	char secret_why[CONFIG_WHY_MAX / 2] = "";
	int r;

	if (*g->config->secret == '\0')
		return 0;
	r = secret_load(g->config->secret, &g->secret, secret_why, sizeof(secret_why));
	if (r < 0)
		channel_config_error(g->config, why, "secret: %s", secret_why);
	else if (!wire_text_ok(g->secret.data, g->secret.length))
		r = channel_config_error(g->config, why,
					 "secret: holds control characters: is it a file with CRLF lines?");
	return r;
}

static int gateway_open(const struct config_channel *config, struct http *http, void **ret,
			char why[static CONFIG_WHY_MAX])
{
	struct gateway *g;
	int r = check_options(config, why);

	if (r < 0)
		return r;
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	*g = (struct gateway){.config = config, .http = http};
	r = load_secret(g, why);
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
	char *headers[HEADERS_MAX + 2]; /* the content type, NULL */
	size_t header_count;
};

static void rendered_free(struct rendered *r)
{
	memory_free(r->url);
	memory_free(r->body);
	for (size_t i = 0; i < r->header_count; i++)
		memory_free(r->headers[i]);
}

static int render_headers(const struct config_channel *c, const struct template_value values[], struct rendered *ret)
{
	static const struct template_value none[] = {{NULL, NULL}};
	bool content_type = !has_body(c);
	int r = 0;

	for (size_t i = 0; c->headers[i] && r == 0; i++) {
		content_type = content_type || header_is(c->headers[i], "Content-Type");
		r = template_render(c->headers[i], TEMPLATE_HEADER, values, &ret->headers[ret->header_count]);
		ret->header_count += r == 0;
	}
	if (r == 0 && !content_type) {
		const char *header = body_types[body_type_of(c)].content_type;

		r = template_render(header, TEMPLATE_HEADER, none, &ret->headers[ret->header_count]);
		ret->header_count += r == 0;
	}
	return r;
}

static int render(const struct gateway *g, const struct channel_message *m, struct rendered *ret)
{
	const struct config_channel *c = g->config;
	const struct template_value values[] = {
		{"to", m->to},
		{"to_digits", m->to + (*m->to == '+')},
		{"code", m->code},
		{"text", m->text},
		{"id", m->id},
		{"sender", c->sender},
		{"secret", g->secret.data ? g->secret.data : ""},
		{NULL, NULL},
	};
	int r = template_render(c->url, TEMPLATE_PERCENT, values, &ret->url);

	if (r == 0 && has_body(c))
		r = template_render(c->body, body_types[body_type_of(c)].place, values, &ret->body);
	return r == 0 ? render_headers(c, values, ret) : r;
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

static void on_answer(struct http_call *http, const struct http_answer *answer)
{
	struct channel_call *call = http->userdata;
	const struct config_channel *c = ((const struct gateway *)call->channel)->config;
	json_t *root __attribute__((cleanup(json_unrefp))) = json_read(answer->body, answer->length);
	char id[WIRE_TEXT_MAX] = "";

	if (answer->outcome != HTTP_ANSWERED) {
		channel_unanswered(call, answer);
	} else if (!is_success(c, answer, root)) {
		channel_refused(call, answer);
	} else {
		if (*c->id_pointer)
			json_scalar(json_at(root, c->id_pointer), id, sizeof(id));
		channel_sent(call, id);
	}
}

static void gateway_send(struct channel_call *call, const struct channel_message *message)
{
	const struct gateway *g = call->channel;
	struct rendered rendered __attribute__((cleanup(rendered_free))) = {0};
	struct http_request request;

	if (render(g, message, &rendered) < 0) {
		channel_failed(call, FAILURE_CONFIG, "request", "a value of the message may not stand in a header");
		return;
	}
	request = (struct http_request){
		.method = g->config->method,
		.url = rendered.url,
		.headers = (const char *const *)rendered.headers,
		.body = rendered.body,
		.ca_file = g->config->ca_file,
		.timeout_ms = message->timeout_ms,
	};
	call->http = (struct http_call){.done = on_answer, .userdata = call};
	g->http->start(g->http, &request, &call->http);
}

static void on_connected(struct http_call *http, const struct http_answer *answer)
{
	struct channel_call *call = http->userdata;

	if (answer->outcome == HTTP_ANSWERED)
		channel_sent(call, "");
	else
		channel_unanswered(call, answer);
}

/* A gateway's only known request sends a message: the probe connects, shakes hands, and leaves. */
static void gateway_probe(struct channel_call *call, int64_t timeout_ms)
{
	const struct gateway *g = call->channel;
	char *url __attribute__((cleanup(memory_freep))) = render_sample(g->config->url, TEMPLATE_PERCENT);
	struct http_request request = {
		.method = "GET",
		.url = url ? url : "",
		.ca_file = g->config->ca_file,
		.timeout_ms = timeout_ms,
		.connect_only = true,
	};

	call->http = (struct http_call){.done = on_connected, .userdata = call};
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
	.cancel = gateway_cancel,
	.close = gateway_close,
};
