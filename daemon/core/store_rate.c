#include "daemon/core/store_rate.h"

#include "daemon/core/store_tx.h"

#include <string.h>

_Static_assert(CONFIG_RATES_MAX == 4, "the rate table has a column for each rate");

int store_rate_get(struct tx *tx, const char *key, struct limit_state *ret)
{
	int64_t *a = ret->arrival;
	int r = tx_query(tx, "SELECT a, b, c, d FROM rate WHERE key = ?", "s", key);

	memset(ret, 0, sizeof(*ret));
	if (r >= 0)
		r = tx_row(tx, "iiii", &a[0], &a[1], &a[2], &a[3]);
	return r < 0 ? r : 0;
}

int store_rate_put(struct tx *tx, const char *key, const struct limit_state *state)
{
	const int64_t *a = state->arrival;
	int r = tx_run(tx, "INSERT OR REPLACE INTO rate (key, a, b, c, d) VALUES (?,?,?,?,?)", "siiii", key, a[0], a[1],
		       a[2], a[3]);

	return r < 0 ? r : 0;
}
