/*
 * Secrets of the daemons, as root sees them from a shell. "credential:NAME" is what systemd hands to a unit by
 * LoadCredential=; where there is no $CREDENTIALS_DIRECTORY it is read from where the units read it: the folder
 * "credentials" beside the config file, and "master.key" beside it for credential:master-key.
 */
#pragma once

#include "daemon/base/secret.h"

#include <limits.h>

#define CREDENTIAL_FOLDER "credentials"
#define CREDENTIAL_MASTER_KEY "master-key"

/* Where the file of credential:NAME lies beside a config. 0 or -ENAMETOOLONG. */
int credential_path(const char *config_file, const char *name, char path[static PATH_MAX]);

/* As secret_load(). -EACCES says to run as root. */
int credential_load(const char *config_file, const char *reference, struct secret *ret, char *why, size_t why_size);
