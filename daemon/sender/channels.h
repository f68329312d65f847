/*
 * All channels of one config, opened. One that could not be opened is there, closed: its health says why. A reload
 * opens the next set beside this one; whoever has a message under way keeps its set, with its tokens, until it is done.
 */
#pragma once

#include "daemon/sender/channel.h"

/* How it goes with asking a channel's provider what became of messages. */
struct channel_polls {
	unsigned under_way;
	unsigned refusals;             /* one after the other */
	uint64_t held_until;           /* not asked before that, CLOCK_MONOTONIC, microseconds */
	char refused[WIRE_TEXT_MAX];   /* why the provider does not let us ask; empty: it does, or was not asked yet */
	char last_sent[WIRE_TEXT_MAX]; /* a message id that a probe can ask for; personal data */
};

struct channel {
	const struct channel_ops *ops; /* NULL: closed */
	const struct config_channel *config;
	const char *provider; /* as receipts name it */
	void *state;          /* the driver's */
	struct health health; /* what the last answers said */
	bool probed;          /* a probe is under way */
	struct channel_polls polls;
};

struct channels {
	unsigned references;
	struct config *config;
	struct http *http;
	struct channel *channel;
	size_t count;
};

/*
 * Opens the channels of config with drivers (which end with NULL). 0, or -errno with "file:line: …" in why. A channel
 * that cannot be opened is an error if all must be, or if there is no other; else it is logged and stays closed.
 */
int channels_open(struct config *config, struct http *http, const struct channel_ops *const drivers[], bool all,
		  struct channels **ret, char why[static CONFIG_WHY_MAX]);
struct channels *channels_ref(struct channels *channels);
void channels_unref(struct channels *channels);

/* True if what becomes of its messages is found out by asking. */
bool channel_is_polled(const struct channel *channel);

/* NULL: there is none of this name. */
struct channel *channels_find(struct channels *channels, const char *name);

/*
 * The message to send as text, for memory_free(); NULL: no memory. one_segment: as wording_render(). ret_language: of
 * the text, as long as the channels live; NULL: nobody asks.
 */
char *channels_text(const struct channels *channels, enum text_kind kind, const struct send *send, bool one_segment,
		    const char **ret_language);
