#include "daemon/base/driver.h"

#include <stddef.h>
#include <string.h>

const char *const channel_kind_names[] = {"whatsapp", "sms", "voice", "email", "telegram", "file", NULL};
const char *const recipient_kind_names[] = {"number", "email", "telegram", NULL};

static const struct {
	const char *label;
	bool restricted;
} kinds[] = {
	[CHANNEL_WHATSAPP] = {"WhatsApp", false}, [CHANNEL_SMS] = {"SMS", true},
	[CHANNEL_VOICE] = {"phone call", true},   [CHANNEL_EMAIL] = {"e-mail", true},
	[CHANNEL_TELEGRAM] = {"Telegram", false}, [CHANNEL_FILE] = {"file", false},
};

static const struct driver drivers[] = {
	{"whatsapp_cloud", "meta", CHANNEL_WHATSAPP, RECIPIENT_NUMBER},
	{"ycloud", "ycloud", CHANNEL_WHATSAPP, RECIPIENT_NUMBER},
	{"ycloud_voice", "ycloud", CHANNEL_VOICE, RECIPIENT_NUMBER},
	{"authentica", "authentica", CHANNEL_SMS, RECIPIENT_NUMBER},
	{"http", "generic", CHANNEL_SMS, RECIPIENT_NUMBER},
	{"twilio", "twilio", CHANNEL_SMS, RECIPIENT_NUMBER},
	{"twilio_voice", "twilio", CHANNEL_VOICE, RECIPIENT_NUMBER},
	{"vonage", "vonage", CHANNEL_SMS, RECIPIENT_NUMBER},
	{"infobip", "infobip", CHANNEL_SMS, RECIPIENT_NUMBER},
	{"unifonic", "unifonic", CHANNEL_SMS, RECIPIENT_NUMBER},
	{"telegram_gateway", "telegram", CHANNEL_TELEGRAM, RECIPIENT_NUMBER},
	{"telegram_bot", "telegram_bot", CHANNEL_TELEGRAM, RECIPIENT_TELEGRAM},
	{"smtp", "smtp", CHANNEL_EMAIL, RECIPIENT_EMAIL},
	{"modem", "modem", CHANNEL_SMS, RECIPIENT_NUMBER},
	{"file", "file", CHANNEL_FILE, RECIPIENT_NUMBER},
};

const char *channel_kind_label(enum channel_kind kind)
{
	return kinds[kind].label;
}

bool channel_kind_is_restricted(enum channel_kind kind)
{
	return kinds[kind].restricted;
}

const struct driver *driver_find(const char *name)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(drivers[i].name, name) == 0)
			return &drivers[i];
	return NULL;
}
