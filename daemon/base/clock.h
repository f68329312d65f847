/*
 * Time as a struct of functions, so that a test can move it. Every deadline is CLOCK_BOOTTIME together with the boot's
 * id: it goes on through suspend, never jumps, and a row of another boot is void. Wall time is for people only.
 */
#pragma once

#include <stdint.h>

#define CLOCK_BOOT_MAX 40
#define SECOND INT64_C(1000000) /* times and durations are microseconds */

struct clock {
	int64_t (*now)(const struct clock *);  /* CLOCK_BOOTTIME, microseconds */
	int64_t (*wall)(const struct clock *); /* seconds since the epoch */
	char boot_id[CLOCK_BOOT_MAX];
};

/* The kernel's clock. 0, or -errno if the boot's id cannot be read. */
int clock_system(struct clock *ret);
