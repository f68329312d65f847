#include "daemon/core/store_address.h"

#include "daemon/core/store_tx.h"

#include <stdio.h>

int store_address_get(struct tx *tx, const char *user, const char *kind, struct address_row *ret)
{
	int r = tx_query(tx, "SELECT sealed FROM address WHERE user = ? AND kind = ?", "ss", user, kind);

	if (r < 0)
		return r;
	r = tx_row(tx, "b", ret->sealed, sizeof(ret->sealed), &ret->sealed_length);
	snprintf(ret->user, sizeof(ret->user), "%s", user);
	snprintf(ret->kind, sizeof(ret->kind), "%s", kind);
	return r;
}

int store_address_put(struct tx *tx, const struct address_row *row)
{
	int r = tx_run(tx, "INSERT OR REPLACE INTO address (user, kind, sealed) VALUES (?,?,?)", "ssb", row->user,
		       row->kind, row->sealed, row->sealed_length);

	return r < 0 ? r : 0;
}

int store_address_remove(struct tx *tx, const char *user, const char *kind)
{
	return tx_run(tx, "DELETE FROM address WHERE user = ? AND kind = ?", "ss", user, kind);
}

int store_link_put(struct tx *tx, const struct link_row *row)
{
	int r = tx_run(tx, "DELETE FROM link WHERE user = ? AND channel = ?", "ss", row->user, row->channel);

	if (r >= 0)
		r = tx_run(tx, "INSERT INTO link (nonce, user, channel, expires) VALUES (?,?,?,?)", "sssi", row->nonce,
			   row->user, row->channel, row->expires);
	return r < 0 ? r : 0;
}

int store_link_take(struct tx *tx, const char *nonce, int64_t now, struct link_row *ret)
{
	int taken, r = tx_query(tx, "SELECT nonce, user, channel, expires FROM link WHERE nonce = ? AND expires > ?",
				"si", nonce, now);

	if (r < 0)
		return r;
	r = tx_row(tx, "sssi", ret->nonce, sizeof(ret->nonce), ret->user, sizeof(ret->user), ret->channel,
		   sizeof(ret->channel), &ret->expires);
	if (r <= 0)
		return r;
	taken = tx_run(tx, "DELETE FROM link WHERE nonce = ?", "s", nonce);
	return taken < 0 ? taken : 1;
}
