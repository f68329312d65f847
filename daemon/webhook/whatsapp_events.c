#include "daemon/webhook/whatsapp_events.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NOT_REQUESTED "DID_NOT_REQUEST_CODE"

/* A provider's SMS and calls can have a driver of the same name. */
static bool is_whatsapp(const struct config_channel *channel, const char *driver)
{
	return strcmp(channel->driver, driver) == 0 && channel->kind == CHANNEL_WHATSAPP;
}

bool whatsapp_account_is_ours(const struct config *config, const char *driver, const char *id)
{
	bool said = false;

	for (size_t i = 0; i < config->channel_count && id; i++) {
		const struct config_channel *channel = &config->channels[i];

		if (!is_whatsapp(channel, driver) || !channel->waba_id[0])
			continue;
		if (strcmp(channel->waba_id, id) == 0)
			return true;
		said = true;
	}
	return !said;
}

bool whatsapp_template_is_ours(const struct config *config, const char *driver, const char *name)
{
	for (size_t i = 0; i < config->channel_count && name; i++)
		if (is_whatsapp(&config->channels[i], driver) && strcmp(config->channels[i].template, name) == 0)
			return true;
	return false;
}

static const struct {
	const char *type;
	enum signal_kind kind;
	const char *detail;
} system_types[] = {
	{"user_changed_number", SIGNAL_NUMBER_CHANGED, "the account has moved to another number"},
	{"customer_changed_number", SIGNAL_NUMBER_CHANGED, "the account has moved to another number"},
	{"customer_identity_changed", SIGNAL_IDENTITY, "another device or SIM answers to the number"},
	{"customer_changed_identity", SIGNAL_IDENTITY, "another device or SIM answers to the number"},
	{"user_identity_changed", SIGNAL_IDENTITY, "another device or SIM answers to the number"},
};

bool whatsapp_system(const char *type, struct signal *signal)
{
	for (size_t i = 0; i < sizeof(system_types) / sizeof(system_types[0]) && type; i++) {
		if (strcmp(system_types[i].type, type) != 0)
			continue;
		signal->kind = (int)system_types[i].kind;
		signal->alarm = ALARM_NOW;
		whatsapp_append_word(signal->event, type);
		snprintf(signal->detail, sizeof(signal->detail), "%s", system_types[i].detail);
		return true;
	}
	return false;
}

bool whatsapp_button(const char *payload, struct signal *signal)
{
	if (!payload || strcmp(payload, NOT_REQUESTED) != 0)
		return false;
	signal->kind = SIGNAL_NOT_REQUESTED;
	signal->alarm = ALARM_NOW;
	snprintf(signal->event, sizeof(signal->event), NOT_REQUESTED);
	snprintf(signal->detail, sizeof(signal->detail), "the recipient says that they did not ask for the code");
	return true;
}

void whatsapp_append_word(char event[static WIRE_NAME_MAX], const char *word)
{
	size_t used = strlen(event), length = word ? strlen(word) : 0;
	bool ok = length > 0 && used + length < WIRE_NAME_MAX;

	for (size_t i = 0; i < length && ok; i++)
		ok = isascii((unsigned char)word[i]) && (isalnum((unsigned char)word[i]) || word[i] == '_');
	if (!ok)
		word = "OTHER";
	for (; *word; word++)
		event[used++] = (char)toupper((unsigned char)*word);
	event[used] = '\0';
}

bool whatsapp_phone(const char *number, char phone[static WIRE_PHONE_MAX])
{
	size_t digits;

	phone[0] = '\0';
	if (!number)
		return false;
	number += *number == '+';
	digits = strspn(number, "0123456789");
	if (number[digits] != '\0' || digits < 7 || digits > 15)
		return false;
	snprintf(phone, WIRE_PHONE_MAX, "+%s", number);
	return true;
}

void whatsapp_underline(char *lang)
{
	for (; *lang; lang++)
		if (*lang == '-')
			*lang = '_';
}

enum effect { EFFECT_NONE, EFFECT_STOPS, EFFECT_HEALS };

struct event {
	const char *word;
	enum alarm alarm;
	enum effect effect;
};

static void weigh(const struct event *events, size_t count, const char *word, struct signal *signal)
{
	struct event found = {word, ALARM_NOW, EFFECT_NONE};

	for (size_t i = 0; i < count; i++)
		if (strcmp(events[i].word, word) == 0)
			found = events[i];
	signal->alarm = (int)found.alarm;
	signal->stops = found.effect == EFFECT_STOPS;
	signal->healthy = found.effect == EFFECT_HEALS;
}
#define WEIGH(events, word, signal) weigh((events), sizeof(events) / sizeof((events)[0]), (word), (signal))

/* A bad rating is a warning: the template works on, so that its end is no news. */
static const struct event template_events[] = {
	{"PAUSED", ALARM_NOW, EFFECT_STOPS},
	{"DISABLED", ALARM_NOW, EFFECT_STOPS},
	{"REJECTED", ALARM_NOW, EFFECT_STOPS},
	{"DELETED", ALARM_NOW, EFFECT_STOPS},
	{"PENDING_DELETION", ALARM_NOW, EFFECT_STOPS}, /* only what was sent before is still delivered */
	{"ARCHIVED", ALARM_NOW, EFFECT_STOPS},
	{"LOCKED", ALARM_NOW, EFFECT_STOPS},
	{"FLAGGED", ALARM_NOW, EFFECT_NONE},
	{"LIMIT_EXCEEDED", ALARM_NOW, EFFECT_NONE},
	{"QUALITY_RED", ALARM_NOW, EFFECT_NONE},
	{"APPROVED", ALARM_NONE, EFFECT_HEALS},
	{"REINSTATED", ALARM_NONE, EFFECT_HEALS},
	{"UNARCHIVED", ALARM_NONE, EFFECT_HEALS},
	{"PENDING", ALARM_NONE, EFFECT_NONE},
	{"IN_APPEAL", ALARM_NONE, EFFECT_NONE},
	{"UNFLAGGED", ALARM_NONE, EFFECT_NONE},
	{"QUALITY_GREEN", ALARM_NONE, EFFECT_NONE},
	{"QUALITY_YELLOW", ALARM_NONE, EFFECT_NONE},
	{"QUALITY_UNKNOWN", ALARM_NONE, EFFECT_NONE},
	{"CATEGORY_AUTHENTICATION", ALARM_NONE, EFFECT_NONE},
};

void whatsapp_weigh_template(struct signal *signal)
{
	WEIGH(template_events, signal->event, signal);
}

static const struct event number_events[] = {
	{"DELETED", ALARM_NOW, EFFECT_STOPS},   {"BANNED", ALARM_NOW, EFFECT_STOPS},
	{"UNFLAGGED", ALARM_NONE, EFFECT_NONE}, {"ONBOARDING", ALARM_NONE, EFFECT_NONE},
	{"UPGRADE", ALARM_NONE, EFFECT_NONE},   {"THROUGHPUT_UPGRADE", ALARM_NONE, EFFECT_NONE},
};

void whatsapp_weigh_number(struct signal *signal)
{
	WEIGH(number_events, signal->event, signal);
}

/* SCHEDULE_FOR_DISABLE and ACCOUNT_VIOLATION are warnings; what a restriction forbids is told with it. */
static const struct event account_events[] = {
	{"DISABLE", ALARM_NOW, EFFECT_STOPS},
	{"DISABLED_UPDATE", ALARM_NOW, EFFECT_STOPS},
	{"ACCOUNT_DELETED", ALARM_NOW, EFFECT_STOPS},
	{"DELETED", ALARM_NOW, EFFECT_STOPS},
	{"REINSTATE", ALARM_NONE, EFFECT_HEALS},
	{"REINSTATED", ALARM_NONE, EFFECT_HEALS},
	{"APPROVED", ALARM_NONE, EFFECT_NONE}, /* of a review, which a ban may outlast */
	{"PENDING", ALARM_NONE, EFFECT_NONE},
	{"ACCOUNT_UPDATE", ALARM_NONE, EFFECT_NONE},
	{"AUTH_INTL_PRICE_ELIGIBILITY_UPDATE", ALARM_NONE, EFFECT_NONE},
	{"BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE", ALARM_NONE, EFFECT_NONE},
	{"PARTNER_ADDED", ALARM_NONE, EFFECT_NONE},
	{"PHONE_NUMBER_ADDED", ALARM_NONE, EFFECT_NONE},
	{"VERIFIED_ACCOUNT", ALARM_NONE, EFFECT_NONE},
	{"VOLUME_BASED_PRICING_TIER_UPDATE", ALARM_NONE, EFFECT_NONE},
};

void whatsapp_weigh_account(const char *state, struct signal *signal)
{
	WEIGH(account_events, state && *state ? state : signal->event, signal);
}

void whatsapp_weigh_restrictions(const json_t *restrictions, const char *key, struct signal *signal)
{
	const json_t *item;
	size_t i;

	json_array_foreach(restrictions, i, item)
	{
		const char *type = json_string_value(json_object_get(item, key));

		if (type && strcmp(type, "RESTRICTED_BIZ_INITIATED_MESSAGING") == 0)
			signal->stops = true;
	}
}
