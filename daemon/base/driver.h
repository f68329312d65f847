/*
 * The drivers that a channel can have, and what the core must know of each: whose receipts are about it, what people
 * call what it sends, and what it sends to. What a driver does is in daemon/sender.
 */
#pragma once

#include <stdbool.h>

enum channel_kind {
	CHANNEL_WHATSAPP,
	CHANNEL_SMS,
	CHANNEL_VOICE,
	CHANNEL_EMAIL,
	CHANNEL_TELEGRAM,
	CHANNEL_FILE,
};
extern const char *const channel_kind_names[]; /* kind = … */

/* What people call it: "WhatsApp", "SMS". */
const char *channel_kind_label(enum channel_kind kind);

/*
 * NIST SP 800-63B-4, 3.1.3.3, calls the telephone network restricted, and 3.1.3.1 rules e-mail out: policies can keep
 * these out.
 */
bool channel_kind_is_restricted(enum channel_kind kind);

/* What a message of a channel is sent to: an enrolment has the number; the others are addresses beside it. */
enum recipient_kind { RECIPIENT_NUMBER, RECIPIENT_EMAIL, RECIPIENT_TELEGRAM };
extern const char *const recipient_kind_names[];

struct driver {
	const char *name;       /* driver = … */
	const char *provider;   /* as receipts name it (provider.h) */
	enum channel_kind kind; /* if the channel's section does not say */
	enum recipient_kind recipient;
};

/* NULL: there is no such driver. */
const struct driver *driver_find(const char *name);
