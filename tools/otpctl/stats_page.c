/* stats --html: one page that needs nothing else, no script and no other file. */
#include "tools/otpctl/chart.h"
#include "tools/otpctl/figure.h"
#include "tools/otpctl/file.h"
#include "tools/otpctl/output.h"
#include "tools/otpctl/stats.h"
#include "tools/otpctl/stats_css.h"
#include "tools/otpctl/stats_hours.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS_MAX 12 /* that a chart shows; the table has all */

enum { BY_CHANNEL, BY_COUNTRY, BY_PROVIDER, BY_HOUR, BY_COUNT };
static const struct {
	const char *by, *title, *each;
} sections[BY_COUNT] = {
	[BY_CHANNEL] = {"channel", "By channel", "channel"},
	[BY_COUNTRY] = {"country", "By country", "country"},
	[BY_PROVIDER] = {"provider", "By provider", "provider"},
	[BY_HOUR] = {"hour", "By hour", "hour"},
};

struct page {
	FILE *out;
	char host[65];
	uint64_t since, now;
	struct stat_item total;
	struct stat_list lists[BY_COUNT];
};

static void write_keys(FILE *out, const char *const names[][2], size_t count)
{
	fprintf(out, "<ul class=\"keys\">");
	for (size_t i = 0; i < count; i++)
		fprintf(out, "<li class=\"key-%s\">%s</li>", names[i][0], names[i][1]);
	fprintf(out, "</ul>");
}

static void write_outcome_keys(FILE *out)
{
	static const char *const names[][2] = {{"verified", "code typed"},
					       {"delivered", "arrived, not typed"},
					       {"silent", "no word of it"},
					       {"failed", "failed"}};

	write_keys(out, names, sizeof(names) / sizeof(names[0]));
}

/* Tiles */

static void write_tile(FILE *out, const char *name, const char *figure, const char *note)
{
	fprintf(out, "<div><dt>%s</dt><dd class=\"figure\">", name);
	html_text(out, figure);
	fprintf(out, "</dd><dd class=\"note\">");
	html_text(out, note);
	fprintf(out, "</dd></div>\n");
}

static void write_tiles(const struct page *p)
{
	const struct stat_item *t = &p->total;
	uint64_t codes = stats_codes(t, ""), arrived = t->delivered > t->read ? t->delivered : t->read;
	char a[FIGURE_MAX], b[FIGURE_MAX], note[2 * FIGURE_MAX + 32];

	fprintf(p->out, "<dl class=\"tiles\">\n");
	snprintf(note, sizeof(note), "in %s messages", figure_count(t->sent, b));
	write_tile(p->out, "Codes sent", figure_count(codes, a), note);
	snprintf(note, sizeof(note), "%s of them", figure_percent(t->verified, codes, b));
	write_tile(p->out, "Codes typed", figure_count(t->verified, a), note);
	snprintf(note, sizeof(note), "%s of the messages", figure_percent(arrived, t->sent, b));
	write_tile(p->out, "Known to have arrived", figure_count(arrived, a), note);
	snprintf(note, sizeof(note), "%s followed by another channel", figure_count(t->fallback, b));
	write_tile(p->out, "Failed", figure_count(t->failed, a), note);
	write_tile(p->out, "To arrive", figure_times(t->delivery_ms_p50, t->delivery_ms_p95, a),
		   "half of them, and 95 %");
	write_tile(p->out, "Cost", figure_money(t->cost, t->currency, a),
		   t->verified > 0 && t->currency[0] ? (snprintf(note, sizeof(note), "%s for each login",
								 figure_money(t->cost / t->verified, t->currency, b)),
							note)
						     : "");
	fprintf(p->out, "</dl>\n");
}

/* Tables */

static void write_cell(FILE *out, const char *text, const char *class)
{
	bool none = strcmp(text, "-") == 0 || strcmp(text, "0") == 0;

	fprintf(out, "<td%s%s%s>", none || *class ? " class=\"" : "", none ? "none" : class,
		none || *class ? "\"" : "");
	html_text(out, text);
	fprintf(out, "</td>");
}

static void write_row(FILE *out, const struct stat_item *s, const char *label, const char *by, bool times)
{
	const uint64_t counts[] = {s->sent, s->accepted, s->delivered, s->read, s->failed, s->fallback, s->verified};
	char text[FIGURE_MAX];

	fprintf(out, "<tr><th scope=\"row\">");
	html_text(out, label);
	fprintf(out, "</th>");
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		write_cell(out, figure_count(counts[i], text), &counts[i] == &counts[4] ? "bad" : "");
	write_cell(out, figure_percent(s->verified, stats_codes(s, by), text), "");
	if (times) {
		write_cell(out, figure_times(s->send_ms_p50, s->send_ms_p95, text), "");
		write_cell(out, figure_times(s->delivery_ms_p50, s->delivery_ms_p95, text), "");
		write_cell(out, figure_times(s->answer_ms_p50, s->answer_ms_p95, text), "");
	}
	write_cell(out, figure_money(s->cost, s->currency, text), "");
	fprintf(out, "</tr>\n");
}

static void begin_table(FILE *out, const char *caption, const char *each, bool times)
{
	static const char *const heads[] = {"Sent",      "Accepted",     "Delivered",  "Read",
					    "Failed",    "Fallen back",  "Typed",      "Conversion",
					    "Send time", "Arrival time", "Answer time"};
	size_t count = sizeof(heads) / sizeof(heads[0]) - (times ? 0 : 3);

	fprintf(out,
		"<div class=\"scroll\" tabindex=\"0\"><table>\n<caption>%s</caption>\n<thead><tr><th "
		"scope=\"col\">%c%s</th>",
		caption, each[0] - 'a' + 'A', each + 1);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "<th scope=\"col\">%s</th>", heads[i]);
	fprintf(out, "<th scope=\"col\">Cost</th></tr></thead>\n<tbody>\n");
}

static void end_table(FILE *out)
{
	fprintf(out, "</tbody></table></div>\n");
}

/* Sections by channel, country, provider */

static void fill_row(struct chart_row *row, const struct stat_item *s, const char *label)
{
	struct outcome o = stats_outcome(s);
	char n[4][FIGURE_MAX];

	*row = (struct chart_row){.part = {o.verified, o.delivered, o.silent, o.failed}};
	snprintf(row->label, sizeof(row->label), "%s", label);
	snprintf(row->tip, sizeof(row->tip), "%.40s: %s sent, %s typed, %s arrived, %s failed", label,
		 figure_count(s->sent, n[0]), figure_count(s->verified, n[1]), figure_count(s->delivered, n[2]),
		 figure_count(s->failed, n[3]));
}

static void fill_spans(struct chart_spans *row, const struct stat_item *s, const char *label)
{
	static const char *const names[CHART_SPANS] = {"taken by the provider", "arrived", "typed"};
	const uint64_t p50[CHART_SPANS] = {s->send_ms_p50, s->delivery_ms_p50, s->answer_ms_p50};
	const uint64_t p95[CHART_SPANS] = {s->send_ms_p95, s->delivery_ms_p95, s->answer_ms_p95};
	char times[FIGURE_MAX];

	*row = (struct chart_spans){0};
	snprintf(row->label, sizeof(row->label), "%s", label);
	for (size_t k = 0; k < CHART_SPANS; k++) {
		row->p50[k] = p50[k];
		row->p95[k] = p95[k];
		snprintf(row->tip[k], sizeof(row->tip[k]), "%.30s, %s: %s", label, names[k],
			 figure_times(p50[k], p95[k], times));
	}
}

static void write_outcomes(FILE *out, const struct stat_list *list, size_t shown)
{
	struct chart_row rows[ROWS_MAX];
	char label[STATS_LABEL_MAX], id[80], title[96];
	const struct chart chart = {id, title,
				    "One bar each: codes that were typed, messages that arrived, of which nobody said "
				    "anything, and that failed. The figures are in the table below."};

	for (size_t i = 0; i < shown; i++)
		fill_row(&rows[i], &list->items[i], stats_label(&list->items[i], list->by, label));
	snprintf(id, sizeof(id), "%s-outcomes", list->by);
	snprintf(title, sizeof(title), "What became of messages by %s", list->by);
	fprintf(out, "<figure><figcaption><h3>What became of the messages</h3>");
	write_outcome_keys(out);
	fprintf(out, "</figcaption>\n");
	chart_bars(out, &chart, rows, shown);
	fprintf(out, "</figure>\n");
}

static void write_times(FILE *out, const struct stat_list *list, size_t shown)
{
	static const char *const names[][2] = {{"send", "until a provider took it"},
					       {"delivery", "until it arrived"},
					       {"answer", "until it was typed"}};
	struct chart_spans rows[ROWS_MAX];
	char label[STATS_LABEL_MAX], id[80], title[96];
	const struct chart chart = {id, title,
				    "From the median, the full dot, to the 95th percentile, the ring, on a scale by "
				    "powers of ten. The figures are in the table below."};

	for (size_t i = 0; i < shown; i++)
		fill_spans(&rows[i], &list->items[i], stats_label(&list->items[i], list->by, label));
	snprintf(id, sizeof(id), "%s-times", list->by);
	snprintf(title, sizeof(title), "Times by %s", list->by);
	fprintf(out, "<figure><figcaption><h3>How long it took</h3>");
	write_keys(out, names, sizeof(names) / sizeof(names[0]));
	fprintf(out, "</figcaption>\n");
	chart_times(out, &chart, rows, shown);
	fprintf(out, "</figure>\n");
}

static void begin_section(FILE *out, size_t by)
{
	fprintf(out, "<section aria-labelledby=\"by-%s\"><header><h2 id=\"by-%s\">%s</h2>", sections[by].by,
		sections[by].by, sections[by].title);
}

static void write_section(const struct page *p, size_t by)
{
	const struct stat_list *list = &p->lists[by];
	size_t shown = list->count < ROWS_MAX ? list->count : ROWS_MAX;
	char label[STATS_LABEL_MAX];

	begin_section(p->out, by);
	if (list->count > shown)
		fprintf(p->out, "<p class=\"period\">the first %zu of %zu; all are in the table</p>", shown,
			list->count);
	fprintf(p->out, "</header>\n<div class=\"pair\">\n");
	write_outcomes(p->out, list, shown);
	write_times(p->out, list, shown);
	fprintf(p->out, "</div>\n");
	begin_table(p->out, sections[by].title, sections[by].each, true);
	for (size_t i = 0; i < list->count; i++)
		write_row(p->out, &list->items[i], stats_label(&list->items[i], list->by, label), list->by, true);
	end_table(p->out);
	fprintf(p->out, "</section>\n");
}

/* By hour */

static void fill_point(struct chart_point *point, const struct stat_item *s, const char *label)
{
	uint64_t codes = stats_codes(s, "hour"), typed = s->verified < codes ? s->verified : codes;
	char percent[FIGURE_MAX], n[FIGURE_MAX];

	point->value = codes > 0 ? (double)typed / (double)codes : -1;
	snprintf(point->label, sizeof(point->label), "%s", label);
	snprintf(point->tip, sizeof(point->tip), "%.40s: %s of %s codes", label, figure_percent(typed, codes, percent),
		 figure_count(codes, n));
}

static void write_over_time(FILE *out, const struct chart_row *rows, const struct chart_point *points, size_t count)
{
	static const struct chart volume = {"time-outcomes", "Messages over time",
					    "One column each: codes that were typed, messages that arrived, of which "
					    "nobody said anything, and that failed."},
				  conversion = {"time-conversion", "Codes typed of codes sent, over time",
						"The share of the codes sent in each period that were typed."};

	fprintf(out, "<figure><figcaption><h3>What became of the messages</h3>");
	write_outcome_keys(out);
	fprintf(out, "</figcaption>\n");
	chart_columns(out, &volume, rows, count);
	fprintf(out, "</figure>\n<figure><figcaption><h3>Codes typed of codes sent</h3></figcaption>\n");
	chart_line(out, &conversion, points, count);
	fprintf(out, "</figure>\n");
}

static void write_hours_table(FILE *out, const struct hours *hours)
{
	char label[OUTPUT_TIME_MAX];

	fprintf(out, "<details><summary>The figures as a table</summary>\n");
	begin_table(out, "Over time", "from", false);
	for (size_t i = 0; i < hours->count; i++)
		if (hours->slots[i].sent > 0)
			write_row(out, &hours->slots[i], output_time(hours->from[i], label), "hour", false);
	end_table(out);
	fprintf(out, "</details>\n");
}

static void write_hours(const struct page *p)
{
	struct hours *hours = hours_of(&p->lists[BY_HOUR], p->since, p->now);
	struct chart_row *rows = calloc(hours->count, sizeof(*rows));
	struct chart_point *points = calloc(hours->count, sizeof(*points));
	char label[OUTPUT_TIME_MAX], width[OUTPUT_TIME_MAX];

	if (!rows || !points)
		errx(1, "out of memory");
	for (size_t i = 0; i < hours->count; i++) {
		output_time(hours->from[i], label);
		/* A column of a day or more has no hour. */
		if (hours->seconds >= 86400)
			label[strcspn(label, " ")] = '\0';
		fill_row(&rows[i], &hours->slots[i], label);
		fill_point(&points[i], &hours->slots[i], label);
	}
	begin_section(p->out, BY_HOUR);
	fprintf(p->out, "<p class=\"period\">each column is %s</p></header>\n<div class=\"over-time\">\n",
		hours->seconds == 3600 ? "an hour" : output_duration(hours->seconds, width));
	write_over_time(p->out, rows, points, hours->count);
	fprintf(p->out, "</div>\n");
	write_hours_table(p->out, hours);
	fprintf(p->out, "</section>\n");
	free(rows);
	free(points);
	hours_free(hours);
}

/* The page */

static void write_head(const struct page *p)
{
	char from[OUTPUT_TIME_MAX], to[OUTPUT_TIME_MAX];

	fprintf(p->out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
			"style-src 'unsafe-inline'\">\n"
			"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			"<meta name=\"color-scheme\" content=\"light dark\">\n<title>One-time codes, ");
	html_text(p->out, p->host);
	fprintf(p->out, "</title>\n<style>\n");
	(void)fwrite(stats_css, 1, stats_css_size, p->out);
	fprintf(p->out, "</style>\n</head>\n<body>\n<main>\n<header><h1>One-time codes, ");
	html_text(p->out, p->host);
	fprintf(p->out, "</h1>\n<p class=\"period\">%s <time>%s</time> to <time>%s</time></p></header>\n",
		p->since ? "from" : "from the beginning until", p->since ? output_time(p->since, from) : "",
		output_time(p->now, to));
}

static void write_page(const struct page *p)
{
	write_head(p);
	write_tiles(p);
	if (p->total.sent == 0)
		fprintf(p->out, "<section><p class=\"empty\">Nothing was sent in this time.</p></section>\n");
	for (size_t by = 0; by < BY_COUNT && p->total.sent > 0; by++)
		if (by == BY_HOUR)
			write_hours(p);
		else
			write_section(p, by);
	fprintf(p->out, "<footer><p>A code that two channels carried is two messages; it counts once in all, in a "
			"country and in a column over time. Times are the median and the 95th percentile.</p>"
			"<p class=\"notes\">Made by whatsapp-otpctl " PACKAGE_VERSION ".</p></footer>\n"
			"</main>\n</body>\n</html>\n");
}

static int fetch(struct connection *connection, struct page *p, struct done *done)
{
	struct stat_list all;
	int status = stats_fetch(connection, p->since, "", &all, done);

	if (status != EXIT_OK || done->result != RESULT_ALLOW)
		return status;
	if (all.count > 0)
		p->total = all.items[0];
	stats_free(&all);
	for (size_t i = 0; i < BY_COUNT && status == EXIT_OK && done->result == RESULT_ALLOW; i++)
		status = stats_fetch(connection, p->since, sections[i].by, &p->lists[i], done);
	return status;
}

static void name_host(struct otpctl *ctl, char host[static 65])
{
	const struct config *config = otpctl_config(ctl);

	if (config && config->core.hostname[0])
		snprintf(host, 65, "%s", config->core.hostname);
	else if (gethostname(host, 64) < 0)
		host[0] = '\0';
}

static int save_page(struct page *p, const char *path)
{
	char *text = NULL;
	size_t length = 0;
	int r;

	p->out = open_memstream(&text, &length);
	if (!p->out)
		errx(1, "out of memory");
	write_page(p);
	r = fclose(p->out) == 0 ? file_replace(path, text, length, 0644) : -ENOMEM;
	free(text);
	if (r == 0)
		return EXIT_OK;
	output_error("stats: %s: cannot be written: %s", path, strerror(-r));
	return EXIT_REFUSED;
}

int stats_page(struct otpctl *ctl, uint64_t since, uint64_t now)
{
	struct connection connection = CONNECTION_CLOSED;
	struct page page = {.since = since, .now = now};
	struct done done = {0};
	int status = connection_open(ctl, &connection);

	name_host(ctl, page.host);
	if (status == EXIT_OK)
		status = fetch(&connection, &page, &done);
	connection_close(&connection);
	if (status == EXIT_OK)
		status = connection_end_of_list(ctl, "", &done);
	if (status == EXIT_OK)
		status = save_page(&page, ctl->options.html);
	for (size_t i = 0; i < BY_COUNT; i++)
		stats_free(&page.lists[i]);
	return status;
}
