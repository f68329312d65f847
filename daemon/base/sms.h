/*
 * What a text costs as SMS: 3GPP TS 23.038's default alphabet, seven bits a character, with those of its extension
 * table taking two; a single character outside it makes the whole text UCS-2. A text that does not fit one message is
 * cut into segments, each with a header that takes room.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct sms_size {
	bool unicode;    /* UCS-2, not the default alphabet */
	size_t units;    /* septets, or UTF-16 code units */
	size_t segments; /* what is paid for; 0 for an empty text */
};

/* The text is UTF-8; a byte that is no part of any counts as one character outside the default alphabet. */
struct sms_size sms_measure(const char *utf8);

/* The text as UTF-16BE in hexadecimal digits, as gateways take UCS-2. hex has room for 4 * strlen(utf8) + 1. */
void sms_ucs2(const char *utf8, char *hex);
