/* Phone numbers by E.164 (ITU-T E.164: '+', country code, at most 15 digits). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define PHONE_MAX 17 /* "+", 15 digits, NUL */
#define PHONE_MASK_MAX 16

struct phone {
	char e164[PHONE_MAX];
};

/*
 * Accepts "+CC…" or "00CC…" with spaces, dashes, dots and parentheses between digits; 7 to 15 digits, the first not 0.
 * Returns 0 or -EINVAL.
 */
int phone_parse(const char *text, struct phone *ret);

/* The only way to print a phone: "…34". Returns mask. */
const char *phone_mask(const struct phone *phone, char mask[static PHONE_MASK_MAX]);

/* Its country calling code: "+966". Numbers that share one (+1, +7) share it here. Returns country. */
#define PHONE_COUNTRY_MAX 5
const char *phone_country(const struct phone *phone, char country[static PHONE_COUNTRY_MAX]);

/* True if the number begins with prefix ("+966"). */
bool phone_has_prefix(const struct phone *phone, const char *prefix);
