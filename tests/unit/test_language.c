/* A user gets the template in the nearest language that the provider has approved. */
#include "daemon/base/language.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char en_us[] = "en_US", en[] = "en", ar[] = "ar", pt_br[] = "pt_BR", zh_tw[] = "zh-TW", fil[] = "fil";
static char *const none[] = {NULL};
static char *const few[] = {en_us, ar, NULL};
static char *const many[] = {en, en_us, ar, pt_br, zh_tw, fil, NULL};

struct row {
	const char *wanted;
	char *const *approved;
	const char *fallback, *chosen;
};

static void choose_all(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_string_equal(language_choose(rows[i].wanted, rows[i].approved, rows[i].fallback),
				    rows[i].chosen);
}
#define CHOOSE_ALL(rows) choose_all(rows, sizeof(rows) / sizeof((rows)[0]))

static void the_nearest_approved_language_is_chosen(void **state)
{
	static const struct row rows[] = {
		{"ar", few, "en_US", "ar"},     {"ar_SA", few, "en_US", "ar"}, {"en_US", few, "ar", "en_US"},
		{"en", few, "ar", "en_US"},     {"en_GB", few, "ar", "en_US"}, {"en_GB", many, "ar", "en"},
		{"en_US", many, "ar", "en_US"}, {"pt", many, "en", "pt_BR"},   {"pt_PT", many, "en", "pt_BR"},
		{"fil_PH", many, "en", "fil"},  {"zh", many, "en", "zh-TW"},
	};

	(void)state;
	CHOOSE_ALL(rows);
}

static void spelling_does_not_matter_and_the_approved_one_is_used(void **state)
{
	static const struct row rows[] = {
		{"EN-us", few, "ar", "en_US"},
		{"AR-sa", few, "en_US", "ar"},
		{"zh_tw", many, "en", "zh-TW"},
		{"pt-br", many, "en", "pt_BR"},
	};

	(void)state;
	CHOOSE_ALL(rows);
}

static void a_language_that_nobody_approved_falls_back(void **state)
{
	static const struct row rows[] = {
		{"fr", few, "en_US", "en_US"}, {"", few, "ar", "ar"},         {"_US", few, "ar", "ar"},
		{"fi", many, "en", "en"},      {"filo_PH", many, "en", "en"}, {"e", many, "ar", "ar"},
	};

	(void)state;
	CHOOSE_ALL(rows);
}

static void without_a_list_only_the_region_is_ours(void **state)
{
	static const struct row rows[] = {
		{"", none, "en_US", "en_US"},      {"en", none, "en_US", "en_US"}, {"en_GB", none, "en_US", "en_US"},
		{"EN-gb", none, "en_US", "en_US"}, {"ar", none, "en_US", "ar"},    {"ar_SA", none, "en_US", "ar_SA"},
		{"eng", none, "en_US", "eng"},
	};

	(void)state;
	CHOOSE_ALL(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_approved_language_is_chosen),
		cmocka_unit_test(spelling_does_not_matter_and_the_approved_one_is_used),
		cmocka_unit_test(a_language_that_nobody_approved_falls_back),
		cmocka_unit_test(without_a_list_only_the_region_is_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
