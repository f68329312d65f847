/*
 * What happens to a message: dispatch finds its channel, writes its text, tries once more where that may help, and
 * answers exactly once. It remembers the last DISPATCH_KNOWN_MAX deliveries: one that is asked for again is not sent
 * again, its answer is repeated. What becomes of a message afterwards is for watcher.h, who opens a bot's link for
 * links.h; dispatch gives them their time.
 */
#pragma once

#include "daemon/sender/channels.h"

#include <systemd/sd-event.h>

#define DISPATCH_KNOWN_MAX 4096 /* answered deliveries that are remembered */
#define DISPATCH_RETRY_MAX_MS 2000

struct dispatch;

struct dispatch_listener {
	void (*answered)(void *userdata, const char *id, const struct channel_answer *answer);
	void (*health)(void *userdata, const struct health *health); /* it changed, or was asked for */
	void (*receipt)(void *userdata, const struct receipt *receipt);
	void (*linked)(void *userdata, const struct linked *linked);
	void *userdata;
};

struct dispatch_counts {
	uint64_t under_way, sent, failed;
};

/* Takes a reference to channels. The listener is called from the event loop or from within dispatch_send and
 * dispatch_probe. 0 or -errno. */
int dispatch_new(sd_event *event, struct channels *channels, const struct dispatch_listener *listener,
		 struct dispatch **ret);
/* What is under way is cancelled, unanswered. */
void dispatch_free(struct dispatch *dispatch);

/* From now on messages go to these channels; those under way end on the old ones. */
void dispatch_use(struct dispatch *dispatch, struct channels *channels);

void dispatch_send(struct dispatch *dispatch, const struct send *send);
void dispatch_watch(struct dispatch *dispatch, const struct watch *watch);
void dispatch_link(struct dispatch *dispatch, const struct link *link);
/* Asks a channel's provider how it is; empty: all channels. The listener hears of each. */
void dispatch_probe(struct dispatch *dispatch, const char *name);
/* Tells the listener what is known of each channel, without asking. */
void dispatch_tell_health(struct dispatch *dispatch);
struct dispatch_counts dispatch_counts(const struct dispatch *dispatch);
