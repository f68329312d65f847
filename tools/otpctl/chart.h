/*
 * Charts as SVG inside of an HTML page: made of classes that the page's style sheet colours, with a title, a
 * description and the figures of each mark for readers that see or hear, and without a script.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

/* Text between tags or in an attribute's quotes. */
void html_text(FILE *page, const char *text);

struct chart {
	const char *id; /* unique on the page */
	const char *title, *description;
};

/* Parts of a whole, each in a colour of its own. */
#define CHART_PARTS 4
struct chart_row {
	char label[64];
	char tip[160]; /* shown when the pointer rests on it */
	uint64_t part[CHART_PARTS];
};

/* One bar a row, from left to right. */
void chart_bars(FILE *page, const struct chart *chart, const struct chart_row *rows, size_t count);
/* One column a row, as time goes; labels under some of them. */
void chart_columns(FILE *page, const struct chart *chart, const struct chart_row *rows, size_t count);

/* A share of each row that has any, 0 … 1, as a line: value below 0 leaves a gap. */
struct chart_point {
	char label[64];
	char tip[160];
	double value;
};
void chart_line(FILE *page, const struct chart *chart, const struct chart_point *points, size_t count);

/* Milliseconds from the median to the 95th percentile, on a scale by powers of ten. */
#define CHART_SPANS 3
struct chart_spans {
	char label[64];
	char tip[CHART_SPANS][96];
	uint64_t p50[CHART_SPANS], p95[CHART_SPANS]; /* 0: not known */
};
void chart_times(FILE *page, const struct chart *chart, const struct chart_spans *rows, size_t count);

/* The least of 1, 2, 5, 10, 20, 50 … that reaches max in so many steps. */
uint64_t chart_step(uint64_t max, unsigned steps);
