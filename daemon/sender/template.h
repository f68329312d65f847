/*
 * The one place where a value of a message meets a text of the config. "{name}" is a placeholder; its value is encoded
 * for where it stands, so that it can end no string and add no parameter and no header. Nothing is ever evaluated.
 *
 * "{{" and "}}" stand for one brace. Not so in JSON: there a brace that begins no "{name}" is JSON's own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum template_place {
	TEMPLATE_PLAIN,   /* as it is: texts */
	TEMPLATE_PERCENT, /* URLs, form bodies: all but RFC 3986's unreserved characters as %XX */
	TEMPLATE_JSON,    /* inside a JSON string (RFC 8259, 7) */
	TEMPLATE_HEADER,  /* headers, raw bodies: as it is, but a control character is an error */
};

struct template_value {
	const char *name;
	const char *value;
};

/* 0, or -EINVAL with what is wrong in why: a placeholder that is none of names (which end with NULL), a lone brace. */
int template_check(const char *text, enum template_place place, const char *const names[], char *why, size_t why_size);

/* True if the placeholder stands in the text. */
bool template_has(const char *text, enum template_place place, const char *name);

/*
 * 0 with a string that the caller gives to memory_free(), or -errno: -EINVAL if the text was not checked, or if a value
 * may not stand there; -ENOMEM. values end with a NULL name.
 */
int template_render(const char *text, enum template_place place, const struct template_value values[], char **ret);
