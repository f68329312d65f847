#include "tools/otpctl/meta.h"

#include "tools/otpctl/credential.h"
#include "tools/otpctl/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DRIVER "whatsapp_cloud"
#define DIGITS "0123456789"

bool meta_is_driver(const struct config_channel *channel)
{
	return strcmp(channel->driver, DRIVER) == 0;
}

static const struct config_channel *only_channel(struct otpctl *ctl, const struct config *config)
{
	const struct config_channel *found = NULL;

	for (size_t i = 0; i < config->channel_count; i++) {
		if (!meta_is_driver(&config->channels[i]))
			continue;
		if (found) {
			output_error("%s: both %s and %s have driver = " DRIVER "; name one by --channel", ctl->command,
				     found->name, config->channels[i].name);
			return NULL;
		}
		found = &config->channels[i];
	}
	if (!found)
		output_error("%s: no channel of %s has driver = " DRIVER "; run whatsapp-otpctl setup", ctl->command,
			     otpctl_config_file(ctl));
	return found;
}

static const struct config_channel *find_channel(struct otpctl *ctl, const struct config *config)
{
	const struct config_channel *channel;

	if (!ctl->options.channel)
		return only_channel(ctl, config);
	channel = config_channel(config, ctl->options.channel);
	if (channel && meta_is_driver(channel))
		return channel;
	output_error("--channel %s: %s", ctl->options.channel,
		     channel ? "has another driver than " DRIVER : "the config has no such channel");
	return NULL;
}

static int sane(const struct config_channel *c, char why[static CONFIG_WHY_MAX])
{
	const char *wrong = NULL;

	if (!c->phone_number_id[0] || c->phone_number_id[strspn(c->phone_number_id, DIGITS)])
		wrong = "needs phone_number_id, digits as WhatsApp Manager shows them";
	else if (c->waba_id[strspn(c->waba_id, DIGITS)])
		wrong = "waba_id: digits, as WhatsApp Manager shows them";
	else if (c->api_version[0] != 'v' || c->api_version[1 + strspn(c->api_version + 1, DIGITS ".")])
		wrong = "needs api_version like \"v25.0\"";
	else if (!c->token[0])
		wrong = "needs token = \"credential:NAME\" or \"file:/PATH\"";
	if (!wrong)
		return 0;
	snprintf(why, CONFIG_WHY_MAX, "%s:%d: channel \"%s\": %s", c->file, c->line, c->name, wrong);
	return -EINVAL;
}

int meta_connect(struct otpctl *ctl, const struct config_channel *channel, struct meta *ret,
		 char why[static CONFIG_WHY_MAX])
{
	struct secret token = {0};
	int r = sane(channel, why);

	*ret = (struct meta){.ctl = ctl, .config = otpctl_config(ctl), .channel = channel};
	if (r == 0)
		r = credential_load(otpctl_config_file(ctl), channel->token, &token, why, CONFIG_WHY_MAX);
	if (r == 0) {
		const struct graph_terms terms = {
			.base_url = channel->base_url,
			.api_version = channel->api_version,
			.ca_file = channel->ca_file,
			.token = token.data,
			.timeout_ms = channel->timeout * 1000,
		};

		r = graph_open(&terms, &ret->graph, why);
	}
	secret_free(&token);
	return r;
}

int meta_open(struct otpctl *ctl, struct meta *ret)
{
	const struct config *config = otpctl_config(ctl);
	const struct config_channel *channel;
	char why[CONFIG_WHY_MAX];

	*ret = (struct meta){0};
	if (!config) {
		output_error("%s: %s", ctl->command, ctl->config_error);
		return EXIT_USAGE;
	}
	channel = find_channel(ctl, config);
	if (!channel)
		return EXIT_USAGE;
	if (meta_connect(ctl, channel, ret, why) == 0)
		return EXIT_OK;
	output_error("%s: %s", ctl->command, why);
	return EXIT_REFUSED;
}

void meta_close(struct meta *meta)
{
	graph_close(meta->graph);
	meta->graph = NULL;
}

int meta_refused(const struct meta *meta, const struct graph_answer *answer, const char *advice)
{
	output_error("%s: %s%s%s", meta->ctl->command, answer->why, advice ? "; " : "", advice ? advice : "");
	return answer->status;
}

const char *meta_account(const struct meta *meta)
{
	const struct config_channel *c = meta->channel;

	if (c->waba_id[0])
		return c->waba_id;
	output_error(
		"%s:%d: channel \"%s\": needs waba_id for this, the id of the WhatsApp Business account as WhatsApp "
		"Manager shows it",
		c->file, c->line, c->name);
	return NULL;
}

bool meta_each_language(const struct config_channel *channel, bool (*each)(const char *language, void *userdata),
			void *userdata)
{
	bool ok = true, listed = false;

	for (char **language = channel->languages; *language; language++) {
		listed = listed || strcmp(*language, channel->language) == 0;
		ok = each(*language, userdata) && ok;
	}
	return (listed || each(channel->language, userdata)) && ok;
}
