/* A provider that stands in for the network: it keeps the last request and says what the test tells it to say. */
#pragma once

#include "daemon/sender/channel.h"

struct fake_provider {
	struct http http; /* first */
	struct http_answer answer;
	unsigned requests, cancelled;
	char method[8], url[512], body[2048], headers[1024]; /* headers: one a line */
	bool connect_only;
	struct http_call *held; /* not answered yet, if hold is set */
	bool hold;
	struct http_answer next[4]; /* said before answer, one after the other */
	unsigned queued;
	char first_url[512], first_body[2048]; /* of the last but one request */
};

void fake_provider_init(struct fake_provider *provider);
/* Answers from now on with this status and body. */
void fake_provider_says(struct fake_provider *provider, long status, const char *body);

/* The next request gets this, and only that one; those that follow get what was queued behind it. */
void fake_provider_queues(struct fake_provider *provider, long status, const char *body);

/* A channel's section with nothing set. */
extern const struct config_channel fake_section;

/* A private file that holds text, for a secret; returns its reference, to be freed. */
char *fake_secret(const char *text);
void fake_secret_remove(char *reference);

/* What the driver answered; count is how often. */
struct fake_call {
	struct channel_call call; /* first */
	struct channel_answer answer;
	unsigned count;
};

/* Sends, probes or polls and returns the answers. */
struct fake_call fake_send(const struct channel_ops *ops, void *channel, const struct channel_message *message);
struct fake_call fake_probe(const struct channel_ops *ops, void *channel);
struct fake_call fake_poll(const struct channel_ops *ops, void *channel, const char *message_id);
struct fake_call fake_revoke(const struct channel_ops *ops, void *channel, const char *to, const char *message_id);
struct fake_call fake_links(const struct channel_ops *ops, void *channel, const struct channel_link_listener *listener);
