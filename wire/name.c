#include "wire/name.h"

#include <stdbool.h>
#include <string.h>

static bool is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@$+-";

	if (!*name)
		return false;
	for (; *name; name++)
		if (!((unsigned char)*name & 0x80) && !strchr(plain, *name))
			return false;
	return true;
}

const char *name_quote(const char *name, char out[static NAME_QUOTED_MAX])
{
	size_t n = 0;
	bool plain = is_plain(name);

	if (!plain)
		out[n++] = '"';
	for (; *name && n < NAME_QUOTED_MAX - 3; name++) {
		if (*name == '"' || *name == '\\')
			out[n++] = '\\';
		out[n++] = *name;
	}
	if (!plain)
		out[n++] = '"';
	out[n] = '\0';
	return out;
}
