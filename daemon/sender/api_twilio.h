/* Twilio's API of 2010-04-01: what its messages and its calls have in common. */
#pragma once

#include "daemon/sender/api.h"

/* As ops->open, but for the driver's own options. */
int twilio_open(int (*check)(const struct config_channel *config, char why[static CONFIG_WHY_MAX]),
		const struct config_channel *config, struct http *http, void **ret, char why[static CONFIG_WHY_MAX]);
/* As ops->probe. */
void twilio_probe(struct channel_call *call, int64_t timeout_ms);

/* Twilio's name of a thing: two letters and 32 hexadecimal digits. kinds: the letters that are meant, "SMMM". */
bool twilio_sid_ok(const char *sid, const char *kinds);

enum twilio_resource { TWILIO_MESSAGES, TWILIO_CALLS };

/* Orders a message or a call. form: the template of the request's body, but for where receipts go. */
void twilio_order(struct channel_call *call, enum twilio_resource resource, const struct channel_message *message,
		  const char *form, const struct template_value values[]);
/* As ops->poll. */
void twilio_poll(struct channel_call *call, enum twilio_resource resource, const char *sid, int64_t timeout_ms);
