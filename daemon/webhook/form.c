#include "daemon/webhook/form.h"

#include "daemon/base/hex.h"

#include <errno.h>
#include <string.h>

/* Decodes text up to end in place and puts a NUL behind it; end may be written to. False: it is wrong. */
static bool decode(char *text, const char *end)
{
	char *out = text;

	for (const char *in = text; in < end; in++) {
		unsigned char byte = (unsigned char)*in;

		if (*in == '+') {
			byte = ' ';
		} else if (*in == '%') {
			if (end - in < 3 || !hex_parse(in + 1, &byte, 1))
				return false;
			in += 2;
		}
		if (byte == '\0')
			return false;
		*out++ = (char)byte;
	}
	*out = '\0';
	return true;
}

/* One "key=value" between text and end; a key alone has an empty value. */
static bool decode_pair(char *text, char *end, struct parser_pair *pair)
{
	char *equals = memchr(text, '=', (size_t)(end - text));
	char *value = equals ? equals + 1 : end;

	pair->key = text;
	pair->value = value;
	return decode(value, end) && decode(text, equals ? equals : end);
}

int form_decode(char *text, size_t length, struct parser_pair *pairs, size_t size)
{
	char *end = text + length;
	size_t n = 0;

	for (char *start = text; start < end;) {
		char *stop = memchr(start, '&', (size_t)(end - start));

		if (!stop)
			stop = end;
		if (stop > start) {
			if (n == size)
				return -E2BIG;
			if (!decode_pair(start, stop, &pairs[n++]))
				return -EBADMSG;
		}
		start = stop + 1;
	}
	return (int)n;
}

const char *form_value(const struct parser_pair *pairs, size_t count, const char *key)
{
	const char *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(pairs[i].key, key) != 0)
			continue;
		if (found)
			return NULL;
		found = pairs[i].value;
	}
	return found;
}
