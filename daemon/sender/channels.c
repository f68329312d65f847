#include "daemon/sender/channels.h"

#include "daemon/sender/memory.h"
#include "daemon/sender/template.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const text_names[] = {"code", "host", "service", "address", "minutes", NULL};

static int check_texts(const struct config *config, char why[static CONFIG_WHY_MAX])
{
	char error[128];

	for (size_t i = 0; i < config->text_count; i++) {
		const struct config_text *text = &config->texts[i];

		if (template_check(text->sms, TEMPLATE_PLAIN, text_names, error, sizeof(error)) < 0) {
			snprintf(why, CONFIG_WHY_MAX, "%s:%d: text \"%s\": sms: %s", text->file, text->line,
				 text->language, error);
			return -EINVAL;
		}
	}
	return 0;
}

static const struct channel_ops *driver_of(const struct config_channel *config,
					   const struct channel_ops *const drivers[])
{
	while (*drivers && strcmp((*drivers)->name, config->driver) != 0)
		drivers++;
	return *drivers;
}

static int open_one(struct channels *channels, const struct config_channel *config,
		    const struct channel_ops *const drivers[], char why[static CONFIG_WHY_MAX])
{
	struct channel *channel = &channels->channel[channels->count];
	int r;

	channel->config = config;
	channel->ops = driver_of(config, drivers);
	if (!channel->ops)
		return channel_config_error(config, why, "there is no driver \"%s\"", config->driver);
	r = channel->ops->open(config, channels->http, &channel->state, why);
	if (r < 0)
		return r;
	snprintf(channel->health.name, sizeof(channel->health.name), "%s", config->name);
	snprintf(channel->health.state, sizeof(channel->health.state), "ok");
	channels->count++;
	return 0;
}

int channels_open(struct config *config, struct http *http, const struct channel_ops *const drivers[],
		  struct channels **ret, char why[static CONFIG_WHY_MAX])
{
	struct channels *channels;
	int r = check_texts(config, why);

	if (r < 0)
		return r;
	snprintf(why, CONFIG_WHY_MAX, "out of memory");
	channels = calloc(1, sizeof(*channels));
	if (!channels)
		return -ENOMEM;
	*channels = (struct channels){.references = 1, .config = config_ref(config), .http = http};
	channels->channel = calloc(config->channel_count + 1, sizeof(*channels->channel));
	if (!channels->channel)
		r = -ENOMEM;
	for (size_t i = 0; i < config->channel_count && r == 0; i++)
		r = open_one(channels, &config->channels[i], drivers, why);
	if (r < 0) {
		channels_unref(channels);
		return r;
	}
	*ret = channels; /* transferred */
	return 0;
}

struct channels *channels_ref(struct channels *channels)
{
	channels->references++;
	return channels;
}

void channels_unref(struct channels *channels)
{
	if (!channels || --channels->references > 0)
		return;
	for (size_t i = 0; i < channels->count; i++)
		channels->channel[i].ops->close(channels->channel[i].state);
	config_unref(channels->config);
	free(channels->channel);
	free(channels);
}

struct channel *channels_find(struct channels *channels, const char *name)
{
	for (size_t i = 0; i < channels->count; i++)
		if (strcmp(channels->channel[i].config->name, name) == 0)
			return &channels->channel[i];
	return NULL;
}

char *channels_text(const struct channels *channels, enum text_kind kind, const struct send *send)
{
	char minutes[24], *text;
	const struct template_value values[] = {
		{"code", send->code},       {"host", send->host}, {"service", send->service},
		{"address", send->address}, {"minutes", minutes}, {NULL, NULL},
	};

	snprintf(minutes, sizeof(minutes), "%" PRIu64, send->minutes);
	return template_render(config_text(channels->config, kind, send->lang), TEMPLATE_PLAIN, values, &text) == 0
		       ? text
		       : NULL;
}
