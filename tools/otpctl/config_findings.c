#include "tools/otpctl/config_findings.h"

#include "daemon/base/language.h"
#include "daemon/base/sms.h"
#include "daemon/sender/memory.h"
#include "daemon/sender/wording.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FALLBACK_LEAST 15
#define FALLBACK_MOST 60
#define HOST_MAX 256
#define DIGITS_LEAST 8
#define TYPICAL_SERVICE "sshd"
#define TYPICAL_ADDRESS "203.0.113.250"

void config_findings_add(json_t *list, const char *format, ...)
{
	char sentence[CONFIG_WHY_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	(void)json_array_append_new(list, json_string(sentence));
}

/* Routes. */

static bool has(char *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

static bool is_routed(const struct config *config, const char *channel)
{
	for (size_t i = 0; i < config->route_count; i++)
		if (has(config->routes[i].channels, channel))
			return true;
	return false;
}

static void check_waiting(const struct config_route *route, const struct config_findings *found)
{
	bool alone = !route->channels[0] || !route->channels[1];

	if (!alone && route->fallback_after < FALLBACK_LEAST)
		config_findings_add(found->warnings,
				    "route \"%s\": fallback_after = %" PRId64
				    ": many messages arrive later than that, and "
				    "are then paid for twice: take %d to %d",
				    route->name, route->fallback_after, FALLBACK_LEAST, FALLBACK_MOST);
	else if (!alone && route->fallback_after > FALLBACK_MOST)
		config_findings_add(found->warnings,
				    "route \"%s\": fallback_after = %" PRId64 ": users give up or ask again before the "
				    "next channel is tried: take %d to %d",
				    route->name, route->fallback_after, FALLBACK_LEAST, FALLBACK_MOST);
}

void config_findings_routes(const struct config *config, const struct config_findings *found)
{
	for (size_t i = 0; i < config->route_count; i++)
		check_waiting(&config->routes[i], found);
	for (size_t i = 0; i < config->channel_count; i++) {
		const struct config_channel *c = &config->channels[i];

		if (!is_routed(config, c->name))
			config_findings_add(
				found->warnings,
				"%s:%d: channel \"%s\" (%s): is in no route: only users who prefer it get codes by "
				"it",
				c->file, c->line, c->name, channel_kind_names[c->kind]);
	}
}

/* Languages. */

static bool is_english(const char *language)
{
	return strncmp(language, "en", 2) == 0 && strcspn(language, "_-") == 2;
}

/* Whether an SMS to a user of the language is in it, and not in English for want of a text. */
static bool has_text(const struct config *config, const char *language)
{
	return is_english(language) ||
	       config_text(config, TEXT_SMS, language, NULL) != config_text(config, TEXT_SMS, "en", NULL);
}

static bool has_template(const struct config_channel *channel, const char *language)
{
	static const char none[] = "";

	return language_choose(language, channel->languages, none) != none;
}

void config_findings_languages(const struct config *config, const struct config_findings *found)
{
	for (size_t i = 0; i < config->channel_count; i++) {
		const struct config_channel *c = &config->channels[i];

		for (char **language = c->languages; *language; language++)
			if (!has_text(config, *language))
				config_findings_add(
					found->warnings,
					"%s:%d: channel \"%s\": languages has \"%s\", but there is no text for it: "
					"other channels write to its users in English",
					c->file, c->line, c->name, *language);
		for (size_t k = 0; c->languages[0] && k < config->text_count; k++)
			if (!has_template(c, config->texts[k].language))
				config_findings_add(
					found->warnings,
					"%s:%d: text \"%s\": channel \"%s\" has no template in it: its users get "
					"\"%s\" there",
					config->texts[k].file, config->texts[k].line, config->texts[k].language,
					c->name, c->language);
	}
}

/* Texts. */

void config_findings_texts(const struct config *config, const struct config_findings *found)
{
	char why[CONFIG_WHY_MAX];

	for (size_t i = 0; i < config->text_count; i++)
		if (wording_check(&config->texts[i], why) < 0)
			config_findings_add(found->errors, "%s", why);
}

/* Segments. */

struct typical {
	char host[HOST_MAX], code[16], minutes[24];
	const char *service;
};

static void typical_init(const struct config *config, struct typical *ret)
{
	int64_t digits = DIGITS_LEAST, ttl = 60;

	*ret = (struct typical){.service = TYPICAL_SERVICE};
	snprintf(ret->host, sizeof(ret->host), "%s", config->core.hostname);
	if (!ret->host[0] && gethostname(ret->host, sizeof(ret->host) - 1) < 0)
		snprintf(ret->host, sizeof(ret->host), "localhost");
	for (size_t i = 0; i < config->policy_count; i++) {
		const struct config_policy *policy = &config->policies[i];

		digits = policy->code_length > digits ? policy->code_length : digits;
		ttl = policy->ttl > ttl ? policy->ttl : ttl;
		for (char **service = policy->services; *service; service++)
			ret->service = strlen(*service) > strlen(ret->service) ? *service : ret->service;
	}
	snprintf(ret->code, sizeof(ret->code), "%.*s", (int)digits, "1234567890");
	snprintf(ret->minutes, sizeof(ret->minutes), "%" PRId64, ttl / 60);
}

/* As it is sent to a phone, or whole, as it would be with nothing cut. False: the text is none that can be sent. */
static bool measure(const char *text, const struct typical *typical, bool one_segment, struct sms_size *ret)
{
	const struct template_value values[] = {
		{"code", typical->code},      {"host", typical->host},       {"service", typical->service},
		{"address", TYPICAL_ADDRESS}, {"minutes", typical->minutes}, {NULL, NULL},
	};
	char *rendered = wording_render(text, values, one_segment);

	if (rendered)
		*ret = sms_measure(rendered);
	memory_free(rendered);
	return rendered != NULL;
}

static bool is_own(const struct config *config, const char *text)
{
	for (size_t i = 0; i < config->text_count; i++)
		if (config->texts[i].sms == text)
			return true;
	return false;
}

static void measure_language(const struct config *config, const char *language, const struct typical *typical,
			     const struct config_findings *found, json_t *rows)
{
	const char *text = config_text(config, TEXT_SMS, language, NULL);
	bool own = is_own(config, text);
	struct sms_size size, whole;

	if (!measure(text, typical, true, &size) || !measure(text, typical, false, &whole))
		return; /* config_findings_texts() says why */
	if (whole.segments > size.segments)
		config_findings_add(found->warnings,
				    "text \"%s\": sms takes %zu units of %s, one segment holds %d: host, address or "
				    "service are cut until it fits: shorten it",
				    language, whole.units, whole.unicode ? "UCS-2" : "GSM-7", whole.unicode ? 70 : 160);
	else if (size.segments > 1)
		config_findings_add(
			found->warnings,
			"text \"%s\": sms takes %zu segments (%zu units of %s, one segment holds %d), all of which "
			"are paid for: shorten it",
			language, size.segments, size.units, size.unicode ? "UCS-2" : "GSM-7", size.unicode ? 70 : 160);
	(void)json_array_append_new(rows, json_pack("{s:s, s:b, s:s, s:I, s:I}", "language", language, "own", own,
						    "alphabet", size.unicode ? "UCS-2" : "GSM-7", "units",
						    (json_int_t)size.units, "segments", (json_int_t)size.segments));
}

static bool is_listed(const json_t *rows, const char *language)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) if (strcmp(json_string_value(json_object_get(row, "language")), language) ==
					     0) return true;
	return false;
}

json_t *config_findings_segments(const struct config *config, const struct config_findings *found)
{
	json_t *rows = json_array();
	struct typical typical;

	typical_init(config, &typical);
	for (size_t i = 0; i < config->text_count; i++)
		measure_language(config, config->texts[i].language, &typical, found, rows);
	for (size_t i = 0; i < config->channel_count; i++)
		for (char **language = config->channels[i].languages; *language; language++)
			if (!is_listed(rows, *language))
				measure_language(config, *language, &typical, found, rows);
	if (!is_listed(rows, "en"))
		measure_language(config, "en", &typical, found, rows);
	return rows;
}
