#include "tools/otpctl/openmetrics.h"

static const char *const type_names[] = {[OPENMETRICS_COUNTER] = "counter", [OPENMETRICS_GAUGE] = "gauge"};

static void escaped(FILE *out, const char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
}

void openmetrics_begin(FILE *out, const struct openmetrics_family *family)
{
	fprintf(out, "# TYPE %s %s\n", family->name, type_names[family->type]);
	if (family->unit)
		fprintf(out, "# UNIT %s %s\n", family->name, family->unit);
	fprintf(out, "# HELP %s ", family->name);
	escaped(out, family->help);
	fputc('\n', out);
}

void openmetrics_sample(FILE *out, const struct openmetrics_family *family,
			const struct openmetrics_label labels[OPENMETRICS_LABELS], double value)
{
	fprintf(out, "%s%s", family->name, family->type == OPENMETRICS_COUNTER ? "_total" : "");
	for (size_t i = 0; i < OPENMETRICS_LABELS && labels[i].name; i++) {
		fprintf(out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
		escaped(out, labels[i].value);
		fputc('"', out);
	}
	fprintf(out, "%s %.15g\n", labels[0].name ? "}" : "", value);
}

void openmetrics_end(FILE *out)
{
	fputs("# EOF\n", out);
}
