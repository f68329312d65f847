#include "wire/codec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct span {
	const char *data;
	size_t length;
};

/* Length of the well-formed UTF-8 sequence at s, 0 if there is none (RFC 3629: no overlong forms, no surrogates). */
static size_t utf8_sequence(const unsigned char *s, size_t left)
{
	static const struct {
		unsigned char first_low, first_high, second_low, second_high;
		size_t length;
	} forms[] = {
		{0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
		if (s[0] < forms[f].first_low || s[0] > forms[f].first_high)
			continue;
		if (forms[f].length > left)
			return 0;
		for (size_t i = 1; i < forms[f].length; i++) {
			unsigned char low = i == 1 ? forms[f].second_low : 0x80;
			unsigned char high = i == 1 ? forms[f].second_high : 0xbf;

			if (s[i] < low || s[i] > high)
				return 0;
		}
		return forms[f].length;
	}
	return 0;
}

static bool text_ok(const char *text, size_t length, bool newlines)
{
	const unsigned char *s = (const unsigned char *)text;

	for (size_t i = 0, n; i < length; i += n) {
		n = utf8_sequence(s + i, length - i);
		if (n == 0)
			return false;
		if ((s[i] < 0x20 || s[i] == 0x7f) && !(newlines && s[i] == '\n'))
			return false;
	}
	return true;
}

bool wire_text_ok(const char *text, size_t length)
{
	return text_ok(text, length, false);
}

/* Takes one "key=value\n" off the front. Returns false at the end or at a line that is not one. */
static bool next_line(struct span *rest, struct span *key, struct span *value)
{
	const char *newline = memchr(rest->data, '\n', rest->length);
	const char *equals;
	size_t line;

	if (!newline)
		return false;
	line = (size_t)(newline - rest->data);
	equals = memchr(rest->data, '=', line);
	if (!equals || equals == rest->data)
		return false;
	*key = (struct span){rest->data, (size_t)(equals - rest->data)};
	*value = (struct span){equals + 1, (size_t)(newline - equals - 1)};
	*rest = (struct span){newline + 1, rest->length - line - 1};
	return true;
}

static bool span_is(struct span s, const char *text)
{
	return s.length == strlen(text) && memcmp(s.data, text, s.length) == 0;
}

bool wire_is(const struct wire_message *message, const char *data, size_t length)
{
	struct span rest = {data, length}, key, value;

	return next_line(&rest, &key, &value) && span_is(key, "op") && span_is(value, message->op);
}

static bool decode_string(const struct wire_field *f, struct span value, char *out)
{
	if (value.length >= f->size || !wire_text_ok(value.data, value.length))
		return false;
	memcpy(out, value.data, value.length);
	out[value.length] = '\0';
	return true;
}

static bool decode_prompt(const struct wire_field *f, struct span value, char *out)
{
	size_t n = 0;

	if (!wire_text_ok(value.data, value.length))
		return false;
	for (size_t i = 0; i < value.length; i++) {
		char c = value.data[i];

		if (c == '\\') {
			if (++i == value.length || (value.data[i] != 'n' && value.data[i] != '\\'))
				return false;
			c = value.data[i] == 'n' ? '\n' : '\\';
		}
		if (n + 1 >= f->size)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

static bool decode_number(struct span value, uint64_t *out)
{
	uint64_t n = 0;

	if (value.length == 0 || value.length > 20)
		return false;
	for (size_t i = 0; i < value.length; i++) {
		unsigned digit = (unsigned)(value.data[i] - '0');

		if (digit > 9 || __builtin_mul_overflow(n, 10u, &n) || __builtin_add_overflow(n, digit, &n))
			return false;
	}
	*out = n;
	return true;
}

static bool decode_value(const struct wire_field *f, struct span value, void *out)
{
	switch (f->type) {
	case WIRE_STRING:
		return decode_string(f, value, out);
	case WIRE_PROMPT:
		return decode_prompt(f, value, out);
	case WIRE_NUMBER:
		return decode_number(value, out);
	case WIRE_FLAG:
		*(bool *)out = span_is(value, "yes");
		return *(bool *)out || span_is(value, "no");
	case WIRE_ENUM:
		for (int i = 0; f->names[i]; i++)
			if (span_is(value, f->names[i])) {
				*(int *)out = i;
				return true;
			}
		return false;
	}
	return false;
}

static const struct wire_field *find_field(const struct wire_message *message, struct span key)
{
	for (size_t i = 0; i < message->field_count; i++)
		if (span_is(key, message->fields[i].key))
			return &message->fields[i];
	return NULL;
}

int wire_decode(const struct wire_message *message, const char *data, size_t length, void *out,
		char why[static WIRE_WHY_MAX])
{
	struct span rest = {data, length}, key, value;
	uint64_t seen = 0;

	memset(out, 0, message->size);
	if (length > WIRE_DATAGRAM_MAX || !wire_is(message, data, length)) {
		snprintf(why, WIRE_WHY_MAX, "not an op=%s datagram", message->op);
		return -EBADMSG;
	}
	(void)next_line(&rest, &key, &value);
	while (rest.length > 0) {
		const struct wire_field *f;
		uint64_t bit;

		if (!next_line(&rest, &key, &value)) {
			snprintf(why, WIRE_WHY_MAX, "op=%s: a line is not key=value", message->op);
			return -EBADMSG;
		}
		f = find_field(message, key);
		if (!f) {
			if (span_is(key, "op")) {
				snprintf(why, WIRE_WHY_MAX, "op=%s: key op is repeated", message->op);
				return -EBADMSG;
			}
			continue;
		}
		bit = UINT64_C(1) << (f - message->fields);
		if (seen & bit) {
			snprintf(why, WIRE_WHY_MAX, "op=%s: key %s is repeated", message->op, f->key);
			return -EBADMSG;
		}
		seen |= bit;
		if (!decode_value(f, value, (char *)out + f->offset)) {
			snprintf(why, WIRE_WHY_MAX, "op=%s: key %s has a value that is too long or not allowed",
				 message->op, f->key);
			return -EBADMSG;
		}
	}
	for (size_t i = 0; i < message->field_count; i++)
		if (message->fields[i].required && !(seen & (UINT64_C(1) << i))) {
			snprintf(why, WIRE_WHY_MAX, "op=%s: key %s is missing", message->op, message->fields[i].key);
			return -EBADMSG;
		}
	return 0;
}

struct writer {
	char *data;
	size_t size, used;
};

static void put(struct writer *w, const char *text, size_t length)
{
	if (w->used + length <= w->size)
		memcpy(w->data + w->used, text, length);
	w->used += length;
}

static void put_line(struct writer *w, const char *key, const char *value, size_t length)
{
	put(w, key, strlen(key));
	put(w, "=", 1);
	put(w, value, length);
	put(w, "\n", 1);
}

static void put_prompt(struct writer *w, const char *key, const char *value)
{
	put(w, key, strlen(key));
	put(w, "=", 1);
	for (; *value; value++)
		switch (*value) {
		case '\n':
			put(w, "\\n", 2);
			break;
		case '\\':
			put(w, "\\\\", 2);
			break;
		default:
			put(w, value, 1);
		}
	put(w, "\n", 1);
}

static int encode_field(const struct wire_field *f, const void *in, struct writer *w)
{
	char number[24];
	size_t length;
	int value;

	switch (f->type) {
	case WIRE_STRING:
	case WIRE_PROMPT:
		length = strnlen(in, f->size);
		if (length == f->size || !text_ok(in, length, f->type == WIRE_PROMPT))
			return -EINVAL;
		if (length == 0 && !f->required)
			return 0;
		if (f->type == WIRE_PROMPT)
			put_prompt(w, f->key, in);
		else
			put_line(w, f->key, in, length);
		return 0;
	case WIRE_NUMBER:
		snprintf(number, sizeof(number), "%llu", (unsigned long long)*(const uint64_t *)in);
		put_line(w, f->key, number, strlen(number));
		return 0;
	case WIRE_FLAG:
		if (*(const bool *)in)
			put_line(w, f->key, "yes", 3);
		return 0;
	case WIRE_ENUM:
		value = *(const int *)in;
		for (int i = 0; f->names[i]; i++)
			if (i == value) {
				put_line(w, f->key, f->names[i], strlen(f->names[i]));
				return 0;
			}
		return -EINVAL;
	}
	return -EINVAL;
}

ssize_t wire_encode(const struct wire_message *message, const void *in, char *data, size_t size)
{
	struct writer w = {.data = data, .size = size < WIRE_DATAGRAM_MAX ? size : WIRE_DATAGRAM_MAX};

	put_line(&w, "op", message->op, strlen(message->op));
	for (size_t i = 0; i < message->field_count; i++) {
		const struct wire_field *f = &message->fields[i];
		int r = encode_field(f, (const char *)in + f->offset, &w);

		if (r < 0)
			return r;
	}
	return w.used <= w.size ? (ssize_t)w.used : -EMSGSIZE;
}
