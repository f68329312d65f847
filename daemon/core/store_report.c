#include "daemon/core/store_report.h"

#include "daemon/core/store_tx.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS "kind, subject, text, count, first_at, last_at, told_at, acked_at, acked_by"

static int read_alarm(struct tx *tx, struct alarm_row *row)
{
	return tx_row(tx, "sssiiiiis", row->kind, sizeof(row->kind), row->subject, sizeof(row->subject), row->text,
		      sizeof(row->text), &row->count, &row->first_at, &row->last_at, &row->told_at, &row->acked_at,
		      row->acked_by, sizeof(row->acked_by));
}

int store_alarm_get(struct tx *tx, const char *kind, const char *subject, struct alarm_row *ret)
{
	int r = tx_query(tx, "SELECT " COLUMNS " FROM alarm WHERE kind = ? AND subject = ?", "ss", kind, subject);

	return r < 0 ? r : read_alarm(tx, ret);
}

int store_alarm_put(struct tx *tx, const struct alarm_row *row)
{
	int r = tx_run(tx, "INSERT OR REPLACE INTO alarm (" COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?)", "sssiiiiis",
		       row->kind, row->subject, row->text, row->count, row->first_at, row->last_at, row->told_at,
		       row->acked_at, row->acked_by);

	return r < 0 ? r : 0;
}

int store_alarm_count(struct tx *tx, const char *kind, int64_t *ret)
{
	int r = tx_query(tx, "SELECT count(*) FROM alarm WHERE kind = ? AND acked_at = 0", "s", kind);

	return r < 0 ? r : tx_row(tx, "i", ret);
}

int store_alarm_prune(struct tx *tx, int64_t before)
{
	int r = tx_run(tx, "DELETE FROM alarm WHERE acked_at > 0 AND acked_at < ?", "i", before);

	return r < 0 ? r : 0;
}

int store_alarm_next(struct tx *tx, struct alarm_row *row)
{
	struct alarm_row after = *row;
	int r = tx_query(tx,
			 "SELECT " COLUMNS " FROM alarm WHERE (kind, subject) > (?, ?) ORDER BY kind, subject LIMIT 1",
			 "ss", after.kind, after.subject);

	return r < 0 ? r : read_alarm(tx, row);
}

int store_alarm_ack(struct tx *tx, const char *kind, const char *by, int64_t wall)
{
	return tx_run(tx, "UPDATE alarm SET acked_at = ?, acked_by = ? WHERE acked_at = 0 AND (kind = ? OR ? = '')",
		      "isss", wall, by, kind, kind);
}

/*
 * Statistics: a row holds all counts of an hour, a channel and a country, as pairs of two bytes of place and eight of
 * count, the low one first. With a row for each count, a look at three months read millions of them.
 */
#define PLACE_SIZE 2
#define PAIR_SIZE 10
#define COUNTS_SIZE (TALLY_PLACES * PAIR_SIZE)
#define CELL "hour, channel, country, counts"
#define DAY 86400

static size_t counts_encode(const int64_t counts[static TALLY_PLACES], unsigned char data[static COUNTS_SIZE])
{
	unsigned char *at = data;

	for (size_t place = 0; place < TALLY_PLACES; place++) {
		uint16_t key = htole16((uint16_t)place);
		uint64_t value = htole64((uint64_t)counts[place]);

		if (counts[place] == 0)
			continue;
		memcpy(at, &key, PLACE_SIZE);
		memcpy(at + PLACE_SIZE, &value, sizeof(value));
		at += PAIR_SIZE;
	}
	return (size_t)(at - data);
}

static int counts_decode(const unsigned char *data, size_t length, int64_t counts[static TALLY_PLACES])
{
	memset(counts, 0, TALLY_PLACES * sizeof(*counts));
	for (const unsigned char *at = data; length >= PAIR_SIZE; at += PAIR_SIZE, length -= PAIR_SIZE) {
		uint16_t key;
		uint64_t value;

		memcpy(&key, at, PLACE_SIZE);
		memcpy(&value, at + PLACE_SIZE, sizeof(value));
		if (le16toh(key) >= TALLY_PLACES)
			return -EUCLEAN;
		counts[le16toh(key)] = (int64_t)le64toh(value);
	}
	return length == 0 ? 0 : -EUCLEAN;
}

/* What fetches a row: tx_row or tx_next. */
typedef int fetch_row(struct tx *tx, const char *letters, ...);

static int read_cell(struct tx *tx, fetch_row *fetch, struct stat_cell *cell)
{
	unsigned char data[COUNTS_SIZE];
	size_t length;
	int r = fetch(tx, "issb", &cell->hour, cell->channel, sizeof(cell->channel), cell->country,
		      sizeof(cell->country), data, sizeof(data), &length);

	if (r > 0 && counts_decode(data, length, cell->counts) < 0)
		return -EUCLEAN;
	return r;
}

/* Adds a cell's counts to those of its hour, or of another that takes them. */
static int merge(struct tx *tx, const struct stat_cell *cell, int64_t hour)
{
	unsigned char data[COUNTS_SIZE];
	struct stat_cell known;
	int r = tx_query(tx, "SELECT " CELL " FROM stat WHERE hour = ? AND channel = ? AND country = ?", "iss", hour,
			 cell->channel, cell->country);

	if (r >= 0)
		r = read_cell(tx, tx_row, &known);
	if (r < 0)
		return r;
	if (r == 0)
		memset(known.counts, 0, sizeof(known.counts));
	for (size_t place = 0; place < TALLY_PLACES; place++)
		known.counts[place] += cell->counts[place];
	r = tx_run(tx,
		   "INSERT INTO stat (" CELL ") VALUES (?,?,?,?)"
		   " ON CONFLICT DO UPDATE SET counts = excluded.counts",
		   "issb", hour, cell->channel, cell->country, data, counts_encode(known.counts, data));
	return r < 0 ? r : 0;
}

static bool is_of_cell(const struct stat_cell *cell, const struct stat_row *row)
{
	return cell->hour == row->hour && strcmp(cell->channel, row->channel) == 0 &&
	       strcmp(cell->country, row->country) == 0;
}

int store_stat_add(struct tx *tx, const struct stat_row *rows, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r == 0;) {
		struct stat_cell cell = {.hour = rows[i].hour};

		memcpy(cell.channel, rows[i].channel, sizeof(cell.channel));
		memcpy(cell.country, rows[i].country, sizeof(cell.country));
		for (; i < count && is_of_cell(&cell, &rows[i]); i++) {
			if (rows[i].place < 0 || rows[i].place >= TALLY_PLACES)
				return -EINVAL;
			cell.counts[rows[i].place] += rows[i].count;
		}
		r = merge(tx, &cell, cell.hour);
	}
	return r;
}

int store_stat_begin(struct tx *tx, int64_t since)
{
	return tx_query(tx, "SELECT " CELL " FROM stat WHERE hour >= ? ORDER BY hour", "i", since);
}

int store_stat_next(struct tx *tx, struct stat_cell *ret)
{
	int r = read_cell(tx, tx_next, ret);

	if (r == -EUCLEAN)
		tx_end(tx);
	return r;
}

void store_stat_end(struct tx *tx)
{
	tx_end(tx);
}

int store_stat_prune(struct tx *tx, int64_t before)
{
	struct stat_cell cell;
	int r;

	for (;;) {
		r = tx_query(tx, "SELECT " CELL " FROM stat WHERE hour < ? AND hour % 86400 != 0 ORDER BY hour LIMIT 1",
			     "i", before);
		if (r >= 0)
			r = read_cell(tx, tx_row, &cell);
		if (r > 0)
			r = merge(tx, &cell, cell.hour - cell.hour % DAY);
		else
			return r;
		if (r == 0)
			r = tx_run(tx, "DELETE FROM stat WHERE hour = ? AND channel = ? AND country = ?", "iss",
				   cell.hour, cell.channel, cell.country);
		if (r < 0)
			return r;
	}
}
