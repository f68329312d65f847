/*
 * All channels of one config, opened. A reload opens the next set beside this one; whoever has a message under way
 * keeps its set, with its tokens, until it is done.
 */
#pragma once

#include "daemon/sender/channel.h"

struct channel {
	const struct channel_ops *ops;
	const struct config_channel *config;
	void *state;          /* the driver's */
	struct health health; /* what the last answers said */
	bool probed;          /* a probe is under way */
};

struct channels {
	unsigned references;
	struct config *config;
	struct http *http;
	struct channel *channel;
	size_t count;
};

/* Opens the channels of config with drivers (which end with NULL). 0, or -errno with "file:line: …" in why. */
int channels_open(struct config *config, struct http *http, const struct channel_ops *const drivers[],
		  struct channels **ret, char why[static CONFIG_WHY_MAX]);
struct channels *channels_ref(struct channels *channels);
void channels_unref(struct channels *channels);

/* NULL: there is none of this name. */
struct channel *channels_find(struct channels *channels, const char *name);

/* The message to send as text, for memory_free(); NULL: no memory. */
char *channels_text(const struct channels *channels, enum text_kind kind, const struct send *send);
