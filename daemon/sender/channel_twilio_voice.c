/* driver = twilio_voice: Twilio calls, and says the text twice. */
#include "daemon/base/language.h"
#include "daemon/sender/api_option.h"
#include "daemon/sender/api_twilio.h"

#include <stdio.h>
#include <string.h>

#define TWIML_MAX 4000 /* characters that a call takes */

/* The voices, of the languages that texts come in. */
static char *const voices[] = {"ar-SA", "de-DE", "en-US", "es-ES", "fr-FR", "hi-IN",
			       "id-ID", "it-IT", "pt-BR", "ru-RU", NULL};

static int check_options(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	int r = api_check_kind(c, CHANNEL_VOICE, CHANNEL_VOICE, why);

	if (r == 0 && !api_e164_ok(c->sender))
		r = channel_config_error(c, why, "needs sender, the number that calls, with + and country code");
	return r;
}

static int open_channel(const struct config_channel *config, struct http *http, void **ret,
			char why[static CONFIG_WHY_MAX])
{
	return twilio_open(check_options, config, http, ret, why);
}

/* What stands in an XML text for a character; NULL: itself. */
static const char *escape_of(char c)
{
	static const struct {
		char c;
		const char *escape;
	} escapes[] = {{'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}, {'\'', "&apos;"}};

	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
		if (escapes[i].c == c)
			return escapes[i].escape;
	return (unsigned char)c < ' ' || c == 0x7f ? " " : NULL;
}

/* False: it does not fit. */
static bool escape(const char *text, char *xml, size_t size)
{
	size_t used = 0;

	for (; *text && used < size; text++) {
		const char *escaped = escape_of(*text);

		used += (size_t)snprintf(xml + used, size - used, "%.*s", escaped ? 8 : 1, escaped ? escaped : text);
	}
	return used < size;
}

static char *twiml_of(const struct channel_message *message)
{
	char *text __attribute__((cleanup(memory_freep))) = memory_resize(NULL, TWIML_MAX);
	const struct template_value values[] = {
		{"language", language_choose(message->text_lang, voices, "en-US")},
		{"text", text},
		{NULL, NULL},
	};
	char *ret = NULL;

	if (text && escape(message->text, text, TWIML_MAX))
		(void)template_render("<Response><Say language=\"{language}\" loop=\"2\">{text}</Say></Response>",
				      TEMPLATE_PLAIN, values, &ret);
	return ret;
}

static void send_call(struct channel_call *call, const struct channel_message *message)
{
	const struct config_channel *c = ((const struct api *)call->channel)->config;
	char *twiml __attribute__((cleanup(memory_freep))) = twiml_of(message);
	const struct template_value values[] = {
		{"to", message->to}, {"from", c->sender}, {"twiml", twiml}, {NULL, NULL}};

	if (!twiml || strlen(twiml) > TWIML_MAX)
		channel_failed(call, FAILURE_CONFIG, "text", "the text is too long for a call: shorten voice");
	else
		twilio_order(call, TWILIO_CALLS, message, "To={to}&From={from}&Twiml={twiml}&Timeout=20", values);
}

static void poll_call(struct channel_call *call, const char *message_id, int64_t timeout_ms)
{
	twilio_poll(call, TWILIO_CALLS, message_id, timeout_ms);
}

const struct channel_ops channel_twilio_voice = {
	.name = "twilio_voice",
	.wants = WANTS_VOICE,
	.open = open_channel,
	.send = send_call,
	.probe = twilio_probe,
	.poll = poll_call,
	.cancel = api_cancel,
	.close = api_close,
};
