#include "daemon/core/store_route.h"

#include "daemon/core/store_tx.h"

#include <string.h>

#define HOUR 3600
#define DAY 86400

int store_score_get(struct tx *tx, const char *country, const char *channel, struct score *ret)
{
	size_t length;
	int r = tx_query(tx,
			 "SELECT success, updated, deliveries, buckets FROM score WHERE country = ? AND channel = ?",
			 "ss", country, channel);

	if (r < 0)
		return r;
	memset(ret, 0, sizeof(*ret));
	r = tx_row(tx, "iiib", &ret->success, &ret->updated, &ret->deliveries, ret->bucket, sizeof(ret->bucket),
		   &length);
	if (r == 0)
		ret->success = SCORE_FULL;
	return r;
}

int store_score_put(struct tx *tx, const char *country, const char *channel, const struct score *score)
{
	int r = tx_run(tx,
		       "INSERT OR REPLACE INTO score (country, channel, success, updated, deliveries, buckets)"
		       " VALUES (?,?,?,?,?,?)",
		       "ssiiib", country, channel, score->success, score->updated, score->deliveries, score->bucket,
		       sizeof(score->bucket));

	return r < 0 ? r : 0;
}

#define LITTLE (7 * DAY)

int store_spend_get(struct tx *tx, const char *channel, int64_t wall, struct spend *ret)
{
	const int64_t hour = wall - wall % HOUR, day = wall - wall % DAY;
	int r = tx_query(tx,
			 "SELECT coalesce(sum(iif(period = 'hour' AND since BETWEEN ? AND ?, micro, 0)), 0),"
			 " coalesce(sum(iif(period = 'day' AND since BETWEEN ? AND ?, micro, 0)), 0)"
			 " FROM spend WHERE channel = ?",
			 "iiiis", hour, hour + LITTLE, day, day + LITTLE, channel);

	return r < 0 ? r : tx_row(tx, "ii", &ret->hour, &ret->day);
}

/*
 * The running hour or day goes on, a new one begins anew. A clock that was set back a little begins nothing; one that
 * was far ahead has said nothing of worth.
 */
static int charge(struct tx *tx, const char *channel, const char *period, int64_t since, int64_t micro)
{
	return tx_run(tx,
		      "INSERT INTO spend (channel, period, since, micro) VALUES (?,?,?,?)"
		      " ON CONFLICT DO UPDATE SET"
		      " micro = iif(since BETWEEN excluded.since AND excluded.since + ?, micro, 0) + excluded.micro,"
		      " since = iif(since BETWEEN excluded.since AND excluded.since + ?, since, excluded.since)",
		      "ssiiii", channel, period, since, micro, (int64_t)LITTLE, (int64_t)LITTLE);
}

int store_spend_charge(struct tx *tx, const char *channel, int64_t wall, int64_t micro)
{
	int r = charge(tx, channel, "hour", wall - wall % HOUR, micro);

	if (r >= 0)
		r = charge(tx, channel, "day", wall - wall % DAY, micro);
	return r < 0 ? r : 0;
}

static int refund(struct tx *tx, const char *channel, const char *period, int64_t since, int64_t micro)
{
	return tx_run(tx, "UPDATE spend SET micro = max(0, micro - ?) WHERE channel = ? AND period = ? AND since = ?",
		      "issi", micro, channel, period, since);
}

int store_spend_refund(struct tx *tx, const char *channel, int64_t wall, int64_t micro)
{
	int r = refund(tx, channel, "hour", wall - wall % HOUR, micro);

	if (r >= 0)
		r = refund(tx, channel, "day", wall - wall % DAY, micro);
	return r < 0 ? r : 0;
}
