#include "tools/otpctl/output.h"

#include <err.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#define COLUMNS_MAX 14
#define GAP 2

static void complain(const char *kind, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static void complain(const char *kind, const char *format, va_list args)
{
	fflush(stdout);
	fprintf(stderr, "whatsapp-otpctl: %s", kind);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void output_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain("", format, args);
	va_end(args);
}

void output_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain("warning: ", format, args);
	va_end(args);
}

static json_t *json_of(const struct wire_field *f, const char *at)
{
	switch (f->type) {
	case WIRE_NUMBER:
		return json_integer((json_int_t) * (const uint64_t *)(const void *)at);
	case WIRE_FLAG:
		return json_boolean(*(const bool *)(const void *)at);
	case WIRE_ENUM:
		return json_string(f->names[*(const int *)(const void *)at]);
	default:
		return json_string(at);
	}
}

json_t *output_json_of(const struct wire_message *message, const void *item)
{
	json_t *object = json_object();

	for (size_t i = 0; i < message->field_count; i++) {
		const struct wire_field *f = &message->fields[i];

		(void)json_object_set_new(object, f->key, json_of(f, (const char *)item + f->offset));
	}
	return object;
}

void output_json(json_t *object)
{
	if (!object)
		errx(1, "out of memory");
	(void)json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(object);
}

size_t output_width(const char *text)
{
	size_t width = 0, left = strlen(text);
	mbstate_t state = {0};

	while (left > 0) {
		wchar_t c;
		size_t n = mbrtowc(&c, text, left, &state);
		int columns;

		if (n == (size_t)-1 || n == (size_t)-2)
			return width + left;
		columns = wcwidth(c);
		width += columns > 0 ? (size_t)columns : 0;
		text += n;
		left -= n;
	}
	return width;
}

const char *output_time(uint64_t seconds, char text[static OUTPUT_TIME_MAX])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds == 0 || !localtime_r(&t, &tm) || strftime(text, OUTPUT_TIME_MAX, "%Y-%m-%d %H:%M", &tm) == 0)
		snprintf(text, OUTPUT_TIME_MAX, "-");
	return text;
}

const char *output_duration(uint64_t seconds, char text[static OUTPUT_TIME_MAX])
{
	if (seconds < 120)
		snprintf(text, OUTPUT_TIME_MAX, "%llu s", (unsigned long long)seconds);
	else if (seconds < 7200)
		snprintf(text, OUTPUT_TIME_MAX, "%llu min", (unsigned long long)(seconds + 59) / 60);
	else
		snprintf(text, OUTPUT_TIME_MAX, "%llu h", (unsigned long long)(seconds + 3599) / 3600);
	return text;
}

struct table {
	size_t columns, rows;
	size_t width[COLUMNS_MAX];
	size_t figures, figures_end; /* the columns of figures */
	char **cells;                /* columns × rows; the first row is the headings */
};

struct table *table_new(const char *const *headings, size_t columns)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table || columns > COLUMNS_MAX)
		errx(1, "out of memory");
	table->columns = columns;
	table_add(table, headings);
	return table;
}

void table_add(struct table *table, const char *const *cells)
{
	char **grown = reallocarray(table->cells, (table->rows + 1) * table->columns, sizeof(char *));

	if (!grown)
		errx(1, "out of memory");
	table->cells = grown;
	for (size_t i = 0; i < table->columns; i++) {
		const char *cell = cells[i][0] ? cells[i] : "-";
		size_t width = output_width(cell);

		grown[table->rows * table->columns + i] = strdup(cell);
		if (!grown[table->rows * table->columns + i])
			errx(1, "out of memory");
		table->width[i] = width > table->width[i] ? width : table->width[i];
	}
	table->rows++;
}

void table_align_right(struct table *table, size_t first, size_t end)
{
	table->figures = first;
	table->figures_end = end;
}

static void print_row(const struct table *table, char *const *cells, FILE *stream)
{
	size_t last = table->columns - 1;

	for (size_t i = 0; i <= last; i++) {
		int missing = (int)(table->width[i] - output_width(cells[i]));
		bool right = i >= table->figures && i < table->figures_end;

		fprintf(stream, "%*s%s%*s", right ? missing : 0, "", cells[i],
			(right || i == last ? 0 : missing) + (i == last ? 0 : GAP), "");
	}
	fputc('\n', stream);
}

void table_print(const struct table *table, FILE *stream)
{
	for (size_t row = 0; row < table->rows; row++)
		print_row(table, table->cells + row * table->columns, stream);
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->rows * table->columns; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}
