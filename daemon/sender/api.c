#include "daemon/sender/api.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define CODE_DIGITS 6 /* that stand together in a code of a provider's */

/* Options. */

static int check_base(const struct api_terms *terms, const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	const char *error = *c->base_url ? http_url_error(c->base_url) : NULL;

	if (*c->base_url == '\0' && !terms->base_url)
		return channel_config_error(c, why, "needs base_url, as the account shows it (\"https://…\")");
	if (error || strchr(c->base_url, '?') || strchr(c->base_url, '#'))
		return channel_config_error(c, why, "base_url %s", error ? error : "ends behind its path");
	return channel_check_ca_file(c, why);
}

static int load_secret(struct api *api, const char *option, const char *reference, bool words,
		       char why[static CONFIG_WHY_MAX])
{
	char secret_why[CONFIG_WHY_MAX / 2] = "";
	int r;

	if (*reference == '\0')
		return channel_config_error(api->config, why, "needs %s = \"credential:NAME\" or \"file:/PATH\"",
					    option);
	r = secret_load(reference, &api->secret, secret_why, sizeof(secret_why));
	if (r < 0)
		return channel_config_error(api->config, why, "%s: %s", option, secret_why);
	if (api->secret.length == 0)
		return channel_config_error(api->config, why, "%s: the file is empty", option);
	if (!words && api->secret.data[strcspn(api->secret.data, "\r\n\t ")])
		return channel_config_error(api->config, why, "%s: the file holds more than one word", option);
	if (!wire_text_ok(api->secret.data, api->secret.length))
		return channel_config_error(api->config, why, "%s: the file holds control characters", option);
	return 0;
}

/* "Authorization: Basic …" of user and the secret. */
static int prove_basic(struct api *api, const char *user)
{
	static const char header[] = "Authorization: Basic ";
	char *pair __attribute__((cleanup(memory_freep))) = NULL;
	size_t length = strlen(user) + 1 + api->secret.length;

	pair = memory_resize(NULL, length + 1);
	api->proof = memory_resize(NULL, sizeof(header) + (length + 2) / 3 * 4);
	if (!pair || !api->proof)
		return -ENOMEM;
	snprintf(pair, length + 1, "%s:%s", user, api->secret.data);
	strcpy(api->proof, header);
	EVP_EncodeBlock((unsigned char *)api->proof + sizeof(header) - 1, (const unsigned char *)pair, (int)length);
	return 0;
}

static int prove(struct api *api, const char *header)
{
	size_t size = strlen(header) + api->secret.length + 1;

	api->proof = memory_resize(NULL, size);
	if (!api->proof)
		return -ENOMEM;
	snprintf(api->proof, size, "%s%s", header, api->secret.data);
	return 0;
}

static int load_credentials(struct api *api, const struct api_terms *terms, char why[static CONFIG_WHY_MAX])
{
	const struct config_channel *c = api->config;
	bool named = terms->basic && *c->user && *c->password;
	const char *user = *c->user ? c->user : c->account;
	int r = named ? load_secret(api, "password", c->password, true, why)
		      : load_secret(api, "token", c->token, false, why);

	if (r < 0)
		return r;
	if (terms->basic && (*user == '\0' || strchr(user, ':')))
		return channel_config_error(c, why, "needs a name without \":\" for who the secret belongs to");
	if (terms->basic)
		return prove_basic(api, user);
	return terms->header ? prove(api, terms->header) : 0;
}

static int make_base(struct api *api, const char *base)
{
	size_t length = strlen(base);

	while (length > 0 && base[length - 1] == '/')
		length--;
	api->base = strndup(base, length);
	return api->base ? 0 : -ENOMEM;
}

int api_open(const struct api_terms *terms, const struct config_channel *config, struct http *http, void **ret,
	     char why[static CONFIG_WHY_MAX])
{
	int r = check_base(terms, config, why);
	struct api *api;

	if (r == 0 && terms->check)
		r = terms->check(config, why);
	if (r < 0)
		return r;
	api = calloc(1, terms->size ? terms->size : sizeof(*api));
	if (!api)
		return -ENOMEM;
	*api = (struct api){.config = config, .http = http};
	r = load_credentials(api, terms, why);
	if (r == 0)
		r = make_base(api, *config->base_url ? config->base_url : terms->base_url);
	if (r < 0) {
		api_close(api);
		return r;
	}
	*ret = api; /* transferred */
	return 0;
}

void api_close(void *channel)
{
	struct api *api = channel;

	secret_free(&api->secret);
	memory_free(api->proof);
	free(api->base);
	free(api);
}

static void scratch_free(struct channel_call *call)
{
	memory_free(call->scratch);
	call->scratch = NULL;
}

void api_cancel(struct channel_call *call)
{
	const struct api *api = call->channel;

	api->http->cancel(api->http, &call->http);
	scratch_free(call);
}

/* Requests. */

bool api_number_ok(struct channel_call *call, const struct channel_message *message)
{
	size_t digits = message->to[0] == '+' ? strspn(message->to + 1, DIGITS) : 0;

	if (digits > 0 && message->to[1 + digits] == '\0')
		return true;
	channel_failed(call, FAILURE_UNDELIVERABLE, "request", "the recipient is no phone number");
	return false;
}

static void request_start(struct channel_call *call, struct http_request *request, const char *path,
			  const char *content_type, api_done *done)
{
	const struct api *api = call->channel;
	const char *headers[] = {"Accept: application/json", content_type, NULL, NULL};
	size_t size = strlen(api->base) + (path ? strlen(path) : 0) + 1;
	char *url __attribute__((cleanup(memory_freep))) = path ? memory_resize(NULL, size) : NULL;

	if (!url) {
		scratch_free(call);
		channel_failed(call, FAILURE_UNDELIVERABLE, "request", "the request could not be built");
		return;
	}
	snprintf(url, size, "%s%s", api->base, path);
	headers[content_type ? 2 : 1] = api->proof;
	request->url = url;
	request->headers = request->connect_only ? NULL : headers;
	request->ca_file = api->config->ca_file;
	call->http = (struct http_call){.done = done, .userdata = call};
	api->http->start(api->http, request, &call->http);
}

void api_get(struct channel_call *call, const char *path, int64_t timeout_ms, api_done *done)
{
	struct http_request request = {.method = "GET", .timeout_ms = timeout_ms};

	request_start(call, &request, path, NULL, done);
}

void api_post_form(struct channel_call *call, const char *path, const char *body, int64_t timeout_ms, api_done *done)
{
	struct http_request request = {.method = "POST", .body = body, .timeout_ms = timeout_ms};

	request_start(call, &request, body ? path : NULL, "Content-Type: application/x-www-form-urlencoded", done);
}

void api_post_json(struct channel_call *call, const char *path, json_t *body, int64_t timeout_ms, api_done *done)
{
	char *text __attribute__((cleanup(memory_freep))) = body ? json_dumps(body, JSON_COMPACT) : NULL;
	struct http_request request = {.method = "POST", .body = text, .timeout_ms = timeout_ms};

	json_decref(body);
	request_start(call, &request, text ? path : NULL, "Content-Type: application/json", done);
}

void api_connect(struct channel_call *call, int64_t timeout_ms)
{
	struct http_request request = {.method = "GET", .timeout_ms = timeout_ms, .connect_only = true};

	request_start(call, &request, "/", NULL, channel_reached);
}

/* Answers. */

void api_heard(struct http_call *http, const struct http_answer *answer,
	       void (*judge)(struct channel_call *call, const struct http_answer *answer, const json_t *root))
{
	struct channel_call *call = http->userdata;
	json_t *root __attribute__((cleanup(json_unrefp))) = NULL;

	if (answer->outcome != HTTP_ANSWERED) {
		scratch_free(call);
		channel_unanswered(call, answer);
		return;
	}
	root = json_read(answer->body, answer->length);
	judge(call, answer, root);
}

static bool has_digits(const char *text, size_t many)
{
	for (; *text; text++)
		if (strspn(text, DIGITS) > many)
			return true;
	return false;
}

void api_refused(struct channel_call *call, const struct provider *provider, const struct http_answer *answer)
{
	char code[WIRE_NAME_MAX];

	snprintf(code, sizeof(code), "%ld", answer->status);
	if (provider_error_find(provider, code))
		channel_judged(call, provider, code, false, NULL, answer);
	else
		channel_refused(call, answer);
}

bool api_word(const json_t *value, char word[static WIRE_NAME_MAX])
{
	return (json_is_integer(value) || json_is_string(value)) && json_scalar(value, word, WIRE_NAME_MAX) &&
	       strspn(word, LETTERS DIGITS "_-") == strlen(word) && !has_digits(word, CODE_DIGITS);
}

bool api_id_ok(const char *id)
{
	size_t length = strlen(id);

	return length > 0 && length < API_ID_MAX && strspn(id, LETTERS DIGITS "_.-") == length && *id != '.';
}

bool api_id(const json_t *value, char id[static API_ID_MAX])
{
	return (json_is_integer(value) || json_is_string(value)) && json_scalar(value, id, API_ID_MAX) && api_id_ok(id);
}

void api_told_at(struct channel_call *call, const struct provider *provider, const char *word, const char *code,
		 uint64_t at)
{
	int state = provider_state_of(provider, word);
	struct fault why;

	if (state < 0) {
		channel_failed(call, FAILURE_UNKNOWN_OUTCOME, "state", "the provider names a state that says nothing");
		return;
	}
	provider_judge(provider, code, &why);
	channel_told_at(call, (enum receipt_state)state, at, state == RECEIPT_FAILED ? &why : NULL);
}

void api_told(struct channel_call *call, const struct provider *provider, const char *word, const char *code)
{
	api_told_at(call, provider, word, code, 0);
}
