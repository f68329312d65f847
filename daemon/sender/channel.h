/*
 * A channel: a way to a user's pocket, as a driver and its options. A driver is one file that exports one struct
 * channel_ops; main.c lists them. A new channel is a new file, a line there, and one in daemon/base/driver.c.
 */
#pragma once

#include "daemon/base/config.h"
#include "daemon/base/secret.h"
#include "daemon/provider/provider.h"
#include "daemon/sender/http.h"
#include "wire/proto.h"

#include <stdbool.h>
#include <stdint.h>

/* What a driver wants to be told, besides code and language. */
enum channel_wants {
	WANTS_CODE,  /* nothing more: a template of the provider's */
	WANTS_TEXT,  /* the message as one text */
	WANTS_EMAIL, /* text and subject */
	WANTS_VOICE, /* what is to be said, in which the digits stand apart */
};

/* Valid while send() runs. */
struct channel_message {
	const char *id; /* the delivery, random: the provider's callback data */
	const char *to; /* E.164 with +, or what else driver.h says that the driver sends to */
	const char *code;
	const char *lang;      /* of the user, may be empty */
	const char *text;      /* as ops->wants; else empty */
	const char *text_lang; /* the language of text */
	const char *subject;   /* WANTS_EMAIL; else empty */
	int64_t minutes;       /* how long the code lives, for who reads it: rounded up */
	int64_t seconds;       /* the same, exact: a provider drops it no later where it can */
	int64_t timeout_ms;    /* the answer comes before that */
};

struct channel_answer {
	bool sent;                      /* the provider has taken the message over; of a probe: it works */
	struct fault why;               /* if not; of a poll: why the message failed; of a probe that
					 * works: detail says what is not as it should be, if anything */
	bool retry;                     /* nothing was sent, and a second try may help */
	int64_t retry_after;            /* seconds that the provider asks to wait before that, 0: did not say */
	char trace[WIRE_NAME_MAX + 1];  /* what the provider's support asks for, [A-Za-z0-9_-] */
	char message_id[WIRE_TEXT_MAX]; /* the provider's, personal data: not for logs; may be empty */
	enum receipt_state state;       /* of a poll that was answered (sent): what became of the message */
	uint64_t at;                    /* of such a poll: since when, by the provider's clock; 0: did not say */
};

/* One send, probe, poll or revocation under way. Who begins it owns it, and it lives until it is answered or cancelled.
 */
struct channel_call {
	void (*answered)(struct channel_call *call, const struct channel_answer *answer); /* may free the call */
	void *channel;         /* the driver's state, from open() */
	bool question;         /* no message can leave by the request that is under way: a probe, a poll */
	bool once;             /* a second try would cost again */
	struct http_call http; /* for drivers that speak HTTP */
	void *scratch; /* of a driver that needs more than one request: its own to free before it answers, and in
			* cancel()
			*/
};

/* Somebody has opened a bot's link: which one, and where they can be reached from now on. */
struct channel_link_listener {
	void (*linked)(void *userdata, const char *nonce, const char *address);
	void *userdata;
};

struct channel_ops {
	const char *name; /* driver = … */
	enum channel_wants wants;
	/* Checks all options and loads the secrets. 0, or -errno with "file:line: …" in why. The config is lent for as
	 * long as the channel lives. */
	int (*open)(const struct config_channel *config, struct http *http, void **ret,
		    char why[static CONFIG_WHY_MAX]);
	/* All of these call call->answered exactly once, maybe before they return. */
	void (*send)(struct channel_call *call, const struct channel_message *message);
	void (*probe)(struct channel_call *call, int64_t timeout_ms); /* asks the provider, without sending a message */
	/*
	 * receipts = poll: what became of a message, by the provider's id. A failure says nothing about the message;
	 * FAILURE_CONFIG: this account may not ask. NULL: the provider cannot be asked.
	 */
	void (*poll)(struct channel_call *call, const char *message_id, int64_t timeout_ms);
	/* The code is of no use any more: takes the message back. NULL: cannot be done. to: as in channel_message. */
	void (*revoke)(struct channel_call *call, const char *to, const char *message_id, int64_t timeout_ms);
	/* Asks once who has opened links since it was asked last; answers the call, too. NULL: there are no links. */
	void (*look_for_links)(struct channel_call *call, const struct channel_link_listener *listener,
			       int64_t timeout_ms);
	void (*cancel)(struct channel_call *call); /* answered will not be called; NULL: it always answers at once */
	void (*close)(void *channel);
};

extern const struct channel_ops channel_whatsapp_cloud, channel_http, channel_file, channel_ycloud,
	channel_ycloud_voice, channel_twilio, channel_twilio_voice, channel_vonage, channel_infobip, channel_unifonic,
	channel_authentica, channel_telegram_gateway, channel_telegram_bot, channel_smtp, channel_modem;

/* For drivers. */

void channel_sent(struct channel_call *call, const char *message_id);
/* A poll: what became of the message; why is for RECEIPT_FAILED, else NULL. */
void channel_told(struct channel_call *call, enum receipt_state state, const struct fault *why);
/* The same, with the provider's wall clock. */
void channel_told_at(struct channel_call *call, enum receipt_state state, uint64_t at, const struct fault *why);
/* A probe: messages are taken over, but not as they should be. */
void channel_degraded(struct channel_call *call, const char *code, const char *detail);
/*
 * A code of the provider's, judged by its table; one that has no row by the HTTP status, or by transient if the
 * provider says that it passes. trace: for the provider's support, NULL if there is none.
 */
void channel_judged(struct channel_call *call, const struct provider *provider, const char *code, bool transient,
		    const char *trace, const struct http_answer *answer);
void channel_failed(struct channel_call *call, enum failure failure, const char *code, const char *detail);
/* No answer came: DNS, connect, TLS, deadline. */
void channel_unanswered(struct channel_call *call, const struct http_answer *answer);
/* The done of a probe that is connect_only; its userdata is the call. */
void channel_reached(struct http_call *http, const struct http_answer *answer);
/* An answer that says no more than its HTTP status: some of a server's faults may lie behind the message's leaving. */
void channel_refused(struct channel_call *call, const struct http_answer *answer);
/* The same from a provider whose faults (5xx) all mean that nothing was sent. */
void channel_unsent(struct channel_call *call, const struct http_answer *answer);

/* Writes "file:line: channel "NAME": …" to why. Returns -EINVAL. */
int channel_config_error(const struct config_channel *config, char why[static CONFIG_WHY_MAX], const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Loads the secret that an option refers to: of any length, without control characters. 0 with none if it is empty. */
int channel_load_secret(const struct config_channel *config, const char *option, const char *reference,
			struct secret *ret, char why[static CONFIG_WHY_MAX]);
/* 0, or an error if ca_file is set and cannot be read. */
int channel_check_ca_file(const struct config_channel *config, char why[static CONFIG_WHY_MAX]);
