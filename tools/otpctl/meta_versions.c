#include "tools/otpctl/meta_versions.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

#define WARNING ((int64_t)90 * 86400)

static const struct {
	const char *version;
	int year, month, day; /* 0: not yet named */
} versions[] = {
	{"v20.0", 2026, 9, 24}, {"v21.0", 2027, 1, 21}, {"v22.0", 2027, 5, 20}, {"v23.0", 2027, 10, 8},
	{"v24.0", 2028, 2, 18}, {"v25.0", 2028, 7, 29}, {"v26.0", 0, 0, 0},
};

static int64_t end_of(size_t i)
{
	struct tm tm = {
		.tm_year = versions[i].year - 1900,
		.tm_mon = versions[i].month - 1,
		.tm_mday = versions[i].day,
	};

	return versions[i].year ? (int64_t)timegm(&tm) : 0;
}

enum meta_version meta_version(const char *version, int64_t now, int64_t *ret_end)
{
	*ret_end = 0;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (strcmp(versions[i].version, version) != 0)
			continue;
		*ret_end = end_of(i);
		if (*ret_end == 0)
			return META_VERSION_OPEN;
		if (now >= *ret_end)
			return META_VERSION_ENDED;
		return *ret_end - now < WARNING ? META_VERSION_ENDS : META_VERSION_LIVES;
	}
	return META_VERSION_UNKNOWN;
}
