#include "daemon/sender/gateway_options.h"

#include "daemon/provider/json.h"
#include "daemon/sender/memory.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~"

/* A value of a raw body is bounded by nothing: what could end a line may not stand in it. */
static const struct {
	const char *name; /* body_type = … */
	enum template_place place;
	const char *content_type;
} body_types[] = {
	{"form", TEMPLATE_PERCENT, "Content-Type: application/x-www-form-urlencoded"},
	{"json", TEMPLATE_JSON, "Content-Type: application/json"},
	{"raw", TEMPLATE_HEADER, "Content-Type: text/plain; charset=UTF-8"},
};

const char *const gateway_send_names[] = {"to",       "to_digits", "to_00",        "code",    "text",     "text_ucs2",
					  "coding",   "id",        "minutes",      "seconds", "validity", "sender",
					  "template", "language",  "callback_url", "secret",  NULL};
const char *const gateway_poll_names[] = {"message_id", "sender", "secret", NULL};
#define NAMES_MAX 16
#define KEPT "accepted" /* of errors: it is none */

static const struct provider_state states[] = {
	{"sent", RECEIPT_SENT},
	{"delivered", RECEIPT_DELIVERED},
	{"read", RECEIPT_READ},
	{"failed", RECEIPT_FAILED},
};
#define STATES (sizeof(states) / sizeof(states[0]))

/* Placeholders that stand for an option. */
static const struct {
	const char *placeholder, *option;
	size_t offset;
} options_used[] = {
	{"{secret}", "secret", offsetof(struct config_channel, secret)},
	{"{sender}", "sender", offsetof(struct config_channel, sender)},
	{"{template}", "template", offsetof(struct config_channel, template)},
	{"{callback_url}", "callback_url", offsetof(struct config_channel, callback_url)},
};

bool gateway_has_body(const char *method)
{
	return strcmp(method, "GET") != 0;
}

bool gateway_header_is(const char *header, const char *name)
{
	size_t n = strlen(name);

	return strncasecmp(header, name, n) == 0 && header[n] == ':';
}

/* If the template holds with "x" for each value, no encoded value can break it. */
char *gateway_sample(const char *text, enum template_place place)
{
	struct template_value samples[2 * NAMES_MAX] = {{NULL, NULL}};
	char *sample = NULL;
	size_t n = 0;

	for (size_t i = 0; gateway_send_names[i]; i++)
		samples[n++] = (struct template_value){gateway_send_names[i], "x"};
	for (size_t i = 0; gateway_poll_names[i]; i++)
		samples[n++] = (struct template_value){gateway_poll_names[i], "x"};
	template_render(text, place, samples, &sample);
	return sample;
}

/* The request. */

/* One of the two requests that a section describes. */
struct described {
	const char *url_key, *body_key, *url, *method, *body;
	const char *const *names;
};

static int check_url(const struct config_channel *c, const struct described *d, char why[static CONFIG_WHY_MAX])
{
	char *sample __attribute__((cleanup(memory_freep))) = NULL;
	char error[128];
	const char *scheme = strstr(d->url, "://");
	size_t host_end = scheme ? strcspn(scheme + 3, "/?#") : 0;
	const char *url_error;

	if (*d->url == '\0')
		return channel_config_error(c, why, "driver http needs %s", d->url_key);
	if (strstr(d->url, "{secret}"))
		return channel_config_error(
			c, why, "{secret} may not stand in %s, where logs would show it: use headers or body",
			d->url_key);
	if (template_check(d->url, TEMPLATE_PERCENT, d->names, error, sizeof(error)) < 0)
		return channel_config_error(c, why, "%s: %s", d->url_key, error);
	if (scheme && memchr(d->url, '{', (size_t)(scheme + 3 - d->url) + host_end))
		return channel_config_error(c, why, "%s: no placeholder may stand in front of the path", d->url_key);
	sample = gateway_sample(d->url, TEMPLATE_PERCENT);
	url_error = sample ? http_url_error(sample) : "out of memory";
	return url_error ? channel_config_error(c, why, "%s %s", d->url_key, url_error) : 0;
}

static int check_json_body(const struct config_channel *c, const struct described *d, char why[static CONFIG_WHY_MAX])
{
	char *sample __attribute__((cleanup(memory_freep))) = gateway_sample(d->body, TEMPLATE_JSON);
	json_t *root __attribute__((cleanup(json_unrefp))) = sample ? json_read(sample, strlen(sample)) : NULL;

	return root ? 0
		    : channel_config_error(c, why, "%s is no JSON; placeholders stand inside strings: \"{to}\"",
					   d->body_key);
}

static int check_body(const struct config_channel *c, const struct described *d, enum template_place place,
		      char why[static CONFIG_WHY_MAX])
{
	char error[128];

	if (!gateway_has_body(d->method))
		return *d->body ? channel_config_error(c, why, "%s: a GET request has no body", d->body_key) : 0;
	if (*d->body == '\0')
		return channel_config_error(c, why, "a %s request needs %s", d->method, d->body_key);
	if (template_check(d->body, place, d->names, error, sizeof(error)) < 0)
		return channel_config_error(c, why, "%s: %s", d->body_key, error);
	return place == TEMPLATE_JSON ? check_json_body(c, d, why) : 0;
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
		if (gateway_header_is(header, own[i]))
			return channel_config_error(c, why, "headers: %s is not for the config to set", own[i]);
	if (template_check(header, TEMPLATE_HEADER, gateway_send_names, error, sizeof(error)) < 0)
		return channel_config_error(c, why, "headers: %.*s: %s", (int)name, header, error);
	return 0;
}

static int check_headers(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	size_t count = 0;
	int r = 0;

	for (; c->headers[count] && r == 0; count++)
		r = check_header(c, c->headers[count], why);
	if (r == 0 && count > GATEWAY_HEADERS_MAX)
		return channel_config_error(c, why, "headers: at most %d", GATEWAY_HEADERS_MAX);
	return r;
}

static bool is_used(const struct config_channel *c, const char *placeholder)
{
	const char *const texts[] = {c->url, c->body, c->poll_url, c->poll_body};

	for (char **header = c->headers; *header; header++)
		if (strstr(*header, placeholder))
			return true;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strstr(texts[i], placeholder))
			return true;
	return false;
}

static int check_used(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	for (size_t i = 0; i < sizeof(options_used) / sizeof(options_used[0]); i++) {
		const char *value = *(char *const *)(const void *)((const char *)c + options_used[i].offset);

		if (is_used(c, options_used[i].placeholder) && *value == '\0')
			return channel_config_error(c, why, "%s is used, but %s is not set",
						    options_used[i].placeholder, options_used[i].option);
	}
	return 0;
}

/* The answer. */

static int check_pointer(const struct config_channel *c, const char *key, const char *pointer,
			 char why[static CONFIG_WHY_MAX])
{
	if (*pointer == '\0' || json_pointer_ok(pointer))
		return 0;
	return channel_config_error(c, why, "%s is no JSON pointer like \"/data/id\" (RFC 6901)", key);
}

static int check_pointers(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	const char *const pointers[][2] = {
		{"success_pointer", c->success_pointer},
		{"id_pointer", c->id_pointer},
		{"error_pointer", c->error_pointer},
		{"poll_pointer", c->poll_pointer},
	};
	int r = 0;

	if (*c->success_pointer == '\0' && *c->success_value == '\0')
		return channel_config_error(
			c, why,
			"needs a positive success test: success_pointer = \"/id\", or success_value "
			"alone for a body that begins with it");
	if (*c->error_pointer && !c->errors[0])
		return channel_config_error(
			c, why, "error_pointer needs errors that say what the codes mean: {\"1005=undeliverable\"}");
	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]) && r == 0; i++)
		r = check_pointer(c, pointers[i][0], pointers[i][1], why);
	return r;
}

/* Poll. */

static int check_poll(const struct config_channel *c, enum template_place place, char why[static CONFIG_WHY_MAX])
{
	const struct described poll = {"poll_url",     "poll_body",  c->poll_url,
				       c->poll_method, c->poll_body, gateway_poll_names};
	bool any = *c->poll_body || *c->poll_pointer || c->poll_states[0];
	int r;

	if (*c->poll_url == '\0') {
		if (any || c->receipts == RECEIPTS_POLL)
			return channel_config_error(c, why, "%s needs poll_url",
						    any ? "what begins with poll_" : "receipts = poll");
		return 0;
	}
	r = check_url(c, &poll, why);
	if (r == 0)
		r = check_body(c, &poll, place, why);
	if (r < 0)
		return r;
	if (!strstr(c->poll_url, "{message_id}") && !strstr(c->poll_body, "{message_id}"))
		return channel_config_error(c, why, "poll_url or poll_body must say which message: {message_id}");
	if (*c->id_pointer == '\0')
		return channel_config_error(c, why,
					    "poll_url needs id_pointer, where the gateway's id of a message stands");
	if (*c->poll_pointer == '\0' || !c->poll_states[0])
		return channel_config_error(c, why,
					    "poll_url needs poll_pointer and poll_states that say what the words mean: "
					    "{\"DELIVRD=delivered\"}");
	return 0;
}

/* Words. */

/* "WORD=meaning": copies the word, and returns the meaning; NULL if it is not that. */
static const char *take_word(const char *text, char **ret)
{
	const char *equals = strrchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : 0;

	*ret = NULL;
	if (length == 0 || length >= WIRE_NAME_MAX || !wire_text_ok(text, length))
		return NULL;
	*ret = strndup(text, length);
	return *ret ? equals + 1 : NULL;
}

static size_t count_of(char *const *list)
{
	size_t n = 0;

	while (list[n])
		n++;
	return n;
}

static int read_errors(const struct config_channel *c, struct gateway_options *ret, char why[static CONFIG_WHY_MAX])
{
	struct provider_error *rows = calloc(count_of(c->errors) + 1, sizeof(*rows));
	struct provider_error *kept = calloc(count_of(c->errors) + 1, sizeof(*kept));

	ret->provider.errors = rows;
	ret->kept.errors = kept;
	if (!rows || !kept)
		return -ENOMEM;
	for (char **text = c->errors; *text; text++) {
		char *code;
		const char *meaning = take_word(*text, &code);
		const struct provider_error *class = meaning ? provider_error_find(&provider_generic, meaning) : NULL;

		if (meaning && strcmp(meaning, KEPT) == 0) {
			kept[ret->kept.error_count++].word = code;
		} else if (class) {
			rows[ret->provider.error_count] = *class;
			rows[ret->provider.error_count++].word = code;
		} else {
			free(code);
			return channel_config_error(c, why,
						    "errors: \"%s\" is not \"CODE=accepted\", \"CODE=undeliverable\", "
						    "\"CODE=transient\" or \"CODE=config\"",
						    *text);
		}
	}
	return 0;
}

static int read_states(const struct config_channel *c, struct provider *ret, char why[static CONFIG_WHY_MAX])
{
	struct provider_state *rows = calloc(count_of(c->poll_states) + 1, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	ret->states = rows;
	for (char **text = c->poll_states; *text; text++, rows++) {
		char *word;
		const char *meaning = take_word(*text, &word);
		size_t i = 0;

		while (i < STATES && !(meaning && strcmp(states[i].word, meaning) == 0))
			i++;
		if (i == STATES) {
			free(word);
			return channel_config_error(c, why,
						    "poll_states: \"%s\" is not \"WORD=sent\", \"WORD=delivered\", "
						    "\"WORD=read\" or \"WORD=failed\"",
						    *text);
		}
		*rows = (struct provider_state){word, states[i].state};
	}
	return 0;
}

static void table_clear(struct provider *p)
{
	for (size_t i = 0; i < p->error_count; i++)
		free((char *)(uintptr_t)p->errors[i].word);
	for (size_t i = 0; p->states && p->states[i].word; i++)
		free((char *)(uintptr_t)p->states[i].word);
	free((void *)(uintptr_t)p->errors);
	free((void *)(uintptr_t)p->states);
	*p = (struct provider){0};
}

void gateway_options_clear(struct gateway_options *options)
{
	table_clear(&options->provider);
	table_clear(&options->kept);
}

int gateway_options_read(const struct config_channel *c, struct gateway_options *ret, char why[static CONFIG_WHY_MAX])
{
	const struct described send = {"url", "body", c->url, c->method, c->body, gateway_send_names};
	size_t type = 0;
	int r;

	while (type + 1 < sizeof(body_types) / sizeof(body_types[0]) &&
	       strcmp(c->body_type, body_types[type].name) != 0)
		type++;
	*ret = (struct gateway_options){
		.place = body_types[type].place,
		.content_type = body_types[type].content_type,
		.provider = {.name = c->name},
		.kept = {.name = c->name},
	};
	r = check_url(c, &send, why);
	if (r == 0)
		r = check_headers(c, why);
	if (r == 0)
		r = check_body(c, &send, ret->place, why);
	if (r == 0)
		r = check_pointers(c, why);
	if (r == 0)
		r = check_poll(c, ret->place, why);
	if (r == 0)
		r = check_used(c, why);
	if (r == 0)
		r = read_errors(c, ret, why);
	if (r == 0)
		r = read_states(c, &ret->provider, why);
	return r == 0 ? channel_check_ca_file(c, why) : r;
}
