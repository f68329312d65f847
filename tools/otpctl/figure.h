/* Figures as people read them. Each fills text and returns it; what is not known is "-". */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define FIGURE_MAX 48

/* "1,204" */
const char *figure_count(uint64_t n, char text[static FIGURE_MAX]);
/* "93 %" of a whole that is not zero; never more than 100 %, as where an hour ends between a code and its answer. */
const char *figure_percent(uint64_t part, uint64_t whole, char text[static FIGURE_MAX]);
/* "0.24/0.91 s", the median and the 95th percentile, of milliseconds. */
const char *figure_times(uint64_t p50, uint64_t p95, char text[static FIGURE_MAX]);
/* "12.31 USD", "0.0145 USD", of millionths. */
const char *figure_money(uint64_t micro, const char *currency, char text[static FIGURE_MAX]);

/*
 * A bar of so many cells for a part of a whole: what is inside of the part is full, to an eighth of a cell, the rest of
 * the part is shaded. inside ≤ part ≤ whole; nothing is drawn of nothing, and something of the least part.
 */
const char *figure_bar(uint64_t inside, uint64_t part, uint64_t whole, size_t cells, char *text, size_t size);
