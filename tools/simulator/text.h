/* What numbers and texts look like. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define TEXT_CODE_MAX 11 /* with its NUL */

/* "+" and 7 to 15 digits that do not begin with 0. */
bool text_is_e164(const char *text);
/* The same without "+". */
bool text_is_digits(const char *text);
bool text_has_control(const char *text);
/* Characters of UTF-8. */
size_t text_length(const char *text);

/* The first run of 4 to 10 digits; empty: none. */
void text_find_code(const char *text, char code[static TEXT_CODE_MAX]);
/* The same of digits that are spoken one by one ("4, 8, 2, 9"). */
void text_find_spoken_code(const char *text, char code[static TEXT_CODE_MAX]);

/* True if http or https to a loopback address, without a name or password in it. */
bool text_is_local_url(const char *url);
