#include "daemon/core/store_breaker.h"

#include "daemon/core/store_tx.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS "scope, subject, channel, open_until, failures, first_at, opened, told, code, detail"

static int read_row(struct tx *tx, bool only, struct breaker_row *row)
{
	int (*const next)(struct tx *, const char *, ...) = only ? tx_row : tx_next;

	return next(tx, "issiiiiiss", &row->scope, row->subject, sizeof(row->subject), row->channel,
		    sizeof(row->channel), &row->state.open_until, &row->state.failures, &row->state.first_at,
		    &row->opened, &row->told, row->code, sizeof(row->code), row->detail, sizeof(row->detail));
}

int store_breaker_get(struct tx *tx, enum breaker scope, const char *subject, const char *channel,
		      struct breaker_row *ret)
{
	int r = tx_query(tx, "SELECT " COLUMNS " FROM breaker WHERE scope = ? AND subject = ? AND channel = ?", "iss",
			 (int64_t)scope, subject, channel);

	if (r < 0)
		return r;
	memset(ret, 0, sizeof(*ret));
	r = read_row(tx, true, ret);
	if (r == 0) {
		ret->scope = (int64_t)scope;
		snprintf(ret->subject, sizeof(ret->subject), "%s", subject);
		snprintf(ret->channel, sizeof(ret->channel), "%s", channel);
	}
	return r;
}

int store_breaker_put(struct tx *tx, const struct breaker_row *row)
{
	int r = tx_run(tx, "INSERT OR REPLACE INTO breaker (" COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?)", "issiiiiiss",
		       row->scope, row->subject, row->channel, row->state.open_until, row->state.failures,
		       row->state.first_at, row->opened, row->told, row->code, row->detail);

	return r < 0 ? r : 0;
}

int store_breaker_next(struct tx *tx, int64_t now, struct breaker_row *row)
{
	struct breaker_row after = *row;
	int r = tx_query(tx,
			 "SELECT " COLUMNS
			 " FROM breaker WHERE (scope, subject, channel) > (?, ?, ?) AND open_until > ?"
			 " ORDER BY scope, subject, channel LIMIT 1",
			 "issi", after.scope, after.subject, after.channel, now);

	return r < 0 ? r : read_row(tx, true, row);
}

int store_breaker_close(struct tx *tx, enum breaker scope, const char *subject, const char *channel, int64_t before)
{
	return tx_run(tx,
		      "UPDATE breaker SET open_until = 0, failures = 0 WHERE scope = ? AND subject = ? AND channel = ?"
		      " AND opened < ? AND (open_until > 0 OR failures > 0)",
		      "issi", (int64_t)scope, subject, channel, before);
}

int store_breaker_close_all(struct tx *tx, const char *channel, int64_t now)
{
	int closed = tx_run(tx, "UPDATE breaker SET open_until = 0 WHERE (channel = ? OR ? = '') AND open_until > ?",
			    "ssi", channel, channel, now);
	int forgotten = tx_run(tx, "UPDATE breaker SET failures = 0 WHERE (channel = ? OR ? = '') AND failures > 0",
			       "ss", channel, channel);

	return forgotten < 0 ? forgotten : closed;
}

int store_breaker_find(struct tx *tx, const char *recipient, const char *country, int64_t now, struct breaker_row *rows,
		       size_t max)
{
	/* One look for all, since it stands in the way of every login; the recipient's own come first, for rows are
	 * few. */
	static const char sql[] =
		"SELECT " COLUMNS " FROM breaker WHERE scope = 3 AND subject = ? AND open_until > ?"
		" UNION ALL SELECT " COLUMNS " FROM breaker WHERE scope = 4 AND subject = ? AND open_until > ?"
		" UNION ALL SELECT " COLUMNS " FROM breaker WHERE scope = 1 AND open_until > ?"
		" UNION ALL SELECT " COLUMNS " FROM breaker WHERE scope = 2 AND open_until > ?";
	struct breaker_row row;
	size_t count = 0;
	int r = tx_query(tx, sql, "sisiii", recipient, now, country, now, now, now);

	while (r >= 0 && (r = read_row(tx, false, &row)) > 0)
		if (count < max)
			rows[count++] = row;
	return r < 0 ? r : (int)count;
}
