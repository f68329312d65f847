#include "daemon/base/phone.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int phone_parse(const char *text, struct phone *ret)
{
	size_t n = 0;

	if (text[0] == '+')
		text++;
	else if (text[0] == '0' && text[1] == '0')
		text += 2;
	else
		return -EINVAL;
	ret->e164[n++] = '+';
	for (; *text; text++) {
		if (strchr(" -.()", *text))
			continue;
		if (*text < '0' || *text > '9' || n == PHONE_MAX - 1)
			return -EINVAL;
		ret->e164[n++] = *text;
	}
	ret->e164[n] = '\0';
	return n - 1 >= 7 && ret->e164[1] != '0' ? 0 : -EINVAL;
}

const char *phone_mask(const struct phone *phone, char mask[static PHONE_MASK_MAX])
{
	size_t n = strlen(phone->e164);

	snprintf(mask, PHONE_MASK_MAX, "…%s", n > 2 ? phone->e164 + n - 2 : "??");
	return mask;
}

bool phone_has_prefix(const struct phone *phone, const char *prefix)
{
	return strncmp(phone->e164, prefix, strlen(prefix)) == 0;
}

/* The codes of one and of two digits (ITU-T E.164, list of assigned country codes); all others have three. */
static const char *const short_codes[] = {
	"1",  "7",  "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45",
	"46", "47", "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63",
	"64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
};

const char *phone_country(const struct phone *phone, char country[static PHONE_COUNTRY_MAX])
{
	size_t digits = 3;

	for (size_t i = 0; i < sizeof(short_codes) / sizeof(short_codes[0]); i++)
		if (phone->e164[0] && strncmp(phone->e164 + 1, short_codes[i], strlen(short_codes[i])) == 0)
			digits = strlen(short_codes[i]);
	snprintf(country, PHONE_COUNTRY_MAX, "%.*s", (int)digits + 1, phone->e164);
	return country;
}
