#include "daemon/webhook/fields.h"

#include "daemon/provider/json.h"
#include "daemon/webhook/form.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends a text with its NUL. */
static const char *keep(char **end, const char *text, size_t length)
{
	char *start = *end;

	memcpy(start, text, length);
	start[length] = '\0';
	*end += length + 1;
	return start;
}

static bool is_json(const struct parser_request *request)
{
	const char *type = parser_header(request, "Content-Type");

	return type && strncasecmp(type, "application/json", strlen("application/json")) == 0;
}

/* No key and no value is longer as text than it was in the body, with its quotes and colon or comma behind. */
static int read_json(const struct parser_request *request, struct fields *fields)
{
	__attribute__((cleanup(json_unrefp))) json_t *root = json_read(request->body, request->length);
	char *end = fields->text;
	const char *key;
	json_t *value;

	if (!json_is_object(root))
		return -EBADMSG;
	json_object_foreach(root, key, value)
	{
		char number[24];
		const char *text = json_string_value(value);

		if (json_is_integer(value)) {
			snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
			text = number;
		}
		if (!text)
			continue;
		if (fields->count == PARSER_PAIRS_MAX)
			return -EBADMSG;
		fields->pairs[fields->count].key = keep(&end, key, strlen(key));
		fields->pairs[fields->count++].value = keep(&end, text, strlen(text));
	}
	return 0;
}

static int read_form(const struct parser_request *request, struct fields *fields)
{
	int n;

	memcpy(fields->text, request->body, request->length);
	fields->text[request->length] = '\0';
	n = form_decode(fields->text, request->length, fields->pairs + fields->count, PARSER_PAIRS_MAX - fields->count);
	if (n < 0)
		return -EBADMSG;
	fields->count += (size_t)n;
	return 0;
}

static int read_body(const struct parser_request *request, struct fields *fields)
{
	fields->text = calloc(1, request->length + 1);
	if (!fields->text)
		return -EBADMSG;
	fields->size = request->length + 1;
	return is_json(request) ? read_json(request, fields) : read_form(request, fields);
}

int fields_read(const struct parser_request *request, unsigned parts, struct fields *ret)
{
	struct fields fields = {0};
	int r = 0;

	if (parts & FIELDS_QUERY) {
		if (request->query_count > PARSER_PAIRS_MAX)
			return -EBADMSG;
		if (request->query_count > 0)
			memcpy(fields.pairs, request->query, request->query_count * sizeof(fields.pairs[0]));
		fields.count = request->query_count;
	}
	if ((parts & FIELDS_BODY) && request->length > 0)
		r = read_body(request, &fields);
	if (r < 0) {
		fields_clear(&fields);
		return r;
	}
	*ret = fields; /* transferred */
	return 0;
}

void fields_clear(struct fields *fields)
{
	if (fields->text)
		explicit_bzero(fields->text, fields->size);
	free(fields->text);
	*fields = (struct fields){0};
}

static int by_key(const void *a, const void *b)
{
	const struct parser_pair *left = a, *right = b;
	int order = strcmp(left->key, right->key);

	return order ? order : strcmp(left->value, right->value);
}

void fields_sort(struct fields *fields)
{
	qsort(fields->pairs, fields->count, sizeof(fields->pairs[0]), by_key);
}

const char *fields_value(const struct fields *fields, const char *key)
{
	return form_value(fields->pairs, fields->count, key);
}
