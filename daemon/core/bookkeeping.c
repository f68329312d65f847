#include "daemon/core/bookkeeping.h"

#define ENDED_USEC (86400 * SECOND) /* challenges that have ended are shown so long */
#define ACKNOWLEDGED (30 * 86400)   /* seconds for which an alarm is kept that nobody needs any more */
#define HOURS (32 * 86400)          /* seconds for which statistics are kept by the hour */

int bookkeeping_write(struct tx *tx, const struct stat_row *rows, size_t count)
{
	return store_stat_add(tx, rows, count);
}

int bookkeeping_prune(struct tx *tx, int64_t now, int64_t wall)
{
	int r = store_prune(tx, now - ENDED_USEC, now);

	if (r == 0)
		r = store_alarm_prune(tx, wall - ACKNOWLEDGED);
	return r < 0 ? r : store_stat_prune(tx, wall - HOURS);
}
