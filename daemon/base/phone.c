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
