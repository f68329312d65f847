#include "daemon/base/clock.h"

#include <stdio.h>
#include <systemd/sd-id128.h>
#include <time.h>

static int64_t system_now(const struct clock *clock)
{
	struct timespec ts;

	(void)clock;
	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec / 1000;
}

static int64_t system_wall(const struct clock *clock)
{
	(void)clock;
	return (int64_t)time(NULL);
}

int clock_system(struct clock *ret)
{
	sd_id128_t id;
	int r = sd_id128_get_boot(&id);

	if (r < 0)
		return r;
	*ret = (struct clock){.now = system_now, .wall = system_wall};
	sd_id128_to_string(id, ret->boot_id);
	return 0;
}
