/*
 * What an error code of Meta's Cloud API means for us: the table of the vendor's error-code page, read 2026-09-11. Meta
 * asks to go by the code alone, never by HTTP status, title or subcode. A code that is not here goes by its HTTP
 * status.
 */
#pragma once

#include "wire/proto.h"

#include <stdbool.h>
#include <stddef.h>

enum meta_alarm {
	META_QUIET,    /* about one recipient, or it passes */
	META_IF_OFTEN, /* an admin looks at it if it repeats */
	META_ALARM,    /* no message leaves until an admin acts */
};

struct meta_error {
	int first, last; /* codes */
	enum failure failure;
	bool retry; /* one quick second try may help */
	enum meta_alarm alarm;
	const char *meaning;
};

extern const struct meta_error meta_errors[];
extern const size_t meta_error_count;

/* NULL: not in the table. */
const struct meta_error *meta_error_of(long long code);
