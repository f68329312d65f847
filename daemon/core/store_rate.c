#include "daemon/core/store_rate.h"

#include "daemon/core/store_tx.h"

#include <errno.h>
#include <string.h>

_Static_assert(CONFIG_RATES_MAX == 4, "the rate table has a column for each rate");
_Static_assert(STORE_RATES_MAX == 8, "the query has a place for each key");

#define LOOK(place) "SELECT " #place ", a, b, c, d FROM rate WHERE key = ?"
#define AND " UNION ALL "

int store_rate_get(struct tx *tx, struct rate *rates, size_t count)
{
	/* key IN (…) would build a table of its own at every run. */
	static const char look[] =
		LOOK(0) AND LOOK(1) AND LOOK(2) AND LOOK(3) AND LOOK(4) AND LOOK(5) AND LOOK(6) AND LOOK(7);
	const char *keys[STORE_RATES_MAX];
	struct limit_state state;
	int64_t place, *a = state.arrival;
	int r;

	if (count == 0 || count > STORE_RATES_MAX)
		return -EINVAL;
	for (size_t i = 0; i < STORE_RATES_MAX; i++)
		keys[i] = i < count ? rates[i].key : "";
	for (size_t i = 0; i < count; i++)
		memset(&rates[i].state, 0, sizeof(rates[i].state));
	r = tx_query(tx, look, "ssssssss", keys[0], keys[1], keys[2], keys[3], keys[4], keys[5], keys[6], keys[7]);
	if (r < 0)
		return r;
	while ((r = tx_next(tx, "iiiii", &place, &a[0], &a[1], &a[2], &a[3])) > 0)
		rates[place].state = state;
	return r;
}

int store_rate_put(struct tx *tx, const struct rate *rate)
{
	const int64_t *a = rate->state.arrival;
	int r = tx_run(
		tx,
		"INSERT INTO rate (key, a, b, c, d) VALUES (?,?,?,?,?)"
		" ON CONFLICT (key) DO UPDATE SET a = excluded.a, b = excluded.b, c = excluded.c, d = excluded.d",
		"siiii", rate->key, a[0], a[1], a[2], a[3]);

	return r < 0 ? r : 0;
}
