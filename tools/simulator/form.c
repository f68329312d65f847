#include "tools/simulator/form.h"

#include <stdlib.h>
#include <string.h>

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Decodes into out, which has room for size bytes. Returns the length or -1. */
static long decode(const char *in, size_t size, char *out)
{
	long n = 0;

	for (size_t i = 0; i < size; i++) {
		char c = in[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int high = i + 2 < size ? hex_value(in[i + 1]) : -1,
			    low = high >= 0 ? hex_value(in[i + 2]) : -1;

			if (low < 0)
				return -1;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c <= ' ' || c == '=' || c == 0x7f) {
			return -1;
		}
		out[n++] = c;
	}
	return n;
}

static json_t *decode_string(const char *in, size_t size)
{
	char *out = malloc(size + 1);
	long n = out ? decode(in, size, out) : -1;
	json_t *string = n >= 0 && !memchr(out, '\0', (size_t)n) ? json_stringn(out, (size_t)n) : NULL;

	free(out);
	return string;
}

static int add_pair(json_t *form, const char *pair, size_t size)
{
	const char *equals = memchr(pair, '=', size);
	json_t *key, *value;
	int r = -1;

	if (!equals)
		return -1;
	key = decode_string(pair, (size_t)(equals - pair));
	value = decode_string(equals + 1, size - (size_t)(equals + 1 - pair));
	if (key && value && !json_object_get(form, json_string_value(key)))
		r = json_object_set(form, json_string_value(key), value);
	json_decref(key);
	json_decref(value);
	return r;
}

json_t *form_parse(const char *body, size_t size)
{
	json_t *form = json_object();
	size_t n;

	for (size_t at = 0; at < size; at += n + 1) {
		const char *end = memchr(body + at, '&', size - at);

		n = end ? (size_t)(end - body) - at : size - at;
		if (add_pair(form, body + at, n) < 0) {
			json_decref(form);
			return NULL;
		}
	}
	return form;
}
