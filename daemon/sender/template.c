#include "daemon/sender/template.h"

#include "daemon/sender/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_"
#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

struct part {
	const char *data;
	size_t length;
	bool is_name;
};

/* Writes one encoded character to out, 6 bytes at most; returns their number, -EINVAL if it may not stand there. */
typedef int (*encoder)(unsigned char c, char out[static 8]);

static int encode_plain(unsigned char c, char out[static 8])
{
	out[0] = (char)c;
	return 1;
}

static int encode_percent(unsigned char c, char out[static 8])
{
	if (c != '\0' && strchr(UNRESERVED, c))
		return encode_plain(c, out);
	return snprintf(out, 8, "%%%02X", (unsigned)c);
}

static int encode_json(unsigned char c, char out[static 8])
{
	if (c == '"' || c == '\\')
		return snprintf(out, 8, "\\%c", c);
	if (c < 0x20)
		return snprintf(out, 8, "\\u%04x", (unsigned)c);
	return encode_plain(c, out);
}

static int encode_header(unsigned char c, char out[static 8])
{
	return c < 0x20 || c == 0x7f ? -EINVAL : encode_plain(c, out);
}

static const struct {
	encoder encode;
	bool own_braces;
} places[] = {
	[TEMPLATE_PLAIN] = {encode_plain, false},
	[TEMPLATE_PERCENT] = {encode_percent, false},
	[TEMPLATE_JSON] = {encode_json, true},
	[TEMPLATE_HEADER] = {encode_header, false},
};

/* Length of the "{name}" at s, 0 if there is none. */
static size_t placeholder_length(const char *s)
{
	size_t n = *s == '{' ? strspn(s + 1, NAME_CHARACTERS) : 0;

	return n > 0 && s[n + 1] == '}' ? n + 2 : 0;
}

/* Takes one part off the front. 1, 0 at the end, -EINVAL at a lone brace. */
static int part_take(const char **cursor, bool own_braces, struct part *ret)
{
	const char *s = *cursor;
	size_t length = placeholder_length(s);
	bool brace = *s == '{' || *s == '}';

	if (*s == '\0')
		return 0;
	if (length > 0) {
		*ret = (struct part){s + 1, length - 2, true};
	} else if (brace && !own_braces) {
		if (s[1] != s[0])
			return -EINVAL;
		*ret = (struct part){s, 1, false};
		length = 2;
	} else {
		length = 1 + strcspn(s + 1, "{}");
		*ret = (struct part){s, length, false};
	}
	*cursor = s + length;
	return 1;
}

static bool part_is(const struct part *part, const char *name)
{
	return strlen(name) == part->length && memcmp(name, part->data, part->length) == 0;
}

static bool part_is_one_of(const struct part *part, const char *const names[])
{
	for (; *names; names++)
		if (part_is(part, *names))
			return true;
	return false;
}

int template_check(const char *text, enum template_place place, const char *const names[], char *why, size_t why_size)
{
	struct part part;
	int r;

	while ((r = part_take(&text, places[place].own_braces, &part)) > 0)
		if (part.is_name && !part_is_one_of(&part, names)) {
			snprintf(why, why_size, "{%.*s} is no placeholder that can stand here", (int)part.length,
				 part.data);
			return -EINVAL;
		}
	if (r < 0)
		snprintf(why, why_size, "a brace belongs to no placeholder: write {{ or }} for a brace");
	return r;
}

bool template_has(const char *text, enum template_place place, const char *name)
{
	struct part part;

	while (part_take(&text, places[place].own_braces, &part) > 0)
		if (part.is_name && part_is(&part, name))
			return true;
	return false;
}

static const char *value_of(const struct part *part, const struct template_value values[])
{
	for (; values->name; values++)
		if (part_is(part, values->name))
			return values->value;
	return NULL;
}

/* The length of value when encoded; written to out unless that is NULL. */
static ssize_t encode_value(encoder encode, const char *value, char *out)
{
	char encoded[8];
	size_t length = 0;

	for (; *value; value++) {
		int n = encode((unsigned char)*value, encoded);

		if (n < 0)
			return n;
		if (out)
			memcpy(out + length, encoded, (size_t)n);
		length += (size_t)n;
	}
	return (ssize_t)length;
}

/* As encode_value, for the whole text. */
static ssize_t render(const char *text, enum template_place place, const struct template_value values[], char *out)
{
	size_t length = 0;
	struct part part;
	int r;

	while ((r = part_take(&text, places[place].own_braces, &part)) > 0) {
		const char *value = part.is_name ? value_of(&part, values) : NULL;
		ssize_t n = (ssize_t)part.length;

		if (part.is_name)
			n = value ? encode_value(places[place].encode, value, out ? out + length : NULL) : -EINVAL;
		else if (out)
			memcpy(out + length, part.data, part.length);
		if (n < 0)
			return n;
		length += (size_t)n;
	}
	return r < 0 ? r : (ssize_t)length;
}

int template_render(const char *text, enum template_place place, const struct template_value values[], char **ret)
{
	ssize_t length = render(text, place, values, NULL);
	char *out;

	*ret = NULL;
	if (length < 0)
		return (int)length;
	out = malloc((size_t)length + 1);
	if (!out)
		return -ENOMEM;
	render(text, place, values, out);
	out[length] = '\0';
	*ret = out; /* transferred */
	return 0;
}
