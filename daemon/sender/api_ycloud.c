#include "daemon/sender/api_ycloud.h"

#include <stdio.h>
#include <string.h>

#define PATH_MAX_LENGTH (64 + API_ID_MAX)
#define LOW_MESSAGES 100 /* a balance for fewer is low */
#define MICRO 1e6

int ycloud_open(int (*check)(const struct config_channel *config, char why[static CONFIG_WHY_MAX]),
		const struct config_channel *config, struct http *http, void **ret, char why[static CONFIG_WHY_MAX])
{
	const struct api_terms terms = {
		.base_url = "https://api.ycloud.com/v2",
		.header = "X-API-Key: ",
		.check = check,
	};

	return api_open(&terms, config, http, ret, why);
}

/* Errors. */

static bool is_whatsapp(const struct channel_call *call)
{
	const struct api *api = call->channel;

	return api->config->kind == CHANNEL_WHATSAPP;
}

/*
 * Whose code an error or a message that failed has: WhatsApp's own if there is one. Without it a number is Meta's, too,
 * if it stands in a WhatsApp message; YCloud's own codes are words. False: there is none.
 */
static bool find_code(const struct channel_call *call, const json_t *object, const char *key,
		      const struct provider **ret_provider, char code[static WIRE_NAME_MAX])
{
	*ret_provider = &provider_meta;
	if (api_word(json_at(object, "/whatsappApiError/code"), code))
		return true;
	if (!api_word(json_object_get(object, key), code))
		return false;
	if (!is_whatsapp(call) || code[strspn(code, "0123456789")])
		*ret_provider = &provider_ycloud;
	return true;
}

static void refuse(struct channel_call *call, const struct http_answer *http, const json_t *error, const char *key)
{
	const char *trace = json_string_value(json_object_get(error, "requestId"));
	const struct provider *provider;
	char code[WIRE_NAME_MAX];

	if (find_code(call, error, key, &provider, code))
		channel_judged(call, provider, code, false, trace, http);
	else
		channel_refused(call, http);
}

/* Messages and calls. */

static enum receipt_state state_of(const json_t *object)
{
	char word[WIRE_NAME_MAX];
	int state = -1;

	if (api_word(json_object_get(object, "status"), word))
		state = provider_state_of(&provider_ycloud, word);
	return state < 0 ? RECEIPT_ACCEPTED : (enum receipt_state)state;
}

static void judge_order(struct channel_call *call, const struct http_answer *http, const json_t *root)
{
	const json_t *error = json_object_get(root, "error");
	char id[API_ID_MAX], code[WIRE_NAME_MAX];
	const struct provider *provider;

	if (error)
		refuse(call, http, error, "code");
	else if (http->status / 100 != 2 || !api_id(json_object_get(root, "id"), id))
		channel_refused(call, http);
	else if (state_of(root) != RECEIPT_FAILED)
		channel_sent(call, id);
	else if (find_code(call, root, "errorCode", &provider, code))
		channel_judged(call, provider, code, false, NULL, http);
	else
		channel_failed(call, FAILURE_UNDELIVERABLE, "failed", "the provider gave the message up at once");
}

void ycloud_on_order(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_order);
}

/* A message stands alone; a list that was asked for one has it as its only item. */
static const json_t *record_of(const json_t *root)
{
	const json_t *items = json_object_get(root, "items");

	if (!items)
		return root;
	return json_array_size(items) == 1 ? json_array_get(items, 0) : NULL;
}

static void tell(struct channel_call *call, const json_t *record, const char *word)
{
	const struct provider *provider;
	char code[WIRE_NAME_MAX];
	struct fault why;

	if (state_of(record) == RECEIPT_FAILED && find_code(call, record, "errorCode", &provider, code)) {
		provider_judge(provider, code, &why);
		channel_told(call, RECEIPT_FAILED, &why);
	} else {
		api_told(call, &provider_ycloud, word, "");
	}
}

static void judge_record(struct channel_call *call, const struct http_answer *http, const json_t *root)
{
	const json_t *error = json_object_get(root, "error"), *record = record_of(root);
	bool is_empty = http->status == 200 && json_is_array(json_object_get(root, "items")) && !record;
	char word[WIRE_NAME_MAX];

	if (http->status == 404 || is_empty)
		channel_failed(call, FAILURE_TRANSIENT, "not-found", "the provider does not know the message yet");
	else if (error)
		refuse(call, http, error, "code");
	else if (http->status != 200 || !api_word(json_object_get(record, "status"), word))
		channel_refused(call, http);
	else
		tell(call, record, word);
}

static void on_record(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_record);
}

void ycloud_poll(struct channel_call *call, const char *path, const char *message_id, int64_t timeout_ms)
{
	char whole[PATH_MAX_LENGTH];

	if (!api_id_ok(message_id)) {
		channel_failed(call, FAILURE_UNKNOWN_OUTCOME, "id", "the message's id is none of YCloud's");
		return;
	}
	snprintf(whole, sizeof(whole), "%s%s", path, message_id);
	api_get(call, whole, timeout_ms, on_record);
}

/* The balance: costs nothing, and shows whether the key is good and the account can pay. */

static bool is_low(const struct config_channel *config, double amount, const char *currency)
{
	bool comparable = config->cost.micro > 0 && currency && strcmp(config->cost.currency, currency) == 0;

	return amount < (comparable ? LOW_MESSAGES * ((double)config->cost.micro / MICRO) : 1);
}

static void judge_balance(struct channel_call *call, const struct http_answer *http, const json_t *root)
{
	const json_t *error = json_object_get(root, "error"), *amount = json_object_get(root, "amount");
	const char *currency = json_string_value(json_object_get(root, "currency"));
	const struct api *api = call->channel;

	if (error)
		refuse(call, http, error, "code");
	else if (http->status != 200)
		channel_refused(call, http);
	else if (!json_is_number(amount))
		channel_failed(call, FAILURE_UNKNOWN_OUTCOME, "probe",
			       "the provider can be reached, but did not show the balance");
	else if (json_number_value(amount) <= 0)
		channel_failed(call, FAILURE_CONFIG, "balance", "the account's balance is used up: top it up");
	else if (is_low(api->config, json_number_value(amount), currency))
		channel_degraded(call, "balance", "the account's balance is nearly used up: top it up");
	else
		channel_sent(call, "");
}

static void on_balance(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_balance);
}

void ycloud_probe(struct channel_call *call, int64_t timeout_ms)
{
	api_get(call, "/balance", timeout_ms, on_balance);
}
