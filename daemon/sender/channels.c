#include "daemon/sender/channels.h"

#include "daemon/base/driver.h"
#include "daemon/base/log.h"
#include "daemon/sender/memory.h"
#include "daemon/sender/wording.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_texts(const struct config *config, char why[static CONFIG_WHY_MAX])
{
	int r = 0;

	for (size_t i = 0; i < config->text_count && r == 0; i++)
		r = wording_check(&config->texts[i], why);
	return r;
}

static const struct channel_ops *driver_of(const struct config_channel *config,
					   const struct channel_ops *const drivers[])
{
	while (*drivers && strcmp((*drivers)->name, config->driver) != 0)
		drivers++;
	return *drivers;
}

static int open_one(struct channel *channel, const struct config_channel *config, struct http *http,
		    const struct channel_ops *const drivers[], char why[static CONFIG_WHY_MAX])
{
	const struct channel_ops *ops = driver_of(config, drivers);
	const struct driver *driver = driver_find(config->driver);
	int r;

	channel->config = config;
	snprintf(channel->health.name, sizeof(channel->health.name), "%s", config->name);
	snprintf(channel->health.state, sizeof(channel->health.state), "failed");
	if (!ops || !driver)
		return channel_config_error(config, why, "there is no driver \"%s\"", config->driver);
	if (config->receipts == RECEIPTS_POLL && !ops->poll)
		return channel_config_error(config, why,
					    "driver %s cannot ask for receipts: receipts = poll is not for it",
					    config->driver);
	snprintf(why, CONFIG_WHY_MAX, "out of memory");
	r = ops->open(config, http, &channel->state, why);
	if (r < 0)
		return r;
	channel->ops = ops;
	channel->provider = driver->provider;
	snprintf(channel->health.state, sizeof(channel->health.state), "ok");
	return 0;
}

/* 0, or the first error if all must be open or none is. */
static int open_all(struct channels *channels, const struct channel_ops *const drivers[], bool all,
		    char why[static CONFIG_WHY_MAX])
{
	const struct config *config = channels->config;
	char reason[CONFIG_WHY_MAX];
	size_t closed = 0;
	int r, error = 0;

	while (channels->count < config->channel_count && (error == 0 || !all)) {
		struct channel *channel = &channels->channel[channels->count];

		r = open_one(channel, &config->channels[channels->count++], channels->http, drivers, reason);
		if (r == 0)
			continue;
		if (closed++ == 0) {
			error = r;
			snprintf(why, CONFIG_WHY_MAX, "%s", reason);
		}
		snprintf(channel->health.detail, sizeof(channel->health.detail), "%.*s",
			 (int)sizeof(channel->health.detail) - 1, reason);
	}
	return all || closed == channels->count ? error : 0;
}

static void log_closed(const struct channels *channels)
{
	for (size_t i = 0; i < channels->count; i++)
		if (!channels->channel[i].ops)
			log_error("%s; this channel stays closed", channels->channel[i].health.detail);
}

int channels_open(struct config *config, struct http *http, const struct channel_ops *const drivers[], bool all,
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
	r = channels->channel ? open_all(channels, drivers, all, why) : -ENOMEM;
	if (r < 0) {
		channels_unref(channels);
		return r;
	}
	log_closed(channels);
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
		if (channels->channel[i].ops)
			channels->channel[i].ops->close(channels->channel[i].state);
	config_unref(channels->config);
	memory_free(channels->channel);
	free(channels);
}

bool channel_is_polled(const struct channel *channel)
{
	return channel->ops && channel->ops->poll && channel->config->receipts == RECEIPTS_POLL;
}

struct channel *channels_find(struct channels *channels, const char *name)
{
	for (size_t i = 0; i < channels->count; i++)
		if (strcmp(channels->channel[i].config->name, name) == 0)
			return &channels->channel[i];
	return NULL;
}

/* "1, 2, 3": read aloud, each digit stands alone. */
static void take_apart(const char *code, char *digits, size_t size)
{
	size_t used = 0;

	for (; *code && used + 4 <= size; code++)
		used += (size_t)snprintf(digits + used, size - used, "%s%c", used > 0 ? ", " : "", *code);
}

char *channels_text(const struct channels *channels, enum text_kind kind, const struct send *send, bool one_segment,
		    const char **ret_language)
{
	const char *words = config_text(channels->config, kind, send->lang, ret_language);
	char minutes[24], digits[3 * WIRE_CODE_MAX + 1] = "", *text;
	const struct template_value values[] = {
		{"code", send->code},       {"digits", digits},   {"host", send->host}, {"service", send->service},
		{"address", send->address}, {"minutes", minutes}, {NULL, NULL},
	};

	snprintf(minutes, sizeof(minutes), "%" PRIu64, send->minutes);
	take_apart(send->code, digits, sizeof(digits));
	text = wording_render(words, values, one_segment);
	explicit_bzero(digits, sizeof(digits));
	return text;
}
