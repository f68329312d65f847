#include "daemon/base/config_rules.h"

#include "daemon/base/config_schema.h"
#include "daemon/base/config_value.h"
#include "wire/proto.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cfg_t *section_of(cfg_t *tree, const char *section, size_t i)
{
	return cfg_getnsec(tree, section, (unsigned)i);
}

/* Titles travel in messages and stand in logs. */
static int check_titles(cfg_t *tree)
{
	for (size_t s = 0; s < config_section_count; s++)
		for (unsigned i = 0; config_sections[s].count_offset && i < cfg_size(tree, config_sections[s].name);
		     i++) {
			cfg_t *one = cfg_getnsec(tree, config_sections[s].name, i);
			const char *title = cfg_title(one);

			if (title[0] && strlen(title) < WIRE_NAME_MAX && wire_text_ok(title, strlen(title)))
				continue;
			cfg_error(one, "%s: its title is empty, longer than %d bytes or holds control characters",
				  config_sections[s].name, WIRE_NAME_MAX - 1);
			return -EINVAL;
		}
	return 0;
}

static int check_channels(cfg_t *tree, const struct config *config)
{
	for (size_t i = 0; i < config->channel_count; i++)
		if (strcmp(config->channels[i].name, "auto") == 0) {
			cfg_error(section_of(tree, "channel", i),
				  "channel \"auto\": that word means no preference: take another name");
			return -EINVAL;
		} else if (!config->channels[i].driver[0]) {
			cfg_error(section_of(tree, "channel", i), "channel \"%s\": driver is missing",
				  config->channels[i].name);
			return -EINVAL;
		} else if (!driver_find(config->channels[i].driver)) {
			cfg_error(section_of(tree, "channel", i), "channel \"%s\": there is no driver \"%s\"",
				  config->channels[i].name, config->channels[i].driver);
			return -EINVAL;
		}
	return 0;
}

static int check_alarm(cfg_t *tree, const struct config *config)
{
	if (!config->alarm.exec[0] || config->alarm.exec[0][0] == '/')
		return 0;
	cfg_error(cfg_getsec(tree, "alarm"), "alarm: exec: \"%s\" is not an absolute path", config->alarm.exec[0]);
	return -EINVAL;
}

static void find_kinds(struct config *config)
{
	for (size_t i = 0; i < config->channel_count; i++) {
		struct config_channel *channel = &config->channels[i];
		const struct driver *driver = driver_find(channel->driver);

		channel->kind = driver ? driver->kind : CHANNEL_SMS;
		if (channel->kind_name[0])
			channel->kind = (enum channel_kind)config_name_index(channel_kind_names, channel->kind_name);
	}
}

/* Amounts of two currencies cannot be added. */
static int check_money(cfg_t *tree, struct config *config)
{
	for (size_t i = 0; i <= config->channel_count; i++) {
		const struct config_channel *c = &config->channels[i];
		const bool channel = i < config->channel_count;
		const struct config_money *const all[] = {
			channel ? &c->cost : &config->limits.cost_per_hour,
			channel ? &c->cost_per_hour : &config->limits.cost_per_day,
			channel ? &c->cost_per_day : &config->limits.cost_per_day,
		};

		for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
			if (!all[k]->currency[0] || strcmp(all[k]->currency, config->currency) == 0)
				continue;
			if (config->currency[0]) {
				cfg_error(channel ? section_of(tree, "channel", i) : cfg_getsec(tree, "limits"),
					  "%s: an amount in %s beside amounts in %s: take one currency",
					  channel ? c->name : "limits", all[k]->currency, config->currency);
				return -EINVAL;
			}
			memcpy(config->currency, all[k]->currency, sizeof(config->currency));
		}
	}
	return 0;
}

/* Each channel of a list is there, and only once: the same one is never tried twice. */
static int check_list(cfg_t *section, const char *what, const char *whose, char *const *channels,
		      const struct config *config)
{
	for (size_t i = 0; channels[i]; i++) {
		if (!config_channel(config, channels[i])) {
			cfg_error(section, "%s \"%s\": there is no channel \"%s\"", what, whose, channels[i]);
			return -EINVAL;
		}
		for (size_t k = 0; k < i; k++)
			if (strcmp(channels[k], channels[i]) == 0) {
				cfg_error(section, "%s \"%s\": channel \"%s\" is there twice", what, whose,
					  channels[i]);
				return -EINVAL;
			}
	}
	return 0;
}

static int check_policies(cfg_t *tree, const struct config *config)
{
	int r = 0;

	for (size_t i = 0; i < config->policy_count && r == 0; i++)
		r = check_list(section_of(tree, "policy", i), "policy", config->policies[i].name,
			       config->policies[i].channels, config);
	return r;
}

static int check_routes(cfg_t *tree, const struct config *config)
{
	for (size_t i = 0; i < config->route_count; i++) {
		const struct config_route *route = &config->routes[i];

		if (route->fallback_least > route->fallback_most) {
			cfg_error(section_of(tree, "route", i),
				  "route \"%s\": fallback_least is more than fallback_most", route->name);
			return -EINVAL;
		}
		if (check_list(section_of(tree, "route", i), "route", route->name, route->channels, config) < 0)
			return -EINVAL;
		if (!route->channels[0]) {
			cfg_error(section_of(tree, "route", i), "route \"%s\": channels is empty", route->name);
			return -EINVAL;
		}
	}
	return 0;
}

static int check_limits(cfg_t *tree, const struct config *config)
{
	if (config->limits.resend_cooldown_count > 0 && config->limits.lock_time <= config->limits.lock_time_max)
		return 0;
	cfg_error(cfg_getsec(tree, "limits"), config->limits.resend_cooldown_count
						      ? "limits: lock_time is longer than lock_time_max"
						      : "limits: resend_cooldown is empty");
	return -EINVAL;
}

int config_check_rules(cfg_t *tree, struct config *config)
{
	int r = check_titles(tree);

	find_kinds(config);
	if (r == 0)
		r = check_channels(tree, config);
	if (r == 0)
		r = check_money(tree, config);
	if (r == 0)
		r = check_policies(tree, config);
	if (r == 0)
		r = check_routes(tree, config);
	if (r == 0)
		r = check_alarm(tree, config);
	return r == 0 ? check_limits(tree, config) : r;
}

/* Warnings */

static int add_warning(struct config *config, const cfg_t *cfg, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int add_warning(struct config *config, const cfg_t *cfg, const char *format, ...)
{
	size_t count = 0;
	char what[256], **grown;
	va_list args;

	while (config->warnings[count])
		count++;
	grown = reallocarray(config->warnings, count + 2, sizeof(char *));
	if (!grown)
		return -ENOMEM;
	config->warnings = grown;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	grown[count + 1] = NULL;
	if (asprintf(&grown[count], "%s:%d: %s", cfg->filename, cfg->line, what) < 0) {
		grown[count] = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int warn_of_reserved(cfg_t *tree, struct config *config)
{
	int r = 0;

	for (size_t s = 0; s < config_section_count; s++)
		for (unsigned i = 0; i < cfg_size(tree, config_sections[s].name); i++) {
			cfg_t *one = cfg_getnsec(tree, config_sections[s].name, i);

			for (size_t k = 0; k < config_sections[s].field_count && r == 0; k++) {
				const struct config_field *f = &config_sections[s].fields[k];

				if (f->kind == CONFIG_RESERVED && cfg_getstr(one, f->key)[0])
					r = add_warning(config, one, "%s { %s }: has no effect in this version",
							config_sections[s].name, f->key);
			}
		}
	return r;
}

/* A cap that never counts, receipts that nobody hears. */
static int warn_of_channels(cfg_t *tree, struct config *config)
{
	const struct config_limits *limits = &config->limits;
	bool costs = false;
	int r = 0;

	for (size_t i = 0; i < config->channel_count && r == 0; i++) {
		const struct config_channel *c = &config->channels[i];

		costs = costs || c->cost.micro > 0;
		if (c->cost.micro == 0 && (c->cost_per_hour.micro > 0 || c->cost_per_day.micro > 0))
			r = add_warning(config, section_of(tree, "channel", i),
					"channel \"%s\": a cap without cost never counts", c->name);
		if (r == 0 && c->receipts == RECEIPTS_WEBHOOK && !config->webhook.listen[0])
			r = add_warning(config, section_of(tree, "channel", i),
					"channel \"%s\": receipts = webhook, but webhook { listen } is not set",
					c->name);
	}
	if (r == 0 && !costs && (limits->cost_per_hour.micro > 0 || limits->cost_per_day.micro > 0))
		r = add_warning(config, cfg_getsec(tree, "limits"),
				"limits: a cap on money never counts, for no channel has a cost");
	return r;
}

static bool may_carry(const struct config_policy *policy, const struct config_channel *channel)
{
	bool listed = !policy->channels[0];

	for (char **name = policy->channels; *name; name++)
		listed = listed || strcmp(*name, channel->name) == 0;
	return listed && (policy->restricted == RESTRICTED_ALLOW || !channel_kind_is_restricted(channel->kind));
}

/* A policy that leaves a route without any channel refuses every login there. */
static int warn_of_policies(cfg_t *tree, struct config *config)
{
	int r = 0;

	for (size_t p = 0; p < cfg_size(tree, "policy") && r == 0; p++)
		for (size_t i = 0; i < config->route_count && r == 0; i++) {
			const struct config_policy *policy =
				config_policy(config, cfg_title(section_of(tree, "policy", p)));
			bool any = policy->exempt || !config->routes[i].channels[0];

			for (char **name = config->routes[i].channels; *name; name++)
				any = any || may_carry(policy, config_channel(config, *name));
			if (!any)
				r = add_warning(
					config, section_of(tree, "policy", p),
					"policy \"%s\": leaves no channel of route \"%s\": nobody can log in there",
					policy->name, config->routes[i].name);
		}
	return r;
}

int config_add_warnings(cfg_t *tree, struct config *config)
{
	int r;

	config->warnings = calloc(1, sizeof(char *));
	if (!config->warnings)
		return -ENOMEM;
	r = warn_of_reserved(tree, config);
	if (r == 0)
		r = warn_of_channels(tree, config);
	return r == 0 ? warn_of_policies(tree, config) : r;
}
