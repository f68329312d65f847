/*
 * A channel: a way to a user's pocket, as a driver and its options. A driver is one file that exports one struct
 * channel_ops; main.c lists them. A new channel is a new file and a line there.
 */
#pragma once

#include "daemon/base/config.h"
#include "daemon/sender/http.h"
#include "wire/proto.h"

#include <stdbool.h>
#include <stdint.h>

/* Valid while send() runs. */
struct channel_message {
	const char *id; /* the delivery, random: the provider's callback data */
	const char *to; /* E.164 with + */
	const char *code;
	const char *lang;   /* of the user, may be empty */
	const char *text;   /* the whole message, for drivers that want one; else empty */
	int64_t timeout_ms; /* the answer comes before that */
};

struct channel_answer {
	bool sent;            /* the provider has taken the message over; of a probe: all is well */
	enum failure failure; /* if it was not */
	bool retry;           /* nothing was sent, and a second try may help */
	bool alarm;           /* an admin must act */
	int64_t retry_after;  /* seconds that the provider asks to wait before that, 0: did not say */
	char code[WIRE_NAME_MAX];
	char detail[WIRE_TEXT_MAX];     /* our words, nothing that a provider wrote */
	char trace[WIRE_NAME_MAX + 1];  /* what the provider's support asks for, [A-Za-z0-9_-] */
	char message_id[WIRE_TEXT_MAX]; /* the provider's, personal data: not for logs; may be empty */
};

/* One send or one probe under way. Who begins it owns it, and it lives until it is answered or cancelled. */
struct channel_call {
	void (*answered)(struct channel_call *call, const struct channel_answer *answer); /* may free the call */
	void *channel;         /* the driver's state, from open() */
	struct http_call http; /* for drivers that speak HTTP */
};

struct channel_ops {
	const char *name; /* driver = … */
	bool wants_text;  /* it sends a text of ours, not a template of the provider's */
	/* Checks all options and loads the secrets. 0, or -errno with "file:line: …" in why. The config is lent for as
	 * long as the channel lives. */
	int (*open)(const struct config_channel *config, struct http *http, void **ret,
		    char why[static CONFIG_WHY_MAX]);
	/* Both call call->answered exactly once, maybe before they return. */
	void (*send)(struct channel_call *call, const struct channel_message *message);
	void (*probe)(struct channel_call *call, int64_t timeout_ms); /* asks the provider, without sending a message */
	void (*cancel)(struct channel_call *call); /* answered will not be called; NULL: it always answers at once */
	void (*close)(void *channel);
};

extern const struct channel_ops channel_whatsapp_cloud, channel_http, channel_file;

/* For drivers. */

void channel_sent(struct channel_call *call, const char *message_id);
void channel_failed(struct channel_call *call, enum failure failure, const char *code, const char *detail);
/* No answer came: DNS, connect, TLS, deadline. */
void channel_unanswered(struct channel_call *call, const struct http_answer *answer);
/* An answer that says no more than its HTTP status. */
void channel_refused(struct channel_call *call, const struct http_answer *answer);

/* Writes "file:line: channel "NAME": …" to why. Returns -EINVAL. */
int channel_config_error(const struct config_channel *config, char why[static CONFIG_WHY_MAX], const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* 0, or an error if ca_file is set and cannot be read. */
int channel_check_ca_file(const struct config_channel *config, char why[static CONFIG_WHY_MAX]);
