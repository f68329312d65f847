#include "tools/otpctl/graph.h"

#include "daemon/base/secret.h"
#include "daemon/provider/provider.h"
#include "daemon/sender/http.h"
#include "daemon/sender/memory.h"
#include "daemon/sender/template.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GRAPH "https://graph.facebook.com"
#define BEARER "Authorization: Bearer "
#define SECOND_USEC UINT64_C(1000000)
#define DETAILS_MAX 240
#define TRACE_MAX 64

struct graph {
	sd_event *event;
	struct http *http;
	char *base; /* with the version, without "/" at its end */
	char *ca_file;
	char *token;
	int64_t timeout_ms;
};

struct exchange {
	struct http_call call; /* first */
	struct graph *graph;
	struct graph_answer *answer;
	enum graph_body kind;
	unsigned seconds; /* that were waited */
	bool done;
};

/* Opening. */

static int setup_memory(void)
{
	static bool done;
	int r = done ? 0 : memory_setup();

	done = r == 0;
	return r;
}

static int copy_terms(struct graph *g, const struct graph_terms *terms)
{
	const char *base = terms->base_url[0] ? terms->base_url : GRAPH;
	int length = (int)strlen(base);

	while (length > 0 && base[length - 1] == '/')
		length--;
	if (asprintf(&g->base, "%.*s/%s", length, base, terms->api_version) < 0)
		g->base = NULL;
	g->ca_file = strdup(terms->ca_file);
	g->token = strdup(terms->token);
	g->timeout_ms = terms->timeout_ms;
	return g->base && g->ca_file && g->token ? 0 : -ENOMEM;
}

int graph_open(const struct graph_terms *terms, struct graph **ret, char why[static CONFIG_WHY_MAX])
{
	const char *error = terms->base_url[0] ? http_url_error(terms->base_url) : NULL;
	struct graph *g;
	int r;

	*ret = NULL;
	if (error || terms->token[strcspn(terms->token, "\r\n\t ")]) {
		snprintf(why, CONFIG_WHY_MAX, "%s%s", error ? "base_url " : "the token is more than one word",
			 error ? error : "");
		return -EINVAL;
	}
	g = calloc(1, sizeof(*g));
	r = g ? setup_memory() : -ENOMEM;
	secret_harden_process();
	if (r == 0)
		r = copy_terms(g, terms);
	if (r == 0)
		r = sd_event_new(&g->event);
	if (r >= 0)
		r = http_new(g->event, &g->http);
	if (r < 0) {
		snprintf(why, CONFIG_WHY_MAX, "no HTTP client: %s", strerror(-r));
		graph_close(g);
		return r;
	}
	*ret = g; /* transferred */
	return 0;
}

void graph_close(struct graph *g)
{
	if (!g)
		return;
	http_free(g->http);
	sd_event_unref(g->event);
	memory_free(g->token);
	free(g->ca_file);
	free(g->base);
	free(g);
}

/* What Meta says. */

static const char *shown(const char *text, char *to, size_t size)
{
	size_t length = text ? strlen(text) : 0;

	to[0] = '\0';
	if (length == 0 || !wire_text_ok(text, length))
		return to;
	if (length >= size)
		for (length = size - 1; length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80;)
			length--;
	memcpy(to, text, length);
	to[length] = '\0';
	return to;
}

/* Meta's own words, where they can hold nothing secret: those about a token may quote it. */
static void add_details(struct exchange *x, const json_t *error, char *details, size_t size)
{
	static const char *const places[] = {"/error_user_msg", "/error_data/details", "/message"};
	const struct graph_answer *answer = x->answer;

	details[0] = '\0';
	if (x->kind == GRAPH_SECRET || answer->code == 0 || answer->code == 190)
		return;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !details[0]; i++)
		shown(json_string_value(json_at(error, places[i])), details, size);
	if (strstr(details, x->graph->token))
		details[0] = '\0';
}

static void judge_error(struct exchange *x, const json_t *error)
{
	char code[24], details[DETAILS_MAX], trace[TRACE_MAX];
	const struct provider_error *row;
	struct graph_answer *answer = x->answer;

	answer->status = EXIT_REFUSED;
	answer->code = json_integer_value(json_object_get(error, "code"));
	snprintf(code, sizeof(code), "%lld", answer->code);
	row = provider_error_find(&provider_meta, code);
	add_details(x, error, details, sizeof(details));
	shown(json_string_value(json_object_get(error, "fbtrace_id")), trace, sizeof(trace));
	snprintf(answer->why, sizeof(answer->why), "%s (code %s%s%s)%s%s", row ? row->meaning : "Meta refused it", code,
		 trace[0] ? ", trace " : "", trace, details[0] ? ": " : "", details);
}

static void judge_answered(struct exchange *x, const struct http_answer *http)
{
	struct graph_answer *answer = x->answer;
	json_t *root = json_read(http->body, http->length);
	const json_t *error = json_object_get(root, "error");

	if (json_is_integer(json_object_get(error, "code"))) {
		judge_error(x, error);
	} else if (http->status / 100 == 2 && root) {
		answer->status = EXIT_OK;
		answer->root = json_incref(root);
	} else {
		answer->status = EXIT_UNREACHABLE;
		answer->lost = true;
		snprintf(answer->why, sizeof(answer->why),
			 "the answer is not one of the Graph API (HTTP %ld): try again, or look at base_url",
			 http->status);
	}
	json_decref(root);
}

static void on_done(struct http_call *call, const struct http_answer *http)
{
	struct exchange *x = (struct exchange *)call;

	x->done = true;
	if (http->outcome == HTTP_ANSWERED) {
		judge_answered(x, http);
		return;
	}
	x->answer->status = EXIT_UNREACHABLE;
	x->answer->lost = http->outcome == HTTP_LOST;
	snprintf(x->answer->why, sizeof(x->answer->why), "Meta cannot be reached: %s%s", http->error,
		 x->answer->lost ? "; the request had left, look whether it took effect" : "");
}

/* Waiting. */

static int on_second(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct exchange *x = userdata;

	fprintf(stderr, "\rwaiting for Meta, %u s ", ++x->seconds);
	fflush(stderr);
	(void)sd_event_source_set_time(source, usec + SECOND_USEC);
	return 0;
}

static void wait_for(struct exchange *x)
{
	struct graph *g = x->graph;
	sd_event_source *timer = NULL;
	uint64_t now;

	if (isatty(STDERR_FILENO) && sd_event_now(g->event, CLOCK_MONOTONIC, &now) >= 0 &&
	    sd_event_add_time(g->event, &timer, CLOCK_MONOTONIC, now + SECOND_USEC, 0, on_second, x) >= 0)
		(void)sd_event_source_set_enabled(timer, SD_EVENT_ON);
	while (!x->done)
		if (sd_event_run(g->event, UINT64_MAX) < 0) {
			g->http->cancel(g->http, &x->call);
			break;
		}
	sd_event_source_disable_unref(timer);
	if (x->seconds > 0)
		fprintf(stderr, "\r%*s\r", 40, "");
}

static void start(struct exchange *x, const char *method, const char *url, const char *body)
{
	struct graph *g = x->graph;
	char authorization[sizeof(BEARER) + SECRET_MAX];
	const char *headers[] = {authorization,
				 body ? body[0] ? "Content-Type: application/json" : "Content-Type:" : NULL, NULL};
	const struct http_request request = {
		.method = method,
		.url = url,
		.headers = headers,
		.body = body,
		.ca_file = g->ca_file,
		.timeout_ms = g->timeout_ms,
	};

	snprintf(authorization, sizeof(authorization), BEARER "%s", g->token);
	g->http->start(g->http, &request, &x->call);
	explicit_bzero(authorization, sizeof(authorization));
}

int graph_call(struct graph *g, const char *method, json_t *body, enum graph_body kind, struct graph_answer *ret,
	       const char *path, ...)
{
	struct exchange x = {.call = {.done = on_done}, .graph = g, .answer = ret, .kind = kind};
	bool post = strcmp(method, "POST") == 0;
	char *text = body ? json_dumps(body, JSON_COMPACT) : post ? strdup("") : NULL;
	char *rest = NULL, *url = NULL;
	va_list args;

	*ret = (struct graph_answer){.status = EXIT_UNREACHABLE, .code = -1, .why = "out of memory"};
	va_start(args, path);
	if (vasprintf(&rest, path, args) < 0)
		rest = NULL;
	va_end(args);
	if (rest && asprintf(&url, "%s/%s", g->base, rest) < 0)
		url = NULL;
	if (url && (text || !post)) {
		start(&x, method, url, text);
		wait_for(&x);
	}
	memory_free(url);
	memory_free(rest);
	memory_free(text);
	json_decref(body);
	return ret->status;
}

void graph_answer_clear(struct graph_answer *answer)
{
	json_decref(answer->root);
	*answer = (struct graph_answer){.code = -1};
}

bool graph_is_forbidden(const struct graph_answer *answer)
{
	return answer->status == EXIT_REFUSED && (answer->code == 3 || answer->code == 10 || answer->code == 131005 ||
						  (answer->code >= 200 && answer->code <= 299));
}

char *graph_encode(const char *value)
{
	const struct template_value values[] = {{"value", value}, {NULL, NULL}};
	char *ret = NULL;

	(void)template_render("{value}", TEMPLATE_PERCENT, values, &ret);
	return ret;
}

char *graph_encode_token(const struct graph *g)
{
	return graph_encode(g->token);
}

const char *graph_text(const json_t *root, const char *pointer, char text[static GRAPH_TEXT_MAX])
{
	if (!json_scalar(json_at(root, pointer), text, GRAPH_TEXT_MAX))
		text[0] = '\0';
	return text;
}
