/* config check: what every program would say about a config file. */
#include "daemon/base/secret.h"
#include "tools/otpctl/otpctl.h"
#include "tools/otpctl/output.h"

#include <stdlib.h>
#include <string.h>

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void print_summary(const char *file, const struct config *c)
{
	printf("%s: ok: %zu channel%s, %zu polic%s, %zu route%s, %zu text%s\n", file, c->channel_count,
	       plural(c->channel_count), c->policy_count, c->policy_count == 1 ? "y" : "ies", c->route_count,
	       plural(c->route_count), c->text_count, plural(c->text_count));
}

static void print_json_summary(const char *file, const struct config *c, json_t *warnings, json_t *errors)
{
	output_json(json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:o, s:o}", "file", file, "ok",
			      json_array_size(errors) == 0, "channels", (json_int_t)c->channel_count, "policies",
			      (json_int_t)c->policy_count, "routes", (json_int_t)c->route_count, "texts",
			      (json_int_t)c->text_count, "warnings", warnings, "errors", errors));
}

struct findings {
	json_t *warnings, *errors;
};

static void add(json_t *list, const char *sentence)
{
	(void)json_array_append_new(list, json_string(sentence));
}

/* A credential exists only for the unit that it is passed to; from a shell it is nobody's fault that it is missing. */
static void check_secret(const char *reference, const char *what, const struct findings *found)
{
	struct secret secret = {0};
	char why[512], sentence[640];

	if (!*reference)
		return;
	if (strncmp(reference, "credential:", 11) == 0 && !getenv("CREDENTIALS_DIRECTORY")) {
		snprintf(sentence, sizeof(sentence), "%s: %s: not read, systemd passes it to the daemon only", what,
			 reference);
		add(found->warnings, sentence);
		return;
	}
	if (secret_load(reference, &secret, why, sizeof(why)) < 0) {
		snprintf(sentence, sizeof(sentence), "%s: %s", what, why);
		add(found->errors, sentence);
	}
	secret_free(&secret);
}

static void check_secrets(const struct config *config, const struct findings *found)
{
	check_secret(config->core.master_key, "master_key", found);
	for (size_t i = 0; i < config->channel_count; i++) {
		char what[160];

		snprintf(what, sizeof(what), "channel \"%.64s\": token", config->channels[i].name);
		check_secret(config->channels[i].token, what, found);
		snprintf(what, sizeof(what), "channel \"%.64s\": secret", config->channels[i].name);
		check_secret(config->channels[i].secret, what, found);
	}
}

static void check_groups(const struct config *config, const struct findings *found)
{
	const char *policy, *group = config_missing_group(config, &policy);
	char sentence[256];

	if (!group)
		return;
	snprintf(sentence, sizeof(sentence),
		 "policy \"%s\": there is no group \"%s\" on this host: logins that it could match are refused", policy,
		 group);
	add(found->warnings, sentence);
}

static void print_findings(const struct findings *found)
{
	json_t *sentence;
	size_t i;

	json_array_foreach(found->warnings, i, sentence) output_warning("%s", json_string_value(sentence));
	json_array_foreach(found->errors, i, sentence) output_error("%s", json_string_value(sentence));
}

static int report(const struct otpctl *ctl, const char *file, const struct config *config)
{
	struct findings found = {json_array(), json_array()};
	int status;

	for (char **warning = config->warnings; *warning; warning++)
		add(found.warnings, *warning);
	check_groups(config, &found);
	if (ctl->options.secrets)
		check_secrets(config, &found);
	status = json_array_size(found.errors) > 0 ? EXIT_REFUSED : EXIT_OK;
	print_findings(&found);
	if (ctl->options.json) {
		print_json_summary(file, config, found.warnings, found.errors); /* transferred */
		return status;
	}
	if (status == EXIT_OK)
		print_summary(file, config);
	json_decref(found.warnings);
	json_decref(found.errors);
	return status;
}

int command_config_check(struct otpctl *ctl)
{
	const struct config *config;

	if (ctl->arguments[0])
		ctl->options.config = ctl->arguments[0];
	config = otpctl_config(ctl);
	if (config)
		return report(ctl, otpctl_config_file(ctl), config);
	output_error("%s", ctl->config_error);
	if (ctl->options.json)
		output_json(json_pack("{s:s, s:b, s:[], s:[s]}", "file", otpctl_config_file(ctl), "ok", 0, "warnings",
				      "errors", ctl->config_error));
	return EXIT_REFUSED;
}
