#include "daemon/core/store_report.h"

#include "daemon/core/store_tx.h"

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

int store_stat_add(struct tx *tx, const struct stat_row *row)
{
	int r = tx_run(tx,
		       "INSERT INTO stat (hour, channel, country, place, count) VALUES (?,?,?,?,?)"
		       " ON CONFLICT DO UPDATE SET count = count + excluded.count",
		       "issii", row->hour, row->channel, row->country, row->place, row->count);

	return r < 0 ? r : 0;
}

#define SUM(key)                                                                                                       \
	"SELECT " key ", place, sum(count) FROM stat WHERE hour >= ? AND " key " > ? GROUP BY 1, 2 ORDER BY 1, 2"

int store_stat_begin(struct tx *tx, enum stat_key by, int64_t since, const char *after)
{
	switch (by) {
	case STAT_CHANNEL:
		return tx_query(tx, SUM("channel"), "is", since, after);
	case STAT_COUNTRY:
		return tx_query(tx, SUM("country"), "is", since, after);
	case STAT_HOUR:
		return tx_query(tx, SUM("printf('%010d', hour)"), "is", since, after);
	default:
		return tx_query(tx, "SELECT '', place, sum(count) FROM stat WHERE hour >= ? GROUP BY 2 ORDER BY 2", "i",
				since);
	}
}

int store_stat_next(struct tx *tx, char key[static WIRE_NAME_MAX], int64_t *place, int64_t *count)
{
	return tx_next(tx, "sii", key, (size_t)WIRE_NAME_MAX, place, count);
}

int store_stat_prune(struct tx *tx, int64_t before)
{
	int r = tx_run(tx,
		       "INSERT INTO stat (hour, channel, country, place, count)"
		       " SELECT hour - hour % 86400, channel, country, place, sum(count) FROM stat"
		       " WHERE hour < ? AND hour % 86400 != 0 GROUP BY 1, 2, 3, 4"
		       " ON CONFLICT DO UPDATE SET count = count + excluded.count",
		       "i", before);

	if (r > 0)
		r = tx_run(tx, "DELETE FROM stat WHERE hour < ? AND hour % 86400 != 0", "i", before);
	return r < 0 ? r : 0;
}
