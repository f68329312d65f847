/* stats for people: one wide table where nobody looks, two narrow ones with bars on a terminal. */
#include "tools/otpctl/figure.h"
#include "tools/otpctl/output.h"
#include "tools/otpctl/stats.h"
#include "tools/otpctl/terminal.h"

#include <string.h>

#define CELLS 16 /* of a bar */
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

enum column {
	KEY,
	SENT,
	ACCEPTED,
	DELIVERED,
	READ,
	FAILED,
	FALLBACK,
	VERIFIED,
	CONVERSION,
	SEND,
	DELIVERY,
	ANSWER,
	COST,
	COLUMNS
};
static const char *const headings[COLUMNS] = {
	[SENT] = "SENT",
	[ACCEPTED] = "ACCEPTED",
	[DELIVERED] = "DELIVERED",
	[READ] = "READ",
	[FAILED] = "FAILED",
	[FALLBACK] = "FALLBACK",
	[VERIFIED] = "VERIFIED",
	[CONVERSION] = "CONVERSION",
	[SEND] = "SEND-P50/P95",
	[DELIVERY] = "DELIVERY-P50/P95",
	[ANSWER] = "ANSWER-P50/P95",
	[COST] = "COST",
};

struct cells {
	char text[COLUMNS][STATS_LABEL_MAX];
};

static void number(char *cell, uint64_t n)
{
	snprintf(cell, STATS_LABEL_MAX, "%llu", (unsigned long long)n);
}

static void fill(struct cells *c, const struct stat_item *s, const char *label, const char *by)
{
	snprintf(c->text[KEY], STATS_LABEL_MAX, "%s", label);
	number(c->text[SENT], s->sent);
	number(c->text[ACCEPTED], s->accepted);
	number(c->text[DELIVERED], s->delivered);
	number(c->text[READ], s->read);
	number(c->text[FAILED], s->failed);
	number(c->text[FALLBACK], s->fallback);
	number(c->text[VERIFIED], s->verified);
	figure_percent(s->verified, stats_codes(s, by), c->text[CONVERSION]);
	figure_times(s->send_ms_p50, s->send_ms_p95, c->text[SEND]);
	figure_times(s->delivery_ms_p50, s->delivery_ms_p95, c->text[DELIVERY]);
	figure_times(s->answer_ms_p50, s->answer_ms_p95, c->text[ANSWER]);
	figure_money(s->cost, s->currency, c->text[COST]);
}

/* The columns of a table, which may have a bar behind them. */
struct layout {
	enum column columns[COLUMNS];
	size_t count;
	bool bar;
};

static const struct layout wide = {
	{KEY, SENT, ACCEPTED, DELIVERED, READ, FAILED, FALLBACK, VERIFIED, CONVERSION, SEND, DELIVERY, ANSWER, COST},
	COLUMNS,
	false,
};
static const struct layout narrow[] = {
	{{KEY, SENT, ACCEPTED, DELIVERED, READ, FAILED, FALLBACK}, 7, false},
	{{KEY, VERIFIED, CONVERSION}, 3, true},
	{{KEY, SEND, DELIVERY, ANSWER, COST}, 5, false},
};

/* How long the bar is says how much was sent, how far it is filled how much of it was typed. */
static void draw_bar(const struct stat_item *s, const char *by, uint64_t most, char *text, size_t size)
{
	uint64_t codes = stats_codes(s, by), typed = s->verified < codes ? s->verified : codes;
	const char *colour = 10 * typed >= 8 * codes ? GREEN : 10 * typed >= 5 * codes ? YELLOW : RED;
	char bar[CELLS * 4];

	figure_bar(typed, codes, most, CELLS, bar, sizeof(bar));
	snprintf(text, size, "%s%s%s", terminal_has_colour() ? colour : "", bar, terminal_has_colour() ? PLAIN : "");
}

static void add_row(struct table *table, const struct layout *layout, const struct cells *cells, const char *bar)
{
	const char *row[COLUMNS + 1];

	for (size_t i = 0; i < layout->count; i++)
		row[i] = cells->text[layout->columns[i]];
	row[layout->count] = bar;
	table_add(table, row);
}

static struct table *table_of(const struct layout *layout, const char *by)
{
	const char *row[COLUMNS + 1];
	struct table *table;

	row[0] = by;
	for (size_t i = 1; i < layout->count; i++)
		row[i] = headings[layout->columns[i]];
	row[layout->count] = " ";
	table = table_new(row, layout->count + layout->bar);
	table_align_right(table, 1, layout->count);
	return table;
}

static uint64_t most_codes(const struct stat_list *list)
{
	uint64_t most = 0;

	for (size_t i = 0; i < list->count; i++) {
		uint64_t codes = stats_codes(&list->items[i], list->by);

		most = codes > most ? codes : most;
	}
	return most;
}

static void print_table(const struct layout *layout, const struct stat_list *list, const struct stat_item *total)
{
	static const struct {
		const char *by, *heading;
	} names[] = {{"channel", "CHANNEL"}, {"country", "COUNTRY"}, {"provider", "PROVIDER"}, {"hour", "HOUR"}};
	uint64_t most = most_codes(list);
	char label[STATS_LABEL_MAX], bar[CELLS * 4 + 16];
	const char *heading = "";
	struct table *table;
	struct cells cells;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].by, list->by) == 0)
			heading = names[i].heading;
	table = table_of(layout, heading);
	for (size_t i = 0; i < list->count; i++) {
		fill(&cells, &list->items[i], stats_label(&list->items[i], list->by, label), list->by);
		draw_bar(&list->items[i], list->by, most, bar, sizeof(bar));
		add_row(table, layout, &cells, bar);
	}
	fill(&cells, total, "total", "");
	add_row(table, layout, &cells, " ");
	table_print(table, stdout);
	table_free(table);
}

void stats_print(const struct stat_list *list, const struct stat_item *total, uint64_t since)
{
	char from[OUTPUT_TIME_MAX];

	if (list->count == 0) {
		printf("nothing was sent%s%s\n", since ? " since " : "", since ? output_time(since, from) : "");
		return;
	}
	if (terminal_columns() == 0) {
		print_table(&wide, list, total);
		return;
	}
	printf("since %s\n", since ? output_time(since, from) : "the beginning");
	for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++) {
		putchar('\n');
		print_table(&narrow[i], list, total);
	}
}
