/* The text that Prometheus reads, byte by byte. */
#include "tools/otpctl/openmetrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct openmetrics_family sent = {"x_sent", OPENMETRICS_COUNTER, NULL, "What was \"sent\"\n\\o/"};
static const struct openmetrics_family wait = {"x_wait_seconds", OPENMETRICS_GAUGE, "seconds", "A wait."};

static void a_counter_has_its_suffix_and_no_byte_breaks_the_line(void **state)
{
	const struct openmetrics_label labels[OPENMETRICS_LABELS] = {{"channel", "a\"b\\c\nd"}, {"to", "…"}};
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	openmetrics_begin(out, &sent);
	openmetrics_sample(out, &sent, labels, 12043);
	openmetrics_end(out);
	fclose(out);
	assert_string_equal(text, "# TYPE x_sent counter\n"
				  "# HELP x_sent What was \\\"sent\\\"\\n\\\\o/\n"
				  "x_sent_total{channel=\"a\\\"b\\\\c\\nd\",to=\"…\"} 12043\n"
				  "# EOF\n");
	free(text);
}

static void a_gauge_has_its_unit(void **state)
{
	const struct openmetrics_label none[OPENMETRICS_LABELS] = {{0}};
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	openmetrics_begin(out, &wait);
	openmetrics_sample(out, &wait, none, 0.24);
	fclose(out);
	assert_string_equal(text, "# TYPE x_wait_seconds gauge\n"
				  "# UNIT x_wait_seconds seconds\n"
				  "# HELP x_wait_seconds A wait.\n"
				  "x_wait_seconds 0.24\n");
	free(text);
}

static void a_large_count_is_exact(void **state)
{
	const struct openmetrics_label none[OPENMETRICS_LABELS] = {{0}};
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	openmetrics_sample(out, &sent, none, 123456789012345);
	fclose(out);
	assert_string_equal(text, "x_sent_total 123456789012345\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_counter_has_its_suffix_and_no_byte_breaks_the_line),
		cmocka_unit_test(a_gauge_has_its_unit),
		cmocka_unit_test(a_large_count_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
