#include "tools/otpctl/since.h"

#include "daemon/base/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WEEK (7 * 86400)

static int midnight(uint64_t now, int days, uint64_t *ret)
{
	time_t t = (time_t)now;
	struct tm tm;

	if (!localtime_r(&t, &tm))
		return -EINVAL;
	tm.tm_mday += days;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	*ret = (uint64_t)mktime(&tm);
	return 0;
}

/* With its unit: "2026" is more likely a year than seconds. */
static int before(const char *text, uint64_t now, uint64_t *ret)
{
	int64_t seconds = config_duration(text);
	char *end;

	if (text[strspn(text, "0123456789")] == '\0')
		return -EINVAL;
	if (seconds < 0 && text[0] >= '1' && text[0] <= '9') {
		seconds = strtol(text, &end, 10);
		seconds = strcmp(end, "w") == 0 && seconds <= 10000 ? seconds * WEEK : -EINVAL;
	}
	if (seconds < 0)
		return -EINVAL;
	*ret = (uint64_t)seconds < now ? now - (uint64_t)seconds : 0;
	return 0;
}

static int date(const char *text, uint64_t *ret)
{
	static const char *const formats[] = {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm tm = {.tm_isdst = -1};
		const char *end = strptime(text, formats[i], &tm);
		int day = tm.tm_mday;
		time_t t;

		if (!end || *end)
			continue;
		t = mktime(&tm);
		/* The 31st of February would be a day in March. */
		if (t < 0 || tm.tm_mday != day)
			return -EINVAL;
		*ret = (uint64_t)t;
		return 0;
	}
	return -EINVAL;
}

int since_parse(const char *text, uint64_t now, uint64_t *ret)
{
	int r;

	*ret = 0;
	if (strcmp(text, "all") == 0)
		return 0;
	if (strcmp(text, "today") == 0)
		return midnight(now, 0, ret);
	if (strcmp(text, "yesterday") == 0)
		return midnight(now, -1, ret);
	r = before(text, now, ret);
	if (r < 0)
		r = date(text, ret);
	return r == 0 && *ret > now ? -ERANGE : r;
}
