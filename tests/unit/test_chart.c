/* Charts: scales that people can read, and text that cannot leave its place. */
#include "tools/otpctl/chart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct chart chart = {"x", "Title <1>", "What \"it\" shows"};

static void steps_are_round(void **state)
{
	(void)state;
	assert_int_equal(chart_step(1, 4), 1);
	assert_int_equal(chart_step(4, 4), 1);
	assert_int_equal(chart_step(5, 4), 2);
	assert_int_equal(chart_step(17, 4), 5);
	assert_int_equal(chart_step(12043, 4), 5000);
	assert_true(chart_step(UINT64_MAX, 4) > UINT64_MAX / 10000);
}

static void text_is_escaped(void **state)
{
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	html_text(out, "<script>'a' & \"b\"</script> …");
	fclose(out);
	assert_string_equal(text, "&lt;script&gt;&#39;a&#39; &amp; &quot;b&quot;&lt;/script&gt; …");
	free(text);
}

static void a_chart_says_what_it_shows(void **state)
{
	struct chart_row row = {.label = "a<b", .tip = "a<b: 3", .part = {1, 0, 2, 0}};
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	chart_bars(out, &chart, &row, 1);
	fclose(out);
	assert_non_null(strstr(text, "role=\"img\" aria-labelledby=\"x-t x-d\""));
	assert_non_null(strstr(text, "<title id=\"x-t\">Title &lt;1&gt;</title>"));
	assert_non_null(strstr(text, "<desc id=\"x-d\">What &quot;it&quot; shows</desc>"));
	assert_non_null(strstr(text, "<title>a&lt;b: 3</title>"));
	assert_non_null(strstr(text, "class=\"part0\""));
	assert_null(strstr(text, "class=\"part1\""));
	free(text);
}

static void a_long_label_is_cut_between_characters(void **state)
{
	struct chart_row row = {.label = "äöüäöüäöüäöüäöüäöü"};
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	chart_bars(out, &chart, &row, 1);
	fclose(out);
	assert_non_null(strstr(text, ">äöüäöüäöüäöüäö…<"));
	free(text);
}

static void a_gap_is_no_line(void **state)
{
	const struct chart_point points[] = {{"a", "a", 0.5}, {"b", "b", -1}, {"c", "c", 1}, {"d", "d", 0}};
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	const char *path, *end;

	(void)state;
	chart_line(out, &chart, points, 4);
	fclose(out);
	path = strstr(text, " d=\"M");
	end = strchr(path + 5, '"');
	assert_non_null(memchr(path + 5, 'M', (size_t)(end - path - 5)));
	assert_null(strstr(text, "<title>b</title>"));
	free(text);
}

static void what_is_not_known_has_no_span(void **state)
{
	struct chart_spans row = {
		.label = "sms", .tip = {"send", "delivery", "answer"}, .p50 = {240, 0, 14000}, .p95 = {910, 0, 41000}};
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	chart_times(out, &chart, &row, 1);
	fclose(out);
	assert_non_null(strstr(text, "class=\"span0\""));
	assert_null(strstr(text, "class=\"span1\""));
	assert_non_null(strstr(text, "class=\"span2\""));
	assert_non_null(strstr(text, ">0.1 s<"));
	assert_non_null(strstr(text, ">100 s<"));
	assert_null(strstr(text, "nan"));
	free(text);
}

static void nothing_is_drawn_of_nothing(void **state)
{
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	chart_bars(out, &chart, NULL, 0);
	chart_columns(out, &chart, NULL, 0);
	chart_line(out, &chart, NULL, 0);
	chart_times(out, &chart, NULL, 0);
	fclose(out);
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_round),
		cmocka_unit_test(text_is_escaped),
		cmocka_unit_test(a_chart_says_what_it_shows),
		cmocka_unit_test(a_long_label_is_cut_between_characters),
		cmocka_unit_test(a_gap_is_no_line),
		cmocka_unit_test(what_is_not_known_has_no_span),
		cmocka_unit_test(nothing_is_drawn_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
