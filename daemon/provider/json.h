/* Answers of providers as JSON: read strictly, looked into by JSON pointer (RFC 6901). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define JSON_TOKEN_MAX 128 /* one step of a pointer */

/* NULL if it is not one whole JSON object or array, or if a key is there twice. */
json_t *json_read(const char *data, size_t length);

static inline void json_unrefp(json_t **value)
{
	json_decref(*value);
}

/* True if the text is a pointer that json_at can follow: "/" before each step, "~" only as "~0" and "~1". */
bool json_pointer_ok(const char *pointer);

/* What the pointer leads to, borrowed from root; NULL if there is nothing. */
const json_t *json_at(const json_t *root, const char *pointer);

/* A string, an integer or a boolean as text: true if it is one, not empty, fits, and may travel in a datagram. */
bool json_scalar(const json_t *value, char *text, size_t size);
