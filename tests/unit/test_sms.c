/* What a text costs: its alphabet, its length in that, its segments. Counted by hand from 3GPP TS 23.038. */
#include "daemon/base/sms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void is(const char *text, bool unicode, size_t units, size_t segments)
{
	struct sms_size size = sms_measure(text);

	if (size.unicode != unicode || size.units != units || size.segments != segments)
		fail_msg("\"%s\": %s, %zu units, %zu segments", text, size.unicode ? "UCS-2" : "GSM-7", size.units,
			 size.segments);
}

/* count times unit, and then more */
static const char *times(size_t count, const char *unit, const char *more)
{
	static char text[2048];
	char *end = text;

	while (count-- > 0)
		end = stpcpy(end, unit);
	strcpy(end, more);
	return text;
}

static void the_default_alphabet(void **state)
{
	(void)state;
	is("", false, 0, 0);
	is("123456 is your code.", false, 20, 1);
	is("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ", false, 31, 1);
	is(" !\"#¤%&'()*+,-./0123456789:;<=>?¡", false, 33, 1);
	is("ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà", false, 63, 1);
}

static void characters_of_the_extension_table_take_two(void **state)
{
	(void)state;
	is("\f^{}\\[~]|€", false, 20, 1);
	is("[web1] 123456", false, 15, 1);
}

static void one_other_character_makes_all_of_it_unicode(void **state)
{
	(void)state;
	is("`", true, 1, 1);
	is("a\tb", true, 3, 1);
	is("Código: 123456", true, 14, 1); /* ó is not in the alphabet, ò is */
	is("ç", true, 1, 1);               /* Ç is */
	is("123456 رمز", true, 10, 1);
	is("код {", true, 5, 1); /* a brace takes one there */
}

static void characters_beyond_the_basic_plane_take_two_units(void **state)
{
	(void)state;
	is("😀", true, 2, 1);
	is(times(35, "😀", ""), true, 70, 1);
	is(times(35, "😀", "a"), true, 71, 2);
}

static void where_a_message_ends(void **state)
{
	(void)state;
	is(times(160, "a", ""), false, 160, 1);
	is(times(161, "a", ""), false, 161, 2);
	is(times(306, "a", ""), false, 306, 2);
	is(times(307, "a", ""), false, 307, 3);
	is(times(70, "я", ""), true, 70, 1);
	is(times(71, "я", ""), true, 71, 2);
	is(times(134, "я", ""), true, 134, 2);
	is(times(135, "я", ""), true, 135, 3);
}

static void no_character_is_cut_in_two(void **state)
{
	(void)state;
	is(times(80, "€", ""), false, 160, 1);
	is(times(152, "€", ""), false, 304, 2); /* 76 to a part: one septet stays free */
	is(times(153, "€", ""), false, 306, 3);
	is(times(66, "😀", ""), true, 132, 2);
	is(times(67, "😀", ""), true, 134, 3);
}

static void what_is_no_utf8_counts_too(void **state)
{
	(void)state;
	is("\xff", true, 1, 1);
	is("a\xc3", true, 2, 1);
	is("\xc0\xaf", true, 2, 1);         /* overlong */
	is("\xed\xa0\x80", true, 3, 1);     /* a surrogate */
	is("\xf4\x90\x80\x80", true, 4, 1); /* beyond the last character */
	is("\xe2\x82", true, 2, 1);
}

static void text_as_gateways_take_ucs2(void **state)
{
	static const char *const rows[][2] = {
		{"", ""}, {"1a", "00310061"}, {"رمز", "063106450632"}, {"€😀", "20ACD83DDE00"}, {"\xff", "FFFD"},
	};
	char hex[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sms_ucs2(rows[i][0], hex);
		assert_string_equal(hex, rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_alphabet),
		cmocka_unit_test(characters_of_the_extension_table_take_two),
		cmocka_unit_test(one_other_character_makes_all_of_it_unicode),
		cmocka_unit_test(characters_beyond_the_basic_plane_take_two_units),
		cmocka_unit_test(where_a_message_ends),
		cmocka_unit_test(no_character_is_cut_in_two),
		cmocka_unit_test(what_is_no_utf8_counts_too),
		cmocka_unit_test(text_as_gateways_take_ucs2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
