/*
 * The OpenMetrics text format, as much of it as Prometheus and node_exporter's textfile both read: counters and gauges.
 * A family is begun once, and its samples follow; openmetrics_end() is the last line.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

enum openmetrics_type { OPENMETRICS_COUNTER, OPENMETRICS_GAUGE };

struct openmetrics_family {
	const char *name; /* without _total; ends with _UNIT where there is one */
	enum openmetrics_type type;
	const char *unit; /* NULL: none */
	const char *help;
};

#define OPENMETRICS_LABELS 3
struct openmetrics_label {
	const char *name, *value; /* value: any UTF-8 */
};

#define OPENMETRICS_CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

void openmetrics_begin(FILE *out, const struct openmetrics_family *family);
/* labels end with a name of NULL, or after OPENMETRICS_LABELS. */
void openmetrics_sample(FILE *out, const struct openmetrics_family *family,
			const struct openmetrics_label labels[OPENMETRICS_LABELS], double value);
void openmetrics_end(FILE *out);
