/*
 * Asks providers what became of messages, where receipts = poll: while somebody waits for it, less and less often, and
 * no more than WATCHER_ASKS_MAX times at once for a channel. Takes back what is of no use any more, where that can be
 * done; for that alone it keeps a recipient, and no longer than the code lives.
 *
 * A provider that does not let us ask is left alone for WATCHER_HOLD_USEC. Any other failure of a question says nothing
 * about the message: it is asked for again. What the watcher does not come to is no loss: the core has a timer, too.
 */
#pragma once

#include "daemon/sender/channels.h"

#define WATCHER_MAX 4096    /* messages; beyond, the oldest is forgotten */
#define WATCHER_ASKS_MAX 16 /* half of the connections to a provider are left for messages */
#define WATCHER_REFUSALS_MAX 3
#define WATCHER_HOLD_USEC (UINT64_C(3600) * 1000000)
#define WATCHER_TIMEOUT_MS 5000

/* What the watcher stands on; times are CLOCK_MONOTONIC, microseconds. */
struct watcher_listener {
	uint64_t (*now)(void *userdata);
	void (*wake)(void *userdata, uint64_t at); /* watcher_run() is to be called then, or earlier */
	void (*receipt)(void *userdata, const struct receipt *receipt);
	/* channel->polls.refused has changed. */
	void (*health)(void *userdata, struct channels *channels, struct channel *channel);
	void *userdata;
};

struct watcher;

/* 0 or -errno. */
int watcher_new(const struct watcher_listener *listener, struct watcher **ret);
/* Questions under way are cancelled. */
void watcher_free(struct watcher *watcher);

/* A message was taken over under this id. Takes a reference to channels if there is something to watch. */
void watcher_begin(struct watcher *watcher, struct channels *channels, struct channel *channel, const struct send *send,
		   const char *message_id);
/* The core says how long somebody still waits for a challenge's messages. */
void watcher_order(struct watcher *watcher, const struct watch *order);
/* Does what is due. */
void watcher_run(struct watcher *watcher);

/* A provider answered a question, be it the watcher's or a probe's: keeps the channel's polls. True if refused changed.
 */
bool watcher_learn(struct channel *channel, const struct channel_answer *answer, uint64_t now);
