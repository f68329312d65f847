#include "daemon/sender/api_twilio.h"

#include "daemon/sender/api_option.h"

#include <stdio.h>
#include <string.h>

#define ACCOUNTS "/2010-04-01/Accounts/"
#define SID_LETTERS 2
#define SID_LENGTH 34
#define PATH_SIZE 160

bool twilio_sid_ok(const char *sid, const char *kinds)
{
	if (strlen(sid) != SID_LENGTH || strspn(sid + SID_LETTERS, "0123456789abcdef") != SID_LENGTH - SID_LETTERS)
		return false;
	for (; *kinds; kinds += SID_LETTERS)
		if (strncmp(sid, kinds, SID_LETTERS) == 0)
			return true;
	return false;
}

/* Options. */

static int check_account(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	if (!twilio_sid_ok(c->account, "AC"))
		return channel_config_error(c, why, "needs account, the Account SID: \"AC\" and 32 of 0-9, a-f");
	if (*c->user && !twilio_sid_ok(c->user, "SK"))
		return channel_config_error(c, why, "user is the SID of an API key: \"SK\" and 32 of 0-9, a-f");
	if (*c->password)
		return channel_config_error(c, why,
					    "password: Twilio's secret is the token, an auth token or that of "
					    "the API key that user names");
	return api_check_callback(c, why);
}

int twilio_open(int (*check)(const struct config_channel *config, char why[static CONFIG_WHY_MAX]),
		const struct config_channel *config, struct http *http, void **ret, char why[static CONFIG_WHY_MAX])
{
	const struct api_terms terms = {.base_url = "https://api.twilio.com", .basic = true, .check = check};
	int r = check_account(config, why);

	return r < 0 ? r : api_open(&terms, config, http, ret, why);
}

/* Errors. */

static void refuse(struct channel_call *call, const struct http_answer *http, const json_t *root)
{
	char code[WIRE_NAME_MAX];

	if (api_word(json_object_get(root, "code"), code))
		channel_judged(call, &provider_twilio, code, false, NULL, http);
	else
		channel_refused(call, http);
}

/* Of a message or call that failed: a code, or the word for what came of a call. "" if there is neither. */
static void find_code(const json_t *root, const char *status, char code[static WIRE_NAME_MAX])
{
	if (!api_word(json_object_get(root, "error_code"), code))
		snprintf(code, WIRE_NAME_MAX, "%s", provider_error_find(&provider_twilio, status) ? status : "");
}

/* Orders. */

static bool sid_of(const json_t *root, const char *kinds, char sid[static API_ID_MAX])
{
	return api_id(json_object_get(root, "sid"), sid) && twilio_sid_ok(sid, kinds);
}

static void judge_order(struct channel_call *call, const struct http_answer *http, const json_t *root,
			const char *kinds)
{
	char sid[API_ID_MAX], status[WIRE_NAME_MAX] = "", code[WIRE_NAME_MAX];

	if (http->status != 201 || !sid_of(root, kinds, sid)) {
		refuse(call, http, root);
		return;
	}
	(void)api_word(json_object_get(root, "status"), status);
	if (provider_state_of(&provider_twilio, status) != RECEIPT_FAILED) {
		channel_sent(call, sid);
		return;
	}
	find_code(root, status, code);
	if (code[0])
		channel_judged(call, &provider_twilio, code, false, NULL, http);
	else
		channel_failed(call, FAILURE_UNDELIVERABLE, "failed", "the provider gave the message up at once");
}

static void judge_message(struct channel_call *call, const struct http_answer *http, const json_t *root)
{
	judge_order(call, http, root, "SMMM");
}

static void judge_call(struct channel_call *call, const struct http_answer *http, const json_t *root)
{
	judge_order(call, http, root, "CA");
}

static void on_message(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_message);
}

static void on_call(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_call);
}

/* What can be ordered. */
static const struct {
	const char *resource, *kinds;
	api_done *done;
} resources[] = {
	[TWILIO_MESSAGES] = {"Messages", "SMMM", on_message},
	[TWILIO_CALLS] = {"Calls", "CA", on_call},
};

/* The body with where receipts go, for memory_free(), or NULL. */
static char *body_of(const struct config_channel *c, const char *id, const char *form,
		     const struct template_value values[])
{
	char *callback __attribute__((cleanup(memory_freep))) = api_callback(c, id);
	char *fields __attribute__((cleanup(memory_freep))) = NULL;
	const struct template_value where[] = {{"callback", callback}, {NULL, NULL}};
	char *tail __attribute__((cleanup(memory_freep))) = NULL;
	char *body = NULL;

	if (template_render(form, TEMPLATE_PERCENT, values, &fields) < 0)
		return NULL;
	if (*c->callback_url == '\0') {
		body = fields;
		fields = NULL; /* transferred */
	} else if (callback && template_render("&StatusCallback={callback}", TEMPLATE_PERCENT, where, &tail) == 0) {
		const struct template_value parts[] = {{"fields", fields}, {"tail", tail}, {NULL, NULL}};

		(void)template_render("{fields}{tail}", TEMPLATE_PLAIN, parts, &body);
	}
	return body;
}

void twilio_order(struct channel_call *call, enum twilio_resource resource, const struct channel_message *message,
		  const char *form, const struct template_value values[])
{
	const struct api *api = call->channel;
	char *body __attribute__((cleanup(memory_freep))) = NULL;
	char path[PATH_SIZE];

	if (!api_number_ok(call, message))
		return;
	body = body_of(api->config, message->id, form, values);
	snprintf(path, sizeof(path), ACCOUNTS "%s/%s.json", api->config->account, resources[resource].resource);
	api_post_form(call, path, body, message->timeout_ms, resources[resource].done);
}

/* Polls. */

static void judge_record(struct channel_call *call, const struct http_answer *http, const json_t *root)
{
	char status[WIRE_NAME_MAX], code[WIRE_NAME_MAX];

	if (http->status == 404) {
		channel_failed(call, FAILURE_TRANSIENT, "not-found", "the provider does not know the message yet");
	} else if (http->status != 200 || !api_word(json_object_get(root, "status"), status)) {
		refuse(call, http, root);
	} else {
		find_code(root, status, code);
		api_told(call, &provider_twilio, status, code);
	}
}

static void on_record(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_record);
}

void twilio_poll(struct channel_call *call, enum twilio_resource resource, const char *sid, int64_t timeout_ms)
{
	const struct api *api = call->channel;
	char path[PATH_SIZE];

	if (!twilio_sid_ok(sid, resources[resource].kinds)) {
		channel_failed(call, FAILURE_UNKNOWN_OUTCOME, "id", "the message's id is none of Twilio's");
		return;
	}
	snprintf(path, sizeof(path), ACCOUNTS "%s/%s/%s.json", api->config->account, resources[resource].resource, sid);
	api_get(call, path, timeout_ms, on_record);
}

/* Probes. */

static void judge_account(struct channel_call *call, const struct http_answer *http, const json_t *root)
{
	char sid[API_ID_MAX], status[WIRE_NAME_MAX];

	if (http->status != 200 || !sid_of(root, "AC", sid))
		refuse(call, http, root);
	else if (!api_word(json_object_get(root, "status"), status))
		channel_failed(call, FAILURE_UNKNOWN_OUTCOME, "probe",
			       "the provider can be reached, but did not show how the account is");
	else if (strcmp(status, "active") == 0)
		channel_sent(call, "");
	else
		channel_failed(call, FAILURE_CONFIG, status, "the account is not active: see Twilio's console");
}

static void on_account(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_account);
}

static void judge_numbers(struct channel_call *call, const struct http_answer *http, const json_t *root)
{
	if (http->status == 200 && json_is_array(json_object_get(root, "incoming_phone_numbers")))
		channel_sent(call, "");
	else
		refuse(call, http, root);
}

static void on_numbers(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_numbers);
}

/* A standard API key may not look at the account; the account's own numbers it sees. */
void twilio_probe(struct channel_call *call, int64_t timeout_ms)
{
	const struct api *api = call->channel;
	bool is_key = *api->config->user;
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), ACCOUNTS "%s%s", api->config->account,
		 is_key ? "/IncomingPhoneNumbers.json?PageSize=1" : ".json");
	api_get(call, path, timeout_ms, is_key ? on_numbers : on_account);
}
