/* What may stand behind a key: for config.c. config.h has those that others read, too. */
#pragma once

#include "daemon/base/config_schema.h"

/* NULL if the value may stand there, else what it should be. */
const char *config_value_error(const struct config_field *field, const char *value);

/* The place of a word in a list that ends with NULL; -1: it is not there. */
int config_name_index(const char *const *names, const char *value);
