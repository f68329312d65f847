#include "daemon/base/sms.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define BAD_CHARACTER 0xfffd
#define EURO 0x20ac /* the one escaped character beyond ASCII */

/* TS 23.038, 6.2.1: the default alphabet beyond ASCII, which characters of ASCII it lacks, and what needs an escape. */
static const uint16_t beyond_ascii[] = {
	0xa1, 0xa3, 0xa4, 0xa5,  0xa7,  0xbf,  0xc4,  0xc5,  0xc6,  0xc7,  0xc9,  0xd1,  0xd6,
	0xd8, 0xdc, 0xdf, 0xe0,  0xe4,  0xe5,  0xe6,  0xe8,  0xe9,  0xec,  0xf1,  0xf2,  0xf6,
	0xf8, 0xf9, 0xfc, 0x393, 0x394, 0x398, 0x39b, 0x39e, 0x3a0, 0x3a3, 0x3a6, 0x3a8, 0x3a9,
};
static const char lacking[] = "`\x7f";
static const char escaped[] = "\f^{}\\[~]|";

/* How much of one message, and how much of several, a text takes: no character is cut in two. */
struct packer {
	const size_t one, part;
	size_t units, parts, used;
};

static void pack(struct packer *p, size_t units)
{
	p->units += units;
	if (p->parts == 0 || p->used + units > p->part) {
		p->parts++;
		p->used = 0;
	}
	p->used += units;
}

static struct sms_size packed(const struct packer *p, bool unicode)
{
	return (struct sms_size){
		.unicode = unicode,
		.units = p->units,
		.segments = p->units <= p->one ? p->units > 0 : p->parts,
	};
}

/* Takes one character off the front. */
static uint32_t character_take(const unsigned char **cursor)
{
	static const struct {
		unsigned char mask, lead;
		int more;
		uint32_t least;
	} forms[] = {{0x80, 0x00, 0, 0}, {0xe0, 0xc0, 1, 0x80}, {0xf0, 0xe0, 2, 0x800}, {0xf8, 0xf0, 3, 0x10000}};
	const unsigned char *s = *cursor;
	size_t form = 0;
	uint32_t c;

	while (form < 4 && (*s & forms[form].mask) != forms[form].lead)
		form++;
	*cursor = s + 1;
	if (form == 4)
		return BAD_CHARACTER;
	c = *s & (uint32_t)(unsigned char)~forms[form].mask;
	for (int i = 1; i <= forms[form].more; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return BAD_CHARACTER;
		c = c << 6 | (s[i] & 0x3fU);
	}
	if (c < forms[form].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return BAD_CHARACTER;
	*cursor = s + 1 + forms[form].more;
	return c;
}

/* 0: not in the default alphabet. */
static size_t septets(uint32_t c)
{
	if (c == EURO)
		return 2;
	if (c < 0x80) {
		if (strchr(escaped, (int)c))
			return 2;
		return (c < 0x20 && c != '\n' && c != '\r') || strchr(lacking, (int)c) ? 0 : 1;
	}
	for (size_t i = 0; i < sizeof(beyond_ascii) / sizeof(beyond_ascii[0]); i++)
		if (beyond_ascii[i] == c)
			return 1;
	return 0;
}

struct sms_size sms_measure(const char *utf8)
{
	const unsigned char *cursor = (const unsigned char *)utf8;
	struct packer gsm = {.one = 160, .part = 153}, ucs2 = {.one = 70, .part = 67};
	bool unicode = false;

	while (*cursor) {
		uint32_t c = character_take(&cursor);
		size_t n = septets(c);

		unicode = unicode || n == 0;
		pack(&gsm, n);
		pack(&ucs2, c > 0xffff ? 2 : 1);
	}
	return unicode ? packed(&ucs2, true) : packed(&gsm, false);
}

void sms_ucs2(const char *utf8, char *hex)
{
	const unsigned char *cursor = (const unsigned char *)utf8;

	*hex = '\0';
	while (*cursor) {
		uint32_t c = character_take(&cursor);

		if (c > 0xffff)
			hex += sprintf(hex, "%04X%04X", 0xd800 | (c - 0x10000) >> 10, 0xdc00 | (c & 0x3ff));
		else
			hex += sprintf(hex, "%04X", c);
	}
}
