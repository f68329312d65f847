/* How long the versions of the Graph API live: from Meta's changelog, read 2026-11-21. */
#pragma once

#include <stdint.h>

#define META_VERSION_DEFAULT "v25.0"

enum meta_version {
	META_VERSION_UNKNOWN, /* to us: newer than this program, or none */
	META_VERSION_OPEN,    /* Meta has named no day yet */
	META_VERSION_LIVES,
	META_VERSION_ENDS, /* within 90 days */
	META_VERSION_ENDED,
};

/* How it stands at now, in seconds since the epoch as ret_end is, which is 0 where there is none. */
enum meta_version meta_version(const char *version, int64_t now, int64_t *ret_end);
