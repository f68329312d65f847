/* config check: what every program would say about a config file. */
#include "daemon/base/config_schema.h"
#include "daemon/base/secret.h"
#include "daemon/webhook/hooks.h"
#include "tools/otpctl/config_findings.h"
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

static void print_json_summary(const char *file, const struct config *c, const struct config_findings *found,
			       json_t *segments)
{
	output_json(json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:O, s:O, s:O}", "file", file, "ok",
			      json_array_size(found->errors) == 0, "channels", (json_int_t)c->channel_count, "policies",
			      (json_int_t)c->policy_count, "routes", (json_int_t)c->route_count, "texts",
			      (json_int_t)c->text_count, "sms", segments, "warnings", found->warnings, "errors",
			      found->errors));
}

/* Nothing where the config leaves all texts as they are. */
static void print_segments(const json_t *segments)
{
	static const char *const headings[] = {"SMS IN", "TEXT", "ALPHABET", "UNITS", "SEGMENTS"};
	struct table *table;
	json_t *row;
	size_t i;

	if (json_array_size(segments) == 1 && !json_is_true(json_object_get(json_array_get(segments, 0), "own")))
		return;
	table = table_new(headings, 5);
	json_array_foreach(segments, i, row)
	{
		char units[24], count[24];
		const char *const cells[] = {
			json_string_value(json_object_get(row, "language")),
			json_is_true(json_object_get(row, "own")) ? "own" : "built in",
			json_string_value(json_object_get(row, "alphabet")),
			units,
			count,
		};

		snprintf(units, sizeof(units), "%lld", (long long)json_integer_value(json_object_get(row, "units")));
		snprintf(count, sizeof(count), "%lld", (long long)json_integer_value(json_object_get(row, "segments")));
		table_add(table, cells);
	}
	table_print(table, stdout);
	table_free(table);
}

/* A credential exists only for the unit that it is passed to; from a shell it is nobody's fault that it is missing. */
static void check_secret(const char *reference, const char *what, const struct config_findings *found)
{
	struct secret secret = {0};
	char why[CONFIG_WHY_MAX];

	if (!*reference)
		return;
	if (strncmp(reference, "credential:", 11) == 0 && !getenv("CREDENTIALS_DIRECTORY"))
		config_findings_add(found->warnings, "%s: %s: not read, systemd passes it to the daemon only", what,
				    reference);
	else if (secret_load(reference, &secret, why, sizeof(why)) < 0)
		config_findings_add(found->errors, "%s: %s", what, why);
	secret_free(&secret);
}

/* All secrets of one section; its title is NULL if it has none. */
static void check_section(const struct config_section *section, const void *base, const char *title,
			  const struct config_findings *found)
{
	for (size_t i = 0; i < section->field_count; i++) {
		const struct config_field *f = &section->fields[i];
		char what[160];

		if (f->kind != CONFIG_SECRET)
			continue;
		if (title)
			snprintf(what, sizeof(what), "%s \"%.64s\": %s", section->name, title, f->key);
		else
			snprintf(what, sizeof(what), "%s", f->key);
		check_secret(*(char *const *)(const void *)((const char *)base + f->offset), what, found);
	}
}

static void check_secrets(const struct config *config, const struct config_findings *found)
{
	for (size_t s = 0; s < config_section_count; s++) {
		const struct config_section *section = &config_sections[s];
		const char *base = (const char *)config + section->offset;

		if (!section->count_offset) {
			check_section(section, base, NULL, found);
			continue;
		}
		base = *(const char *const *)(const void *)base;
		for (size_t i = 0; i < *(const size_t *)(const void *)((const char *)config + section->count_offset);
		     i++)
			check_section(section, base + i * section->size,
				      *(const char *const *)(const void *)(base + i * section->size), found);
	}
}

static void check_groups(const struct config *config, const struct config_findings *found)
{
	const char *policy, *group = config_missing_group(config, &policy);

	if (group)
		config_findings_add(
			found->warnings,
			"policy \"%s\": there is no group \"%s\" on this host: logins that it could match are refused",
			policy, group);
}

/* What the webhook would refuse. */
static void check_webhook(const struct config *config, const struct config_findings *found)
{
	char why[CONFIG_WHY_MAX];

	if (hooks_check(config, why) < 0)
		config_findings_add(found->errors, "%s", why);
}

static void print_findings(const struct config_findings *found)
{
	json_t *sentence;
	size_t i;

	json_array_foreach(found->warnings, i, sentence) output_warning("%s", json_string_value(sentence));
	json_array_foreach(found->errors, i, sentence) output_error("%s", json_string_value(sentence));
}

static int report(const struct otpctl *ctl, const char *file, const struct config *config)
{
	struct config_findings found = {json_array(), json_array()};
	json_t *segments;
	int status;

	for (char **warning = config->warnings; *warning; warning++)
		config_findings_add(found.warnings, "%s", *warning);
	check_groups(config, &found);
	check_webhook(config, &found);
	config_findings_routes(config, &found);
	config_findings_languages(config, &found);
	config_findings_texts(config, &found);
	segments = config_findings_segments(config, &found);
	if (ctl->options.secrets)
		check_secrets(config, &found);
	status = json_array_size(found.errors) > 0 ? EXIT_REFUSED : EXIT_OK;
	print_findings(&found);
	if (ctl->options.json) {
		print_json_summary(file, config, &found, segments);
	} else if (status == EXIT_OK) {
		print_summary(file, config);
		print_segments(segments);
	}
	json_decref(segments);
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
