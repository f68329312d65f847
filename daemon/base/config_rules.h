/* What one value of the config cannot tell: sections that must fit each other. For config.c. */
#pragma once

#include "daemon/base/config.h"

#include <confuse.h>

/* Finds the kinds of the channels, and the first rule that is broken. 0, or -errno after an error with its place. */
int config_check_rules(cfg_t *tree, struct config *config);

/* Fills config->warnings; the defaults are there. 0 or -ENOMEM. */
int config_add_warnings(cfg_t *tree, struct config *config);
