/* Questions to a config that is complete: config.h. */
#include "daemon/base/config.h"

#include <grp.h>
#include <string.h>

const struct config_channel *config_channel(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->channel_count; i++)
		if (strcmp(config->channels[i].name, name) == 0)
			return &config->channels[i];
	return NULL;
}

const struct config_policy *config_policy(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->policy_count; i++)
		if (strcmp(config->policies[i].name, name) == 0)
			return &config->policies[i];
	return NULL;
}

bool config_has_country(const struct config *config, const struct phone *to)
{
	char *const *countries = config->limits.countries;

	for (size_t i = 0; countries[i]; i++)
		if (phone_has_prefix(to, countries[i]))
			return true;
	return !countries[0];
}

const struct config_route *config_route(const struct config *config, const struct phone *to)
{
	const struct config_route *best = &config->routes[config->route_count - 1];
	size_t longest = 0;

	for (size_t i = 0; i < config->route_count; i++)
		for (char **prefix = config->routes[i].countries; *prefix; prefix++)
			if (strlen(*prefix) > longest && phone_has_prefix(to, *prefix)) {
				longest = strlen(*prefix);
				best = &config->routes[i];
			}
	return best;
}

const char *config_missing_group(const struct config *config, const char **ret_policy)
{
	struct group entry, *found;
	char buffer[32768];

	for (size_t i = 0; i < config->policy_count; i++)
		for (char **group = config->policies[i].groups; *group; group++)
			if (getgrnam_r(*group, &entry, buffer, sizeof(buffer), &found) == 0 && !found) {
				*ret_policy = config->policies[i].name;
				return *group;
			}
	return NULL;
}

/* The config's own text of a language whose name has this length, NULL if there is none. */
static const char *own_text(const struct config *config, enum text_kind kind, const char *language, size_t length,
			    const char **ret_language)
{
	for (size_t i = 0; i < config->text_count; i++) {
		const struct config_text *t = &config->texts[i];
		const char *const texts[] = {[TEXT_SMS] = t->sms,
					     [TEXT_SUBJECT] = t->subject,
					     [TEXT_EMAIL] = t->email,
					     [TEXT_VOICE] = t->voice};

		if (strncmp(t->language, language, length) == 0 && !t->language[length] && texts[kind][0]) {
			*ret_language = t->language;
			return texts[kind];
		}
	}
	return NULL;
}

/* The same of what is built in. */
static const char *built_in_text(enum text_kind kind, const char *language, size_t length, const char **ret_language)
{
	const char *text = texts_built_in(kind, language, length);

	for (size_t i = 0; text && texts_language(i); i++)
		if (strncmp(texts_language(i), language, length) == 0 && !texts_language(i)[length])
			*ret_language = texts_language(i);
	return text;
}

const char *config_text(const struct config *config, enum text_kind kind, const char *language,
			const char **ret_language)
{
	const size_t lengths[] = {strlen(language), strcspn(language, "_-"), 2};
	const char *const languages[] = {language, language, "en"};
	const char *text = NULL, *found = NULL;

	for (size_t i = *language ? 0 : 2; i < 3 && !text; i++) {
		text = own_text(config, kind, languages[i], lengths[i], &found);
		if (!text)
			text = built_in_text(kind, languages[i], lengths[i], &found);
	}
	if (ret_language)
		*ret_language = found;
	return text;
}
