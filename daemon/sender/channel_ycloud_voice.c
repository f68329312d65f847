/* driver = ycloud_voice: YCloud calls, and says the code in its own words. */
#include "daemon/base/language.h"
#include "daemon/sender/api_option.h"
#include "daemon/sender/api_ycloud.h"

#include <string.h>

#define CODE_MIN 4
#define CODE_MAX 6

/* What the calls can be in. */
static char *const languages[] = {"ar", "de", "en", "es", "fr", "id", "it", "pt", "ru", "tr", "vi", "zh", NULL};

static int check_options(const struct config_channel *config, char why[static CONFIG_WHY_MAX])
{
	int r = api_check_kind(config, CHANNEL_VOICE, CHANNEL_VOICE, why);

	return r < 0 ? r : api_check_callback(config, why);
}

static int open_channel(const struct config_channel *config, struct http *http, void **ret,
			char why[static CONFIG_WHY_MAX])
{
	return ycloud_open(check_options, config, http, ret, why);
}

static json_t *body_of(const struct config_channel *config, const struct channel_message *message)
{
	char *callback __attribute__((cleanup(memory_freep))) = api_callback(config, message->id);
	const char *fallback = language_choose(config->language, languages, "en");
	const char *language = language_choose(message->lang, languages, fallback);

	if (*config->callback_url && !callback)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s, s:s*}", "to", message->to, "verificationCode", message->code, "language",
			 language, "externalId", message->id, "callbackUrl", callback);
}

static void send_call(struct channel_call *call, const struct channel_message *message)
{
	const struct api *api = call->channel;
	size_t digits = strspn(message->code, "0123456789");

	if (!api_number_ok(call, message))
		return;
	if (digits < CODE_MIN || digits > CODE_MAX || message->code[digits]) {
		channel_failed(call, FAILURE_UNDELIVERABLE, "request",
			       "the code does not fit a call of YCloud's: 4 to 6 digits");
		return;
	}
	api_post_json(call, "/voices", body_of(api->config, message), message->timeout_ms, ycloud_on_order);
}

static void poll_call(struct channel_call *call, const char *message_id, int64_t timeout_ms)
{
	ycloud_poll(call, "/voices?filter.id=", message_id, timeout_ms);
}

const struct channel_ops channel_ycloud_voice = {
	.name = "ycloud_voice",
	.wants = WANTS_CODE,
	.open = open_channel,
	.send = send_call,
	.probe = ycloud_probe,
	.poll = poll_call,
	.cancel = api_cancel,
	.close = api_close,
};
