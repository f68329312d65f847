/* Statistics as they are kept: counts of an hour, put together by days after a month; and what else grows old. */
#pragma once

#include "daemon/core/store_report.h"

int bookkeeping_write(struct tx *tx, const struct stat_row *rows, size_t count);

/* Forgets what nobody needs any more. now: boot time, microseconds; wall: seconds. */
int bookkeeping_prune(struct tx *tx, int64_t now, int64_t wall);
