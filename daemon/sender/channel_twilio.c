/* driver = twilio: SMS, or WhatsApp by a content template. */
#include "daemon/sender/api_option.h"
#include "daemon/sender/api_twilio.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CODE_MAX 15        /* an authentication template takes no longer one */
#define VALIDITY_MAX 14400 /* seconds */
#define FORM_SIZE 256

/* Of SMS: a number, a short code, or a name of at most 11 characters. */
static bool is_sms_sender(const char *s)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 +-_&"; /* E.164 or GSM 03.38 */
	size_t length = strlen(s);

	return api_e164_ok(s) || (length > 0 && length <= 11 && strspn(s, allowed) == length && *s != '+');
}

static int check_options(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	int r = api_check_kind(c, CHANNEL_SMS, CHANNEL_WHATSAPP, why);
	bool whatsapp = c->kind == CHANNEL_WHATSAPP;

	if (r < 0)
		return r;
	if ((*c->sender == '\0') == (*c->messaging_service == '\0'))
		return channel_config_error(c, why, "needs either sender or messaging_service");
	if (*c->messaging_service && !twilio_sid_ok(c->messaging_service, "MG"))
		return channel_config_error(c, why, "messaging_service is \"MG\" and 32 of 0-9, a-f");
	if (*c->sender && whatsapp && !api_e164_ok(c->sender))
		return channel_config_error(c, why, "sender is the WhatsApp number, with + and country code");
	if (*c->sender && !is_sms_sender(c->sender))
		return channel_config_error(c, why,
					    "sender is a number with + and country code, a short code, or a "
					    "name of at most 11 letters");
	if (whatsapp && !twilio_sid_ok(c->content_sid, "HX"))
		return channel_config_error(c, why,
					    "needs content_sid, that of the approved authentication template: "
					    "\"HX\" and 32 of 0-9, a-f");
	if (!whatsapp && *c->content_sid)
		return channel_config_error(c, why, "content_sid is for kind = whatsapp");
	return 0;
}

static int open_channel(const struct config_channel *config, struct http *http, void **ret,
			char why[static CONFIG_WHY_MAX])
{
	return twilio_open(check_options, config, http, ret, why);
}

static void form_of(const struct config_channel *c, const struct channel_message *message, char form[static FORM_SIZE])
{
	bool whatsapp = c->kind == CHANNEL_WHATSAPP;
	const char *prefix = whatsapp ? "whatsapp%3A" : "";

	snprintf(form, FORM_SIZE, "To=%s{to}&%s%s%s%s%s", prefix,
		 *c->sender ? "From=" : "MessagingServiceSid={service}", *c->sender ? prefix : "",
		 *c->sender ? "{from}" : "",
		 whatsapp ? "&ContentSid={content}&ContentVariables={variables}" : "&Body={text}",
		 message->seconds > 0 ? "&ValidityPeriod={seconds}" : "");
}

static void send_message(struct channel_call *call, const struct channel_message *message)
{
	const struct config_channel *c = ((const struct api *)call->channel)->config;
	const struct template_value code[] = {{"code", message->code}, {NULL, NULL}};
	char *variables __attribute__((cleanup(memory_freep))) = NULL; /* of the content template */
	char form[FORM_SIZE], seconds[24];

	if (c->kind == CHANNEL_WHATSAPP && strlen(message->code) > CODE_MAX) {
		channel_failed(call, FAILURE_UNDELIVERABLE, "request", "the code does not fit WhatsApp");
		return;
	}
	if (template_render("{\"1\":\"{code}\"}", TEMPLATE_JSON, code, &variables) < 0) {
		channel_failed(call, FAILURE_UNDELIVERABLE, "request", "the request could not be built");
		return;
	}
	snprintf(seconds, sizeof(seconds), "%" PRIi64,
		 message->seconds < VALIDITY_MAX ? message->seconds : VALIDITY_MAX);
	form_of(c, message, form);
	twilio_order(call, TWILIO_MESSAGES, message, form,
		     (const struct template_value[]){{"to", message->to},
						     {"from", c->sender},
						     {"service", c->messaging_service},
						     {"content", c->content_sid},
						     {"variables", variables},
						     {"text", message->text},
						     {"seconds", seconds},
						     {NULL, NULL}});
}

static void poll_message(struct channel_call *call, const char *message_id, int64_t timeout_ms)
{
	twilio_poll(call, TWILIO_MESSAGES, message_id, timeout_ms);
}

const struct channel_ops channel_twilio = {
	.name = "twilio",
	.wants = WANTS_TEXT,
	.open = open_channel,
	.send = send_message,
	.probe = twilio_probe,
	.poll = poll_message,
	.cancel = api_cancel,
	.close = api_close,
};
