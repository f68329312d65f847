/*
 * driver = authentica: Authentica's API with a code of ours. mode = sms sends our text; mode = otp has the provider
 * write it, by WhatsApp or SMS as kind says, around our code. What it says is success or nothing: there are no codes of
 * errors, no ids and no receipts.
 */
#include "daemon/sender/api.h"
#include "daemon/sender/api_option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OTP "otp"
#define SMS "sms"
#define BALANCE_LOW 100 /* messages, more or less */

static bool is_otp(const struct config_channel *c)
{
	return strcmp(c->mode, OTP) == 0;
}

static int check_options(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	bool otp = is_otp(c);

	if (!otp && strcmp(c->mode, SMS) != 0 && *c->mode)
		return channel_config_error(c, why, "mode is \"sms\" (our text) or \"otp\" (the provider's)");
	if (api_check_kind(c, CHANNEL_SMS, otp ? CHANNEL_WHATSAPP : CHANNEL_SMS, why) < 0)
		return -EINVAL;
	if (!otp && *c->sender == '\0')
		return channel_config_error(c, why, "needs sender, a sender name of the account");
	if (!otp && *c->template_id)
		return channel_config_error(c, why, "template_id is for mode = \"otp\"");
	if (strlen(c->template_id) > 9 || c->template_id[strspn(c->template_id, "0123456789")])
		return channel_config_error(c, why, "template_id is a number, as the account shows it");
	return 0;
}

static int authentica_open(const struct config_channel *config, struct http *http, void **ret,
			   char why[static CONFIG_WHY_MAX])
{
	static const struct api_terms terms = {
		.base_url = "https://api.authentica.sa",
		.header = "X-Authorization: ",
		.check = check_options,
	};

	return api_open(&terms, config, http, ret, why);
}

static json_t *otp_of(const struct config_channel *c, const struct channel_message *message)
{
	json_t *body = json_pack("{s:s, s:s, s:s}", "method", c->kind == CHANNEL_WHATSAPP ? "whatsapp" : "sms", "phone",
				 message->to, "otp", message->code);

	if (body && *c->template_id)
		json_object_set_new(body, "template_id", json_integer(atol(c->template_id)));
	return body;
}

static void judge_message(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	const json_t *success = json_object_get(root, "success");

	if (answer->status / 100 != 2)
		api_refused(call, &provider_authentica, answer);
	else if (json_is_true(success))
		channel_sent(call, "");
	else if (json_is_false(success))
		channel_failed(call, FAILURE_UNDELIVERABLE, "refused", "the provider refused the message");
	else
		channel_refused(call, answer);
}

static void on_message(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_message);
}

static void authentica_send(struct channel_call *call, const struct channel_message *message)
{
	const struct config_channel *c = ((const struct api *)call->channel)->config;

	if (!api_number_ok(call, message))
		return;
	if (is_otp(c))
		api_post_json(call, "/api/v2/send-otp", otp_of(c, message), message->timeout_ms, on_message);
	else
		api_post_json(call, "/api/v2/send-sms",
			      json_pack("{s:s, s:s, s:s}", "phone", message->to, "message", message->text,
					"sender_name", c->sender),
			      message->timeout_ms, on_message);
}

static void judge_balance(struct channel_call *call, const struct http_answer *answer, const json_t *root)
{
	const json_t *balance = json_object_get(json_object_get(root, "data"), "balance");
	double left = json_is_string(balance) ? strtod(json_string_value(balance), NULL) : json_number_value(balance);

	if (answer->status / 100 != 2)
		api_refused(call, &provider_authentica, answer);
	else if (!json_is_number(balance) && !json_is_string(balance))
		channel_failed(call, FAILURE_UNKNOWN_OUTCOME, "probe",
			       "the provider can be reached, but did not show the balance");
	else if (left <= 0)
		channel_failed(call, FAILURE_CONFIG, "balance", "the account's credit is used up");
	else if (left < BALANCE_LOW)
		channel_degraded(call, "balance", "the account's credit is nearly used up");
	else
		channel_sent(call, "");
}

static void on_balance(struct http_call *http, const struct http_answer *answer)
{
	api_heard(http, answer, judge_balance);
}

static void authentica_probe(struct channel_call *call, int64_t timeout_ms)
{
	api_get(call, "/api/v2/balance", timeout_ms, on_balance);
}

const struct channel_ops channel_authentica = {
	.name = "authentica",
	.wants = WANTS_TEXT,
	.open = authentica_open,
	.send = authentica_send,
	.probe = authentica_probe,
	.cancel = api_cancel,
	.close = api_close,
};
