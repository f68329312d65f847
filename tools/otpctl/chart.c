#include "tools/otpctl/chart.h"

#include "tools/otpctl/figure.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#define WIDTH 520
#define LEFT 124  /* where bars begin, behind their labels */
#define RIGHT 498 /* where they end */
#define ROW 46    /* of bars and of times, so that the two stand side by side */
#define BAR 20
#define LABEL_MAX 15 /* characters that fit left of LEFT */
#define WIDE 960     /* of charts over time */
#define WIDE_LEFT 52
#define WIDE_RIGHT 944
#define HIGH 220
#define TOP 14
#define BOTTOM 188
#define DATES 6 /* labels under a chart over time */

void html_text(FILE *page, const char *text)
{
	static const struct {
		char c;
		const char *entity;
	} entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};

	for (; *text; text++) {
		const char *entity = NULL;

		for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
			if (entities[i].c == *text)
				entity = entities[i].entity;
		if (entity)
			fputs(entity, page);
		else
			fputc(*text, page);
	}
}

uint64_t chart_step(uint64_t max, unsigned steps)
{
	static const unsigned leads[] = {1, 2, 5};
	uint64_t ten = 1;

	for (;; ten *= 10)
		for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++)
			if (leads[i] * ten * steps >= max || ten > UINT64_MAX / 1000 / steps)
				return leads[i] * ten;
}

static void begin(FILE *page, const struct chart *chart, double width, double height)
{
	fprintf(page,
		"<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"%s-t %s-d\" class=\"chart\">\n"
		"<title id=\"%s-t\">",
		width, height, chart->id, chart->id, chart->id);
	html_text(page, chart->title);
	fprintf(page, "</title><desc id=\"%s-d\">", chart->id);
	html_text(page, chart->description);
	fprintf(page, "</desc>\n");
}

static void end(FILE *page)
{
	fprintf(page, "</svg>\n");
}

static void tip(FILE *page, const char *text)
{
	fprintf(page, "<title>");
	html_text(page, text);
	fprintf(page, "</title>");
}

static size_t bytes_of(const char *text, size_t characters)
{
	size_t n = 0;

	for (; text[n] && characters > 0; characters--)
		do
			n++;
		while ((text[n] & 0xc0) == 0x80);
	return n;
}

/* A label of at most so many characters; of a longer one the beginning. */
static void label_text(FILE *page, const char *label, size_t most)
{
	char shorter[64];

	if (!label[bytes_of(label, most)]) {
		html_text(page, label);
		return;
	}
	snprintf(shorter, sizeof(shorter), "%.*s…", (int)bytes_of(label, most - 1), label);
	html_text(page, shorter);
}

static uint64_t sum_of(const struct chart_row *row)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < CHART_PARTS; i++)
		sum += row->part[i];
	return sum;
}

static uint64_t most_of(const struct chart_row *rows, size_t count)
{
	uint64_t most = 1;

	for (size_t i = 0; i < count; i++)
		most = sum_of(&rows[i]) > most ? sum_of(&rows[i]) : most;
	return most;
}

/* Bars */

static void bar_scale(FILE *page, uint64_t most, double height)
{
	uint64_t step = chart_step(most, 4);
	char text[FIGURE_MAX];

	for (uint64_t n = 0; n <= most; n += step) {
		double x = LEFT + (RIGHT - LEFT) * (double)n / (double)most;

		fprintf(page,
			"<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"4\" y2=\"%.0f\"/>"
			"<text class=\"tick\" x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">%s</text>\n",
			x, x, height - 20, x, height - 5, figure_count(n, text));
	}
}

static void bar_row(FILE *page, const struct chart_row *row, uint64_t most, double y)
{
	double x = LEFT;

	fprintf(page, "<g>");
	tip(page, row->tip);
	fprintf(page, "<text class=\"label\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 10, y + ROW / 2.0 + 4.5);
	label_text(page, row->label, LABEL_MAX);
	fprintf(page, "</text>");
	for (size_t i = 0; i < CHART_PARTS; i++) {
		double width = (RIGHT - LEFT) * (double)row->part[i] / (double)most;

		if (row->part[i] == 0)
			continue;
		fprintf(page, "<rect class=\"part%zu\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%d\" rx=\"2\"/>",
			i, x, y + (ROW - BAR) / 2.0, width > 1.5 ? width - 1 : width, BAR);
		x += width;
	}
	fprintf(page, "</g>\n");
}

void chart_bars(FILE *page, const struct chart *chart, const struct chart_row *rows, size_t count)
{
	uint64_t most = most_of(rows, count);
	double height = (double)count * ROW + 30;

	begin(page, chart, WIDTH, height);
	bar_scale(page, most, height);
	for (size_t i = 0; i < count; i++)
		bar_row(page, &rows[i], most, (double)i * ROW + 4);
	end(page);
}

/* Over time */

static double slot_x(size_t i, size_t count)
{
	return WIDE_LEFT + (double)(WIDE_RIGHT - WIDE_LEFT) * (double)i / (double)count;
}

static void grid_line(FILE *page, double y, const char *text)
{
	fprintf(page,
		"<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
		"<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
		WIDE_LEFT, WIDE_RIGHT, y, y, WIDE_LEFT - 8, y + 4, text);
}

static void date_label(FILE *page, size_t i, size_t count, const char *label)
{
	size_t every = (count + DATES - 1) / DATES;

	if (i % every != 0 || (i > 0 && count - i < every / 2))
		return;
	fprintf(page, "<text class=\"tick\" x=\"%.1f\" y=\"%d\">", slot_x(i, count), HIGH - 12);
	html_text(page, label);
	fprintf(page, "</text>\n");
}

static void column(FILE *page, const struct chart_row *row, uint64_t top, size_t i, size_t count)
{
	double x = slot_x(i, count), width = slot_x(i + 1, count) - x, y = BOTTOM;

	width = width > 3 ? width - 1 : width;
	width = width > 36 ? 36 : width;
	fprintf(page, "<g>");
	tip(page, row->tip);
	/* The whole height answers the pointer, an empty hour too. */
	fprintf(page, "<rect class=\"hit\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\"/>", x, TOP, width,
		BOTTOM - TOP);
	for (size_t part = 0; part < CHART_PARTS; part++) {
		double height = (BOTTOM - TOP) * (double)row->part[part] / (double)top;

		if (row->part[part] == 0)
			continue;
		y -= height;
		fprintf(page, "<rect class=\"part%zu\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>", part, x,
			y, width, height);
	}
	fprintf(page, "</g>\n");
}

void chart_columns(FILE *page, const struct chart *chart, const struct chart_row *rows, size_t count)
{
	uint64_t most = most_of(rows, count), step = chart_step(most, 4), top = (most + step - 1) / step * step;
	char text[FIGURE_MAX];

	begin(page, chart, WIDE, HIGH);
	for (uint64_t n = 0; n <= top; n += step)
		grid_line(page, BOTTOM - (BOTTOM - TOP) * (double)n / (double)top, figure_count(n, text));
	for (size_t i = 0; i < count; i++) {
		column(page, &rows[i], top, i, count);
		date_label(page, i, count, rows[i].label);
	}
	end(page);
}

void chart_line(FILE *page, const struct chart *chart, const struct chart_point *points, size_t count)
{
	static const char *const ticks[] = {"0 %", "25 %", "50 %", "75 %", "100 %"};
	bool drawing = false;

	begin(page, chart, WIDE, HIGH);
	for (size_t i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++)
		grid_line(page, BOTTOM - (BOTTOM - TOP) * (double)i / 4, ticks[i]);
	fprintf(page, "<path class=\"line\" d=\"");
	for (size_t i = 0; i < count; i++) {
		if (points[i].value >= 0)
			fprintf(page, "%c%.1f %.1f", drawing ? 'L' : 'M', (slot_x(i, count) + slot_x(i + 1, count)) / 2,
				BOTTOM - (BOTTOM - TOP) * points[i].value);
		drawing = points[i].value >= 0;
	}
	fprintf(page, "\"/>\n");
	for (size_t i = 0; i < count; i++) {
		date_label(page, i, count, points[i].label);
		if (points[i].value < 0)
			continue;
		fprintf(page, "<circle class=\"dot\" r=\"%s\" cx=\"%.1f\" cy=\"%.1f\">", count > 60 ? "2" : "3",
			(slot_x(i, count) + slot_x(i + 1, count)) / 2, BOTTOM - (BOTTOM - TOP) * points[i].value);
		tip(page, points[i].tip);
		fprintf(page, "</circle>\n");
	}
	end(page);
}

/* Times */

#define SPAN 12 /* from one line of a row to the next */

/* Powers of ten that hold all values. */
struct decades {
	int least, most;
};

static struct decades decades_of(const struct chart_spans *rows, size_t count)
{
	struct decades d = {2, 4}; /* 0.1 s … 10 s */

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < CHART_SPANS; k++) {
			if (rows[i].p50[k] > 0 && log10((double)rows[i].p50[k]) < d.least)
				d.least = (int)floor(log10((double)rows[i].p50[k]));
			if (rows[i].p95[k] > 0 && log10((double)rows[i].p95[k]) > d.most)
				d.most = (int)ceil(log10((double)rows[i].p95[k]));
		}
	return d;
}

static double time_x(uint64_t ms, struct decades d)
{
	return LEFT + (RIGHT - LEFT) * (log10((double)(ms > 0 ? ms : 1)) - d.least) / (d.most - d.least);
}

static void time_scale(FILE *page, struct decades d, double height)
{
	static const char *const names[] = {"1 ms",  "10 ms",  "0.1 s", "1 s",      "10 s",
					    "100 s", "17 min", "2.8 h", "1.2 days", "12 days"};

	for (int i = d.least; i <= d.most && i < (int)(sizeof(names) / sizeof(names[0])); i++) {
		double x = LEFT + (double)(RIGHT - LEFT) * (i - d.least) / (d.most - d.least);

		fprintf(page,
			"<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"4\" y2=\"%.0f\"/>"
			"<text class=\"tick\" x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">%s</text>\n",
			x, x, height - 20, x, height - 5, names[i]);
	}
}

static void span(FILE *page, const struct chart_spans *row, size_t k, struct decades d, double y)
{
	double from = time_x(row->p50[k], d), to = time_x(row->p95[k] > row->p50[k] ? row->p95[k] : row->p50[k], d);

	if (row->p50[k] == 0)
		return;
	fprintf(page, "<g class=\"span%zu\">", k);
	tip(page, row->tip[k]);
	fprintf(page,
		"<line class=\"reach\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
		"<circle r=\"4.5\" cx=\"%.1f\" cy=\"%.1f\"/><circle class=\"far\" r=\"3.5\" cx=\"%.1f\" "
		"cy=\"%.1f\"/></g>\n",
		from, to, y, y, from, y, to, y);
}

void chart_times(FILE *page, const struct chart *chart, const struct chart_spans *rows, size_t count)
{
	double height = (double)count * ROW + 30;
	struct decades d = decades_of(rows, count);

	begin(page, chart, WIDTH, height);
	time_scale(page, d, height);
	for (size_t i = 0; i < count; i++) {
		double y = (double)i * ROW + 4;

		fprintf(page, "<text class=\"label\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 10,
			y + ROW / 2.0 + 4.5);
		label_text(page, rows[i].label, LABEL_MAX);
		fprintf(page, "</text>\n");
		for (size_t k = 0; k < CHART_SPANS; k++)
			span(page, &rows[i], k, d, y + (ROW - (CHART_SPANS - 1) * SPAN) / 2.0 + (double)k * SPAN);
	}
	end(page);
}
