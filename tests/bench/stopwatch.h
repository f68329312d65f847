/* Time, and what a set of times has in common. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* CLOCK_MONOTONIC, nanoseconds. */
int64_t stopwatch_now(void);

struct samples {
	double *value;
	size_t count, room;
};

void samples_add(struct samples *samples, double value);
/* The value that a share (0.5: the median) of the samples is not above; 0 of none. Sorts the samples. */
double samples_at(struct samples *samples, double share);
void samples_free(struct samples *samples);

/* Says on standard error what failed, and errno's meaning unless error is 0; ends the program. */
void give_up(int error, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
