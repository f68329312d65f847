/* Options that several APIs have, and what they are checked for. */
#pragma once

#include "daemon/sender/channel.h"

/* A section may give its channel another kind than the driver has. 0 or -EINVAL with why. */
int api_check_kind(const struct config_channel *config, enum channel_kind first, enum channel_kind second,
		   char why[static CONFIG_WHY_MAX]);
/* Empty, or https without user name and fragment. 0 or -EINVAL with why. */
int api_check_callback(const struct config_channel *config, char why[static CONFIG_WHY_MAX]);

/* E.164 with +. */
bool api_e164_ok(const char *number);

/* callback_url with the delivery's id behind it, for memory_free(). NULL: no memory, or there is no callback_url. */
char *api_callback(const struct config_channel *config, const char *id);
