/*
 * Under which MESSAGE_ID the journal keeps an alarm: one for each kind, for ever. journalctl -x explains it by the
 * entry of data/catalog/whatsapp-otp.catalog; tests/unit/catalog.test holds the two together.
 */
#pragma once

#include <stddef.h>

struct log_id {
	const char *kind;       /* of alarm_item: channel, template … */
	const char *message_id; /* 128 random bits, lower-case hex without dashes */
};

/* Ends with a kind of NULL. */
extern const struct log_id log_ids[];

/* NULL: no such kind. */
const char *log_message_id(const char *kind);
