#include "daemon/sender/api_option.h"

#include "daemon/sender/memory.h"
#include "daemon/sender/template.h"

#include <string.h>

#define HTTPS "https://"
#define NUMBER_MIN 7 /* digits: no country has shorter ones */
#define NUMBER_MAX 15

int api_check_kind(const struct config_channel *config, enum channel_kind first, enum channel_kind second,
		   char why[static CONFIG_WHY_MAX])
{
	if (config->kind == first || config->kind == second)
		return 0;
	if (first == second)
		return channel_config_error(config, why, "kind: driver %s is for %s", config->driver,
					    channel_kind_names[first]);
	return channel_config_error(config, why, "kind: driver %s is for %s or %s", config->driver,
				    channel_kind_names[first], channel_kind_names[second]);
}

int api_check_callback(const struct config_channel *config, char why[static CONFIG_WHY_MAX])
{
	const char *url = config->callback_url;
	const char *error;

	if (*url == '\0')
		return 0;
	error = http_url_error(url);
	if (!error && (strncmp(url, HTTPS, strlen(HTTPS)) != 0 || strchr(url, '#')))
		error = "must be https, without a fragment";
	return error ? channel_config_error(config, why, "callback_url %s", error) : 0;
}

bool api_e164_ok(const char *number)
{
	size_t digits = *number == '+' ? strspn(number + 1, "0123456789") : 0;

	return digits >= NUMBER_MIN && digits <= NUMBER_MAX && number[1 + digits] == '\0';
}

char *api_callback(const struct config_channel *config, const char *id)
{
	const struct template_value encoded[] = {{"id", id}, {NULL, NULL}};
	const char *separator = strchr(config->callback_url, '?') ? "&" : "?";
	char *tail = NULL, *ret = NULL;

	if (*config->callback_url && template_render("id={id}", TEMPLATE_PERCENT, encoded, &tail) == 0) {
		const struct template_value parts[] = {
			{"url", config->callback_url}, {"separator", separator}, {"tail", tail}, {NULL, NULL}};

		(void)template_render("{url}{separator}{tail}", TEMPLATE_PLAIN, parts, &ret);
	}
	memory_free(tail);
	return ret;
}
