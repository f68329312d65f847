#include "daemon/webhook/hooks.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct parser *const parsers[] = {
	&parser_meta,    &parser_ycloud,   &parser_twilio,   &parser_vonage,
	&parser_infobip, &parser_unifonic, &parser_telegram, &parser_generic,
};
#define PARSERS (sizeof(parsers) / sizeof(parsers[0]))

#define PATH_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-._~"

int hooks_config_error(const struct config *config, char why[static CONFIG_WHY_MAX], const char *format, ...)
{
	char text[CONFIG_WHY_MAX / 2];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(why, CONFIG_WHY_MAX, "%.200s:%d: webhook: %s", config->webhook.file, config->webhook.line, text);
	return -EINVAL;
}

static const char *value_of(const struct config *config, size_t offset)
{
	return *(char *const *)((const char *)&config->webhook + offset);
}

static bool path_ok(const char *path)
{
	size_t length = strlen(path);

	return length > 1 && path[0] == '/' && path[length - 1] != '/' && path[strspn(path, PATH_CHARACTERS)] == '\0' &&
	       !strstr(path, "//") && strcmp(path, HOOKS_HEALTH) != 0;
}

/* Of the parsers in front of this one that have a path. */
static bool path_is_taken(const struct config *config, size_t parser, const char *path)
{
	for (size_t i = 0; i < parser; i++)
		if (strcmp(value_of(config, parsers[i]->path), path) == 0)
			return true;
	return false;
}

static int check(const struct config *config, size_t i, char why[static CONFIG_WHY_MAX])
{
	const struct parser *parser = parsers[i];
	const char *name = parser->provider->name, *path = value_of(config, parser->path);
	const char *secret = value_of(config, parser->secret);

	if (!path_ok(path))
		return hooks_config_error(
			config, why,
			"path_%s must be a path of its own, as in \"/hook/%s\": letters, digits, -._~ and /, "
			"no / at its end",
			name, name);
	if (path_is_taken(config, i, path))
		return hooks_config_error(config, why, "path_%s is the path of another provider, too", name);
	if (!*secret)
		return hooks_config_error(config, why, "path_%s needs a secret that its requests prove: set %s", name,
					  parser->token ? "app_secret" : "the provider's _secret");
	if (parser->signs_url && !*config->webhook.public_url)
		return hooks_config_error(config, why, "path_%s needs public_url, which its requests sign", name);
	if (parser->token && !*value_of(config, parser->token))
		return hooks_config_error(config, why, "path_%s needs verify_token, which the provider names", name);
	return 0;
}

static int load(const struct config *config, const char *reference, struct secret *ret, char why[static CONFIG_WHY_MAX])
{
	char text[CONFIG_WHY_MAX / 2];
	int r = secret_load(reference, ret, text, sizeof(text));

	if (r < 0)
		hooks_config_error(config, why, "%s", text);
	return r;
}

static int add(struct hooks *hooks, const struct parser *parser, char why[static CONFIG_WHY_MAX])
{
	struct hook *hook = &hooks->hooks[hooks->count];
	int r;

	*hook = (struct hook){.parser = parser, .path = value_of(hooks->config, parser->path)};
	hooks->count++;
	r = load(hooks->config, value_of(hooks->config, parser->secret), &hook->secret, why);
	if (r == 0 && parser->token)
		r = load(hooks->config, value_of(hooks->config, parser->token), &hook->token, why);
	return r;
}

/* What stands in front of the path where providers know it. */
static int check_public_url(const struct config *config, char why[static CONFIG_WHY_MAX])
{
	const char *url = config->webhook.public_url;
	size_t length = strlen(url);

	if (length == 0 || (strncmp(url, "https://", 8) == 0 && length > 8 && url[length - 1] != '/'))
		return 0;
	return hooks_config_error(config, why, "public_url must begin with https:// and not end with /");
}

int hooks_check(const struct config *config, char why[static CONFIG_WHY_MAX])
{
	int r = check_public_url(config, why);

	for (size_t i = 0; i < PARSERS && r == 0; i++)
		if (*value_of(config, parsers[i]->path))
			r = check(config, i, why);
	return r;
}

int hooks_open(struct config *config, struct hooks **ret, char why[static CONFIG_WHY_MAX])
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));
	int r = hooks_check(config, why);

	if (hooks) {
		*hooks = (struct hooks){.references = 1, .config = config_ref(config)};
		hooks->hooks = calloc(PARSERS, sizeof(*hooks->hooks));
	}
	if (r == 0 && (!hooks || !hooks->hooks)) {
		snprintf(why, CONFIG_WHY_MAX, "out of memory");
		r = -ENOMEM;
	}
	for (size_t i = 0; i < PARSERS && r == 0; i++)
		if (*value_of(config, parsers[i]->path))
			r = add(hooks, parsers[i], why);
	if (r < 0) {
		hooks_unref(hooks);
		return r;
	}
	*ret = hooks; /* transferred */
	return 0;
}

struct hooks *hooks_ref(struct hooks *hooks)
{
	hooks->references++;
	return hooks;
}

void hooks_unref(struct hooks *hooks)
{
	if (!hooks || --hooks->references > 0)
		return;
	for (size_t i = 0; i < hooks->count; i++) {
		secret_free(&hooks->hooks[i].secret);
		secret_free(&hooks->hooks[i].token);
	}
	config_unref(hooks->config);
	free(hooks->hooks);
	free(hooks);
}

const struct hook *hooks_find(const struct hooks *hooks, const char *path, const char **ret_rest)
{
	const struct hook *found = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < hooks->count; i++) {
		size_t length = strlen(hooks->hooks[i].path);

		if (length <= longest || strncmp(path, hooks->hooks[i].path, length) != 0 ||
		    (path[length] != '\0' && path[length] != '/'))
			continue;
		found = &hooks->hooks[i];
		longest = length;
		*ret_rest = path + length;
	}
	return found;
}

struct parser_context hook_context(const struct hooks *hooks, const struct hook *hook)
{
	return (struct parser_context){
		.config = hooks->config,
		.secret = &hook->secret,
		.token = hook->parser->token ? &hook->token : NULL,
	};
}
