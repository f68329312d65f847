/* YCloud's API: what its messages and its calls have in common. */
#pragma once

#include "daemon/sender/api.h"

/* As ops->open, but for the driver's own options. */
int ycloud_open(int (*check)(const struct config_channel *config, char why[static CONFIG_WHY_MAX]),
		const struct config_channel *config, struct http *http, void **ret, char why[static CONFIG_WHY_MAX]);
/* As ops->probe. */
void ycloud_probe(struct channel_call *call, int64_t timeout_ms);

/* The answer to a message or call that was ordered. */
api_done ycloud_on_order;

/* As ops->poll. path: what stands in front of the id. */
void ycloud_poll(struct channel_call *call, const char *path, const char *message_id, int64_t timeout_ms);
