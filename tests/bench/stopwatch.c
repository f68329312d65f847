#include "tests/bench/stopwatch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t stopwatch_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void samples_add(struct samples *samples, double value)
{
	if (samples->count == samples->room) {
		samples->room = samples->room ? 2 * samples->room : 1024;
		samples->value = realloc(samples->value, samples->room * sizeof(*samples->value));
		if (!samples->value)
			give_up(errno, "samples");
	}
	samples->value[samples->count++] = value;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double samples_at(struct samples *samples, double share)
{
	size_t index = (size_t)((double)samples->count * share);

	if (samples->count == 0)
		return 0;
	qsort(samples->value, samples->count, sizeof(*samples->value), compare);
	return samples->value[index < samples->count ? index : samples->count - 1];
}

void samples_free(struct samples *samples)
{
	free(samples->value);
	*samples = (struct samples){0};
}

void give_up(int error, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "%s%s\n", error ? ": " : "", error ? strerror(error) : "");
	exit(EXIT_FAILURE);
}
