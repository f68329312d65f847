#include "daemon/provider/json.h"

#include "wire/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *json_read(const char *data, size_t length)
{
	return json_loadb(data, length, JSON_REJECT_DUPLICATES, NULL);
}

bool json_pointer_ok(const char *pointer)
{
	if (*pointer != '/')
		return false;
	for (const char *s = pointer; *s; s++) {
		if (*s == '~' && s[1] != '0' && s[1] != '1')
			return false;
		if (*s == '/' && strcspn(s + 1, "/") >= JSON_TOKEN_MAX)
			return false;
	}
	return true;
}

/* Takes "/token" off the front of a pointer that json_pointer_ok likes. */
static void token_take(const char **cursor, char token[static JSON_TOKEN_MAX])
{
	const char *s = *cursor + 1;
	size_t n = 0;

	for (; *s && *s != '/' && n < JSON_TOKEN_MAX - 1; s++) {
		char c = *s;

		if (c == '~')
			c = *++s == '1' ? '/' : '~';
		token[n++] = c;
	}
	token[n] = '\0';
	*cursor = s;
}

/* RFC 6901, 4: digits without a leading zero. */
static const json_t *element(const json_t *array, const char *token)
{
	size_t digits = strspn(token, "0123456789");

	if (digits == 0 || digits > 9 || token[digits] != '\0' || (token[0] == '0' && digits > 1))
		return NULL;
	return json_array_get(array, (size_t)strtoul(token, NULL, 10));
}

const json_t *json_at(const json_t *root, const char *pointer)
{
	char token[JSON_TOKEN_MAX];

	if (!json_pointer_ok(pointer))
		return NULL;
	while (root && *pointer) {
		token_take(&pointer, token);
		root = json_is_array(root) ? element(root, token) : json_object_get(root, token);
	}
	return root;
}

bool json_scalar(const json_t *value, char *text, size_t size)
{
	int n = -1;

	if (json_is_string(value))
		n = snprintf(text, size, "%s", json_string_value(value));
	else if (json_is_integer(value))
		n = snprintf(text, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_boolean(value))
		n = snprintf(text, size, "%s", json_is_true(value) ? "true" : "false");
	if (n > 0 && (size_t)n < size && wire_text_ok(text, (size_t)n))
		return true;
	if (size > 0)
		text[0] = '\0';
	return false;
}
