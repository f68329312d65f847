/*
 * application/x-www-form-urlencoded, of bodies and queries: read strictly. A '%' without two hex digits, a NUL, more
 * pairs than the array holds: all are errors.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct parser_pair {
	const char *key, *value; /* decoded; value is never NULL */
};

/*
 * Decodes in place: text (length bytes and a NUL behind) is overwritten and the pairs point into it. Returns the number
 * of pairs, in their order, -E2BIG if there are more than size, -EBADMSG if the text is wrong. An empty text has none.
 */
int form_decode(char *text, size_t length, struct parser_pair *pairs, size_t size);

/* A pair's value; NULL if the key is not there, or there twice. */
const char *form_value(const struct parser_pair *pairs, size_t count, const char *key);
