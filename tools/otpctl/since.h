/* "since when": what --since takes. */
#pragma once

#include <stdint.h>

/*
 * Seconds since the epoch of "90min", "12h", "7d", "2w" before now, of "today", "yesterday", "2026-11-01" and
 * "2026-11-01 14:30" in local time; 0 for "all". Returns 0, -EINVAL for other words, -ERANGE if it is yet to come.
 */
int since_parse(const char *text, uint64_t now, uint64_t *ret);
