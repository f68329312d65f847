#include "daemon/webhook/document.h"

#include "daemon/base/hex.h"

#include <stdlib.h>
#include <string.h>

#define ESCAPE 6 /* "\u0000" */
#define REPLACEMENT "\\ufffd"

/* The code unit of an escape that begins at text, or -1. */
static int unit_at(const char *text, const char *end)
{
	unsigned char bytes[2];

	if (end - text < ESCAPE || text[0] != '\\' || text[1] != 'u' || !hex_parse(text + 2, bytes, sizeof(bytes)))
		return -1;
	return bytes[0] << 8 | bytes[1];
}

static bool is_high(int unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(int unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

size_t document_mend(char *text, size_t length)
{
	char *end = text + length;
	size_t mended = 0;

	for (char *at = text; (at = memchr(at, '\\', (size_t)(end - at)));) {
		int unit = unit_at(at, end);
		bool pair = is_high(unit) && is_low(unit_at(at + ESCAPE, end));

		if (unit == 0 || (!pair && (is_high(unit) || is_low(unit)))) {
			memcpy(at, REPLACEMENT, ESCAPE);
			mended++;
		}
		at += pair ? 2 * ESCAPE : unit >= 0 ? ESCAPE : 2;
		if (at >= end)
			break;
	}
	return mended;
}

json_t *document_read(const char *data, size_t length)
{
	json_t *root = json_read(data, length);
	char *copy = root || length == 0 ? NULL : malloc(length);

	if (!copy)
		return root;
	memcpy(copy, data, length);
	if (document_mend(copy, length) > 0)
		root = json_read(copy, length);
	explicit_bzero(copy, length);
	free(copy);
	return root;
}
