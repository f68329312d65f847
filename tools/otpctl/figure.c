#include "tools/otpctl/figure.h"

#include <stdio.h>
#include <string.h>

const char *figure_count(uint64_t n, char text[static FIGURE_MAX])
{
	char digits[24];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n), to = 0;

	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			text[to++] = ',';
		text[to++] = digits[i];
	}
	text[to] = '\0';
	return text;
}

const char *figure_percent(uint64_t part, uint64_t whole, char text[static FIGURE_MAX])
{
	double percent = part < whole ? 100 * (double)part / (double)whole : 100;

	if (whole == 0)
		snprintf(text, FIGURE_MAX, "-");
	else
		/* 99.9 % is not all, 0.1 % is not nothing. */
		snprintf(text, FIGURE_MAX, "%.*f %%",
			 (percent > 99 && percent < 100) || (percent > 0 && percent < 1) ? 1 : 0, percent);
	return text;
}

static void seconds(uint64_t ms, char *text, size_t size)
{
	double s = (double)ms / 1000;

	snprintf(text, size, "%.*f", s < 1 ? 2 : s < 10 ? 1 : 0, s);
}

const char *figure_times(uint64_t p50, uint64_t p95, char text[static FIGURE_MAX])
{
	char middle[20], high[20];

	if (p50 == 0 && p95 == 0) {
		snprintf(text, FIGURE_MAX, "-");
		return text;
	}
	seconds(p50, middle, sizeof(middle));
	seconds(p95, high, sizeof(high));
	snprintf(text, FIGURE_MAX, "%s/%s s", middle, high);
	return text;
}

const char *figure_money(uint64_t micro, const char *currency, char text[static FIGURE_MAX])
{
	if (!*currency)
		snprintf(text, FIGURE_MAX, "-");
	else
		snprintf(text, FIGURE_MAX, "%.*f %.8s", micro > 0 && micro < 1000000 ? 4 : 2, (double)micro / 1000000,
			 currency);
	return text;
}

static size_t share(uint64_t part, uint64_t whole, size_t of)
{
	double cells = whole > 0 ? (double)part / (double)whole * (double)of : 0;

	if (part > 0 && cells < 1)
		return 1;
	return cells > (double)of ? of : (size_t)(cells + 0.5);
}

const char *figure_bar(uint64_t inside, uint64_t part, uint64_t whole, size_t cells, char *text, size_t size)
{
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	size_t full = share(inside, whole, 8 * cells), shaded = share(part, whole, cells), cell = 0, at = 0;

	text[0] = '\0';
	for (; cell < full / 8 && at < size; cell++)
		at += (size_t)snprintf(text + at, size - at, "█");
	if (full % 8 && at < size) {
		at += (size_t)snprintf(text + at, size - at, "%s", eighths[full % 8]);
		cell++;
	}
	for (; cell < shaded && at < size; cell++)
		at += (size_t)snprintf(text + at, size - at, "░");
	return text;
}
