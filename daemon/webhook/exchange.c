#include "daemon/webhook/exchange.h"

#include "daemon/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define FIRST_SIZE 4096
#define DROPPED_MAX (8 * 1024 * 1024) /* of a body that is not wanted; who sends more is cut off */
#define RETRY_SECONDS "2"

struct exchange {
	struct reception *reception;
	struct hooks *hooks; /* as they were when it began */
	const struct hook *hook;
	struct MHD_Connection *connection;
	char *path, *query, *raw_query; /* query is decoded in place */
	const char *rest;
	bool is_greeting, is_health;
	const char *method;
	char *body;
	size_t length, size, dropped;
	struct parser_pair headers[PARSER_PAIRS_MAX], pairs[PARSER_PAIRS_MAX];
	size_t header_count, pair_count;
	struct answer answer;
	char uri[];
};

static const struct {
	unsigned status;
	const char *body;
} texts[] = {
	{200, "ok"},
	{400, "the request is malformed"},
	{401, "the request does not prove where it comes from"},
	{403, "the token or the challenge is wrong"},
	{404, "there is nothing here"},
	{405, "not with this method"},
	{413, "the body is too long"},
	{414, "the address is too long"},
	{503, "busy, try again"},
};

static const char *text_of(unsigned status)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].status == status)
			return texts[i].body;
	return "";
}

static void decide(struct exchange *x, unsigned status)
{
	x->answer = (struct answer){.status = status};
	snprintf(x->answer.body, sizeof(x->answer.body), "%s", text_of(status));
	if (status == 503) {
		x->answer.header = "Retry-After";
		x->answer.value = RETRY_SECONDS;
	}
}

/* One line a second, however many are refused or dropped. Nothing of the request stands in it. */
static void log_refusal(struct exchange *x, const char *what, const char *reason)
{
	struct reception *reception = x->reception;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	reception->refused++;
	if (reception->logged_at == (uint64_t)now.tv_sec) {
		reception->unlogged++;
		return;
	}
	log_warning("%s: request %s with %u: %s (%" PRIu64 " more since the last such line)",
		    x->hook ? x->hook->parser->provider->name : "webhook", what, x->answer.status, reason,
		    reception->unlogged);
	reception->logged_at = (uint64_t)now.tv_sec;
	reception->unlogged = 0;
}

static void refuse_because(struct exchange *x, unsigned status, const char *reason)
{
	decide(x, status);
	log_refusal(x, "refused", reason);
}

static void refuse(struct exchange *x, unsigned status)
{
	refuse_because(x, status, text_of(status));
}

/* Its beginning. */

struct exchange *exchange_new(struct reception *reception, const char *uri)
{
	size_t length = strnlen(uri, EXCHANGE_URI_MAX);
	bool fits = length < EXCHANGE_URI_MAX;
	size_t room = fits ? length + 1 : 1;
	struct exchange *x = calloc(1, sizeof(*x) + 2 * room);

	if (!x)
		return NULL;
	x->reception = reception;
	x->hooks = hooks_ref(reception->hooks);
	x->path = x->uri;
	x->raw_query = x->uri;
	x->query = x->uri + room;
	if (!fits) {
		refuse(x, 414);
		return x;
	}
	memcpy(x->uri, uri, length + 1);
	x->raw_query = x->uri + strcspn(x->uri, "?");
	if (*x->raw_query == '?')
		*x->raw_query++ = '\0';
	memcpy(x->query, x->raw_query, strlen(x->raw_query) + 1);
	return x;
}

static void body_release(struct exchange *x)
{
	x->reception->body_bytes -= x->size;
	free(x->body);
	x->body = NULL;
	x->length = x->size = 0;
}

void exchange_free(struct exchange *x)
{
	if (!x)
		return;
	body_release(x);
	hooks_unref(x->hooks);
	free(x);
}

static enum MHD_Result add_header(void *userdata, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct exchange *x = userdata;

	(void)kind;
	if (x->header_count < PARSER_PAIRS_MAX)
		x->headers[x->header_count] = (struct parser_pair){key, value ? value : ""};
	x->header_count++;
	return MHD_YES;
}

static size_t body_max(const struct exchange *x)
{
	return x->hook && x->hook->parser->body_max ? x->hook->parser->body_max : PARSER_BODY_MAX;
}

/* "a POST with this length is not worth reading" */
static bool is_too_long(const struct exchange *x)
{
	const char *length = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Content-Length");

	return length && strtoull(length, NULL, 10) > body_max(x);
}

static enum MHD_Result count_framing(void *userdata, enum MHD_ValueKind kind, const char *key, const char *value)
{
	unsigned *count = userdata;

	(void)kind, (void)value;
	*count += strcasecmp(key, "Content-Length") == 0 || strcasecmp(key, "Transfer-Encoding") == 0;
	return MHD_YES;
}

/* Said twice, a proxy in front and we can see the end of a request, and the begin of the next, in two places. */
static void check_framing(struct exchange *x)
{
	unsigned count = 0;

	MHD_get_connection_values(x->connection, MHD_HEADER_KIND, count_framing, &count);
	if (count < 2)
		return;
	refuse_because(x, 400, "its length is said twice");
	x->answer.at_once = true;
	x->answer.header = "Connection";
	x->answer.value = "close";
}

static void refuse_method(struct exchange *x, const char *allow)
{
	refuse(x, 405);
	x->answer.header = "Allow";
	x->answer.value = allow;
}

/* Which methods a hook has. */
static void check_method(struct exchange *x)
{
	const struct parser *parser = x->hook->parser;
	bool get = strcmp(x->method, "GET") == 0, post = strcmp(x->method, "POST") == 0;

	x->is_greeting = get && parser->greet;
	if (x->is_greeting || (post && (!parser->methods || strstr(parser->methods, "POST"))) ||
	    (get && !parser->methods))
		return;
	refuse_method(x, parser->greet || !parser->methods ? "GET, POST" : parser->methods);
}

bool exchange_begin(struct exchange *x, struct MHD_Connection *connection, const char *method)
{
	x->connection = connection;
	x->method = method;
	check_framing(x);
	if (x->answer.status)
		return true;
	x->is_health = strcmp(x->path, HOOKS_HEALTH) == 0;
	x->hook = x->is_health ? NULL : hooks_find(x->hooks, x->path, &x->rest);
	if (x->hook)
		check_method(x);
	else if (!x->is_health)
		refuse(x, 404);
	else if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		refuse_method(x, "GET, HEAD");
	if (!x->answer.status && is_too_long(x))
		refuse(x, 413);
	return x->answer.status != 0;
}

bool exchange_has_begun(const struct exchange *x)
{
	return x->connection != NULL;
}

/* Its body. */

/* False: there is no memory, ours or the machine's. */
static bool reserve(struct exchange *x, size_t size)
{
	size_t next = x->size ? x->size : FIRST_SIZE;
	char *body;

	if (size <= x->size)
		return true;
	while (next < size)
		next *= 2;
	if (next > body_max(x) + 1)
		next = body_max(x) + 1;
	if (x->reception->body_bytes + (next - x->size) > EXCHANGE_BODIES_MAX)
		return false;
	body = realloc(x->body, next);
	if (!body)
		return false;
	x->reception->body_bytes += next - x->size;
	x->body = body;
	x->size = next;
	return true;
}

bool exchange_take(struct exchange *x, const char *data, size_t length)
{
	if (!x->answer.status && length > body_max(x) - x->length) {
		refuse(x, 413);
		body_release(x);
	} else if (!x->answer.status && !reserve(x, x->length + length + 1)) {
		refuse_because(x, 503, "too many bodies at a time");
		body_release(x);
	}
	if (x->answer.status) {
		x->dropped += length;
		return x->dropped <= DROPPED_MAX;
	}
	memcpy(x->body + x->length, data, length);
	x->length += length;
	x->body[x->length] = '\0';
	return true;
}

/* Its answer. */

struct gathering {
	struct batch *batch;
	const char *provider;
	bool has_signals;
};

static void on_receipt(void *userdata, const struct receipt *receipt)
{
	struct gathering *gathering = userdata;
	struct receipt copy = *receipt;

	snprintf(copy.provider, sizeof(copy.provider), "%s", gathering->provider);
	if (batch_add(gathering->batch, &wire_receipt, &copy) < 0)
		log_debug("%s: a receipt could not travel", gathering->provider);
}

static void on_signal(void *userdata, const struct signal *signal)
{
	struct gathering *gathering = userdata;
	struct signal copy = *signal;

	gathering->has_signals = true;
	snprintf(copy.provider, sizeof(copy.provider), "%s", gathering->provider);
	if (batch_add(gathering->batch, &wire_signal, &copy) < 0)
		log_debug("%s: a signal could not travel", gathering->provider);
}

/* The provider's own words, and no use: it would bring the same again for days if it were told so. */
static void drop(struct exchange *x, const char *why)
{
	decide(x, 200);
	log_refusal(x, "dropped", why);
	snprintf(x->answer.body, sizeof(x->answer.body), "%s", x->hook->parser->answer);
}

/*
 * Parses the body and hands over what it says. A receipt may wait for the core; a signal is not to be lost, and who
 * brings it again waits longer than our memory lasts.
 */
static void take(struct exchange *x, const struct parser_context *context, const struct parser_request *request)
{
	const struct parser *parser = x->hook->parser;
	__attribute__((cleanup(batch_freep))) struct batch *batch = batch_new();
	struct gathering gathering = {batch, parser->provider->name, false};
	struct parser_sink sink = {on_receipt, on_signal, &gathering};
	char why[WIRE_WHY_MAX] = "";
	size_t count;

	if (!batch) {
		refuse_because(x, 503, "out of memory");
		return;
	}
	if (parser->parse(context, request, &sink, why) < 0) {
		if (parser->signs)
			drop(x, why);
		else
			refuse_because(x, 400, why);
		return;
	}
	count = batch->count;
	if (batch->incomplete || herald_take(x->reception->herald, batch, !gathering.has_signals) < 0) {
		refuse_because(x, 503, "the core is away, or too much waits for it");
		return;
	}
	batch = NULL; /* transferred */
	if (gathering.has_signals && !herald_is_connected(x->reception->herald)) {
		refuse_because(x, 503, "the core has gone away");
		return;
	}
	x->reception->taken += count;
	log_debug("%s: a request with %zu messages", gathering.provider, count);
	decide(x, 200);
	snprintf(x->answer.body, sizeof(x->answer.body), "%s", parser->answer);
}

static void greet(struct exchange *x, const struct parser_context *context, const struct parser_request *request)
{
	char text[PARSER_GREETING_MAX] = "";

	if (x->hook->parser->greet(context, request, text) < 0) {
		refuse(x, 403);
		return;
	}
	log_info("%s: the provider has asked for the address, and got its answer", x->hook->parser->provider->name);
	decide(x, 200);
	snprintf(x->answer.body, sizeof(x->answer.body), "%s", text);
}

/* False: refused. */
static bool gather_pairs(struct exchange *x)
{
	int n;

	MHD_get_connection_values(x->connection, MHD_HEADER_KIND, add_header, x);
	n = form_decode(x->query, strlen(x->query), x->pairs, PARSER_PAIRS_MAX);
	if (x->header_count > PARSER_PAIRS_MAX || n < 0) {
		refuse_because(x, 400, "too many headers, or a malformed query");
		return false;
	}
	x->pair_count = (size_t)n;
	return true;
}

static void ask_parser(struct exchange *x)
{
	struct parser_context context = hook_context(x->hooks, x->hook);
	const struct config_webhook *config = &x->hooks->config->webhook;
	char url[2 * EXCHANGE_URI_MAX];
	struct parser_request request = {
		.method = x->method,
		.url = url,
		.rest = x->rest,
		.headers = x->headers,
		.query = x->pairs,
		.body = x->body ? x->body : "",
		.length = x->length,
		.now = time(NULL),
	};

	if (!gather_pairs(x))
		return;
	request.header_count = x->header_count;
	request.query_count = x->pair_count;
	if ((size_t)snprintf(url, sizeof(url), "%s%s%s%s", config->public_url, x->path, *x->raw_query ? "?" : "",
			     x->raw_query) >= sizeof(url))
		refuse(x, 414);
	else if (x->is_greeting)
		greet(x, &context, &request);
	else if (x->hook->parser->verify(&context, &request) < 0)
		refuse(x, 401);
	else
		take(x, &context, &request);
}

const struct answer *exchange_answer(struct exchange *x)
{
	if (x->answer.status)
		return &x->answer;
	if (x->is_health)
		decide(x, herald_is_connected(x->reception->herald) ? 200 : 503);
	else
		ask_parser(x);
	body_release(x);
	return &x->answer;
}
