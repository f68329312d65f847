/* Bytes as hex digits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Writes 2 * size lower-case digits and a NUL. */
void hex_format(const unsigned char *bytes, size_t size, char *text);

/* True if text begins with 2 * size digits of either case; length is the caller's to check. */
bool hex_parse(const char *text, unsigned char *bytes, size_t size);
