#include "daemon/base/language.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define SEPARATORS "_-"

/* Not tolower(): a language's name means the same in every locale. */
static char folded(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '-' ? '_' : c;
}

/* Whether name is the first length characters of text, and nothing else. */
static bool is_named(const char *name, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (folded(name[i]) != folded(text[i]))
			return false;
	return name[length] == '\0';
}

static bool same_base(const char *a, const char *b)
{
	size_t length = strcspn(a, SEPARATORS);

	if (length == 0 || strcspn(b, SEPARATORS) != length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (folded(a[i]) != folded(b[i]))
			return false;
	return true;
}

static const char *find_named(char *const *names, const char *text, size_t length)
{
	for (; *names; names++)
		if (is_named(*names, text, length))
			return *names;
	return NULL;
}

static const char *find_related(char *const *names, const char *text)
{
	for (; *names; names++)
		if (same_base(*names, text))
			return *names;
	return NULL;
}

const char *language_choose(const char *wanted, char *const *approved, const char *fallback)
{
	const char *found;

	if (strcspn(wanted, SEPARATORS) == 0)
		return fallback;
	if (!*approved)
		return same_base(wanted, fallback) ? fallback : wanted;
	found = find_named(approved, wanted, strlen(wanted));
	if (!found)
		found = find_named(approved, wanted, strcspn(wanted, SEPARATORS));
	if (!found)
		found = find_related(approved, wanted);
	return found ? found : fallback;
}
