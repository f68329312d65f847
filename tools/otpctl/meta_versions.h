/* How long the versions of the Graph API live: from Meta's changelog, read 2026-11-21. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define META_VERSION_DEFAULT "v25.0"

/* Seconds since the epoch at which it ends; 0: Meta has named no day yet. False: a version that we do not know. */
bool meta_version_end(const char *version, int64_t *ret);
