/*
 * driver = telegram_gateway: Telegram's Gateway, which brings a code into the recipient's Telegram. It is asked first
 * whether it can reach the number, so that a number without Telegram costs no time; what it then takes for the message
 * was paid with the question. HTTP statuses mean nothing here.
 */
#include "daemon/sender/api.h"
#include "daemon/sender/api_option.h"
#include "daemon/sender/api_telegram.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define CODE_LEAST 4
#define CODE_MOST 8
#define TTL_LEAST 30 /* seconds */
#define TTL_MOST 3600
#define CALLBACK_MAX 256
#define WAIT_MOST 86400
#define FLOOD_WAIT "FLOOD_WAIT"
#define BALANCE "BALANCE"
#define INTERNAL_ERROR "INTERNAL_ERROR"

/* The message, while the provider is asked whether it can be sent. */
struct waiting {
	char phone[WIRE_RECIPIENT_MAX], code[WIRE_CODE_MAX], id[WIRE_ID_MAX];
	int64_t ttl, timeout_ms;
};

static int check_options(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	if (strlen(c->callback_url) > CALLBACK_MAX)
		return channel_config_error(c, why, "callback_url is longer than %d characters", CALLBACK_MAX);
	if (api_check_callback(c, why) < 0)
		return -EINVAL;
	return api_check_kind(c, CHANNEL_TELEGRAM, CHANNEL_TELEGRAM, why);
}

static int gateway_open(const struct config_channel *config, struct http *http, void **ret,
			char why[static CONFIG_WHY_MAX])
{
	static const struct api_terms terms = {
		.base_url = "https://gatewayapi.telegram.org",
		.header = "Authorization: Bearer ",
		.check = check_options,
	};

	return api_open(&terms, config, http, ret, why);
}

/* Answers. */

/* "FLOOD_WAIT_30": seconds, 0 if it is none. */
static int64_t flood_wait(const char *word)
{
	const char *number = strncmp(word, FLOOD_WAIT "_", sizeof(FLOOD_WAIT)) == 0 ? word + sizeof(FLOOD_WAIT) : "";
	int64_t seconds = atoll(number);

	return *number && number[strspn(number, DIGITS)] == '\0' ? seconds < WAIT_MOST ? seconds : WAIT_MOST : 0;
}

/* Answers the call and returns true if the provider says that it could not. */
static bool refused(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	struct http_answer later = *answer;
	char word[WIRE_NAME_MAX];

	if (json_is_true(json_object_get(root, "ok")) || !api_word(json_object_get(root, "error"), word))
		return false;
	if (flood_wait(word) > 0) {
		later.retry_after = flood_wait(word);
		strcpy(word, FLOOD_WAIT);
	} else if (strncmp(word, BALANCE, sizeof(BALANCE) - 1) == 0) {
		strcpy(word, BALANCE);
	}
	channel_judged(call, &provider_telegram, word, false, NULL, &later);
	return true;
}

/* The message. */

/* Behind a fault of the provider's the message may have left. */
static bool is_fault(const struct http_answer *answer, const json_t *root)
{
	const char *word = json_string_value(json_object_get(root, "error"));

	return answer->status / 100 == 5 || (word && strcmp(word, INTERNAL_ERROR) == 0);
}

static void judge_message(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	char id[API_ID_MAX];

	if (is_fault(answer, root))
		channel_refused(call, answer);
	else if (refused(call, answer, root))
		return;
	else if (api_id(json_object_get(telegram_result(answer, root), "request_id"), id))
		channel_sent(call, id);
	else
		channel_refused(call, answer);
}

static void on_message(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_message);
}

static json_t *message_of(const struct config_channel *c, const struct waiting *w, const char *request_id)
{
	json_t *body = json_pack("{s:s, s:s, s:s, s:I, s:s}", "phone_number", w->phone, "request_id", request_id,
				 "code", w->code, "ttl", (json_int_t)w->ttl, "payload", w->id);

	if (body && *c->sender)
		json_object_set_new(body, "sender_username", json_string(c->sender));
	if (body && *c->callback_url)
		json_object_set_new(body, "callback_url", json_string(c->callback_url));
	return body;
}

/* Whatever went wrong here, no message was sent. */
static void judge_ability(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	const struct api *api = call->channel;
	struct waiting *w = call->scratch;
	char id[API_ID_MAX];
	bool able = api_id(json_object_get(telegram_result(answer, root), "request_id"), id);
	json_t *body = able ? message_of(api->config, w, id) : NULL;
	int64_t timeout_ms = w->timeout_ms;

	memory_free(w);
	call->scratch = NULL;
	call->question = !able;
	call->once = able; /* a second try would pay for the question again */
	if (able)
		api_post_json(call, "/sendVerificationMessage", body, timeout_ms, on_message);
	else if (refused(call, answer, root))
		return;
	else if (answer->status / 100 == 2)
		channel_failed(call, FAILURE_TRANSIENT, "check", "the provider did not say whether it can send");
	else
		channel_refused(call, answer);
}

static void on_ability(struct http_call *http, const struct http_answer *answer)
{
	struct http_answer harmless = *answer;

	if (answer->outcome == HTTP_LOST)
		harmless.outcome = HTTP_NOT_SENT;
	api_heard(http, &harmless, judge_ability);
}

static struct waiting *waiting_new(const struct channel_message *message)
{
	int64_t ttl = message->seconds;
	struct waiting *w = memory_resize(NULL, sizeof(*w));

	if (!w)
		return NULL;
	snprintf(w->phone, sizeof(w->phone), "%s", message->to);
	snprintf(w->code, sizeof(w->code), "%s", message->code);
	snprintf(w->id, sizeof(w->id), "%s", message->id);
	w->ttl = ttl < TTL_LEAST ? TTL_LEAST : ttl > TTL_MOST ? TTL_MOST : ttl;
	w->timeout_ms = message->timeout_ms / 2; /* each of the two requests has one half */
	return w;
}

static void gateway_send(struct channel_call *call, const struct channel_message *message)
{
	size_t length = strlen(message->code);

	if (!api_number_ok(call, message))
		return;
	if (length < CODE_LEAST || length > CODE_MOST || strspn(message->code, DIGITS) != length) {
		channel_failed(call, FAILURE_CONFIG, "code", "Telegram's Gateway takes codes of 4 to 8 digits only");
		return;
	}
	call->scratch = waiting_new(message);
	if (!call->scratch) {
		channel_failed(call, FAILURE_TRANSIENT, "request", "the request could not be built");
		return;
	}
	call->question = true;
	api_post_json(call, "/checkSendAbility", json_pack("{s:s}", "phone_number", message->to),
		      message->timeout_ms / 2, on_ability);
}

/* What became of it, and away with it. */

static void judge_status(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	const json_t *result = telegram_result(answer, root);
	const json_t *status = json_object_get(result, "delivery_status");
	json_int_t since = json_integer_value(json_object_get(status, "updated_at"));
	char id[API_ID_MAX], word[WIRE_NAME_MAX];

	if (refused(call, answer, root))
		return;
	if (!api_id(json_object_get(result, "request_id"), id))
		channel_refused(call, answer);
	else if (!status || json_is_null(status))
		channel_told(call, RECEIPT_ACCEPTED, NULL);
	else if (api_word(json_object_get(status, "status"), word))
		api_told_at(call, &provider_telegram, word, word, since > 0 ? (uint64_t)since : 0);
	else
		channel_refused(call, answer);
}

static void on_status(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_status);
}

static void judge_revocation(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	if (refused(call, answer, root))
		return;
	if (json_is_true(telegram_result(answer, root)))
		channel_sent(call, "");
	else
		channel_refused(call, answer);
}

static void on_revocation(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_revocation);
}

static void ask_about(struct channel_call *call, const char *path, const char *request_id, int64_t timeout_ms,
		      api_done *done)
{
	json_t *body = api_id_ok(request_id) ? json_pack("{s:s}", "request_id", request_id) : NULL;

	api_post_json(call, path, body, timeout_ms, done);
}

static void gateway_poll(struct channel_call *call, const char *message_id, int64_t timeout_ms)
{
	ask_about(call, "/checkVerificationStatus", message_id, timeout_ms, on_status);
}

static void gateway_revoke(struct channel_call *call, const char *to, const char *message_id, int64_t timeout_ms)
{
	(void)to;
	ask_about(call, "/revokeVerificationMessage", message_id, timeout_ms, on_revocation);
}

const struct channel_ops channel_telegram_gateway = {
	.name = "telegram_gateway",
	.open = gateway_open,
	.send = gateway_send,
	.probe = api_connect,
	.poll = gateway_poll,
	.revoke = gateway_revoke,
	.cancel = api_cancel,
	.close = api_close,
};
