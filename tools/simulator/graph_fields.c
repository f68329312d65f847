#include "tools/simulator/graph_fields.h"

#include <stdio.h>
#include <string.h>

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
#define DEPTH_MAX 4

static json_t *pick(const json_t *object, const char **text, int depth, char wrong[static 48]);

/* What is asked in braces, of an object, of each element of an array, or of each of a connection's ("data"). */
static json_t *pick_inside(const json_t *value, const char **text, int depth, char wrong[static 48])
{
	const json_t *elements = json_is_object(value) ? json_object_get(value, "data") : value;
	const char *begin = *text;
	json_t *list, *element;
	size_t i;

	if (!json_is_array(elements))
		return pick(value, text, depth, wrong);
	list = json_array();
	json_array_foreach((json_t *)elements, i, element)
	{
		json_t *one;

		*text = begin;
		one = pick(element, text, depth, wrong);
		if (!one) {
			json_decref(list);
			return NULL;
		}
		json_array_append_new(list, one);
	}
	if (json_array_size(list) == 0)
		*text += strcspn(*text, "}");
	return elements == value ? list : json_pack("{s:o}", "data", list);
}

/* One field; 0 or -1. */
static int pick_one(const json_t *object, const char **text, json_t *ret, int depth, char wrong[static 48])
{
	size_t n = strspn(*text, NAME_CHARS);
	json_t *value;

	snprintf(wrong, 48, "%.*s", (int)n, *text);
	value = n > 0 && n < 48 ? json_object_get(object, wrong) : NULL;
	*text += n;
	if (!value)
		return -1;
	if (**text != '{') {
		if (!json_is_null(value))
			json_object_set(ret, wrong, value);
		return 0;
	}
	++*text;
	{
		char name[48];
		json_t *inside;

		memcpy(name, wrong, sizeof(name));
		inside = depth < DEPTH_MAX ? pick_inside(value, text, depth + 1, wrong) : NULL;
		if (!inside)
			return -1;
		json_object_set_new(ret, name, inside);
	}
	if (**text != '}')
		return -1;
	++*text;
	return 0;
}

static json_t *pick(const json_t *object, const char **text, int depth, char wrong[static 48])
{
	json_t *ret = json_object();

	do {
		if (pick_one(object, text, ret, depth, wrong) < 0) {
			json_decref(ret);
			return NULL;
		}
	} while (**text == ',' && ++*text);
	return ret;
}

json_t *graph_fields_pick(const json_t *object, const char *fields, char wrong[static 48])
{
	const char *text = fields;
	json_t *ret = pick(object, &text, 0, wrong);

	if (!ret || !*text)
		return ret;
	snprintf(wrong, 48, "%.47s", text);
	json_decref(ret);
	return NULL;
}
