#include "tools/otpctl/meta_versions.h"

#include <stddef.h>
#include <string.h>
#include <time.h>

static const struct {
	const char *version;
	int year, month, day; /* 0: not yet named */
} versions[] = {
	{"v20.0", 2026, 9, 24}, {"v21.0", 2027, 1, 21}, {"v22.0", 2027, 5, 20}, {"v23.0", 2027, 10, 8},
	{"v24.0", 2028, 2, 18}, {"v25.0", 2028, 7, 29}, {"v26.0", 0, 0, 0},
};

bool meta_version_end(const char *version, int64_t *ret)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct tm tm = {.tm_year = versions[i].year - 1900,
				.tm_mon = versions[i].month - 1,
				.tm_mday = versions[i].day};

		if (strcmp(versions[i].version, version) != 0)
			continue;
		*ret = versions[i].year ? (int64_t)timegm(&tm) : 0;
		return true;
	}
	return false;
}
