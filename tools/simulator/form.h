/* application/x-www-form-urlencoded, taken strictly. */
#pragma once

#include <jansson.h>
#include <stddef.h>

/*
 * A new object of strings, or NULL: a pair without "=", a key twice, a "%" without two hex digits, a character that
 * must be escaped, or bytes that are no UTF-8 or hold a NUL.
 */
json_t *form_parse(const char *body, size_t size);
