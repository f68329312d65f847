#include "tools/simulator/authentica.h"
#include "tools/simulator/random.h"
#include "tools/simulator/text.h"

#include <stdio.h>
#include <string.h>

static void send_draft(struct vendor_call *call, struct message *draft)
{
	char id[MESSAGES_ID_MAX];
	const char *shown;

	random_text(id, 20, "0123456789abcdef");
	if (vendor_deliver(call, draft, id, &shown))
		answer_json(call->answer, 200,
			    json_pack("{s:b, s:n, s:s}", "success", 1, "data", "message", "OTP send successfully"));
}

static void send_sms(struct vendor_call *call)
{
	char code[TEXT_CODE_MAX];
	struct message draft = {
		.channel = CHANNEL_SMS,
		.to = vendor_text(call, "phone"),
		.text = vendor_text(call, "message"),
		.from = vendor_text(call, "sender_name"),
		.code = code,
	};

	text_find_code(draft.text, code);
	send_draft(call, &draft);
}

/* Without an otp the provider would make the code itself, which nobody here could check. */
static void send_otp(struct vendor_call *call)
{
	static const enum channel channels[] = {CHANNEL_WHATSAPP, CHANNEL_SMS, CHANNEL_EMAIL};
	const char *method = vendor_text(call, "method"), *code = vendor_text(call, "otp");
	bool email = strcmp(method, "email") == 0;
	char text[64];
	struct message draft = {.text = text, .code = code, .to = vendor_text(call, email ? "email" : "phone")};

	if (!draft.to || vendor_text(call, email ? "phone" : "email"))
		return vendor_refuse(call, VENDOR_INVALID, "the method wants %s alone", email ? "email" : "phone");
	if (email ? !strchr(draft.to, '@') : !text_is_e164(draft.to))
		return vendor_refuse(call, VENDOR_INVALID, "the recipient is no number with + or no address");
	if (strlen(code) < 4 || code[strspn(code, "0123456789")])
		return vendor_refuse(call, VENDOR_INVALID, "otp must be 4 to 10 digits");
	for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++)
		if (strcmp(channel_names[channels[i]], method) == 0)
			draft.channel = channels[i];
	snprintf(text, sizeof(text), "Your verification code is %s.", code);
	send_draft(call, &draft);
}

static void show_balance(struct vendor_call *call)
{
	answer_json(call->answer, 200,
		    json_pack("{s:b, s:{s:i}, s:s}", "success", 1, "data", "balance", 21934, "message", ""));
}

static const struct vendor_field sms_fields[] = {
	{.name = "phone", .kind = FIELD_E164},
	{"message", FIELD_TEXT, .most = 4096},
	{"sender_name", FIELD_TEXT, .most = 16},
};
static const struct vendor_field otp_fields[] = {
	{"method", FIELD_WORD, .words = "whatsapp sms email"},
	{"phone", FIELD_TEXT, .optional = true, .most = 16},
	{"email", FIELD_TEXT, .optional = true, .most = 254},
	{"template_id", FIELD_INTEGER, .optional = true, .least = 1, .most = 1000000},
	{"otp", FIELD_TEXT, .most = 10},
};

static const struct vendor_method methods[] = {
	{"POST", "/api/v2/send-sms", VENDOR_JSON, VENDOR_FIELDS(sms_fields), send_sms},
	{"POST", "/api/v2/send-otp", VENDOR_JSON, VENDOR_FIELDS(otp_fields), send_otp},
	{"GET", "/api/v2/balance", VENDOR_QUERY, NULL, 0, show_balance},
};

static bool authenticate(const struct vendor_call *call)
{
	return vendor_is_token(call, call->request->x_authorization);
}

static json_t *error(unsigned status, const char *code, const char *reason)
{
	(void)status;
	(void)code;
	return json_pack("{s:[{s:s}]}", "errors", "message", reason);
}

const struct vendor authentica = {
	.provider = PROVIDER_AUTHENTICA,
	.prefix = "/api/v2/",
	.methods = methods,
	.methods_n = sizeof(methods) / sizeof(methods[0]),
	.authenticate = authenticate,
	.errors = {{401, "401"}, {404, "404"}, {405, "405"}, {415, "415"}, {400, "400"}, {409, "409"}, {400, ""}},
	.error = error,
};
