#include "daemon/core/store_delivery.h"

#include "daemon/core/store_tx.h"

#include <string.h>

#define COLUMNS "challenge, generation, position, channel, state, due, code, detail"
#define ID_SIZE ((size_t)KEYS_ID_SIZE)

const char *const delivery_state_names[] = {"planned", "paused",  "sending",   "sent",
					    "failed",  "unknown", "cancelled", NULL};

static int fetch(struct tx *tx, int r, struct delivery *ret)
{
	struct delivery row = {0}; /* what was asked with may lie in *ret */
	size_t length;

	if (r < 0)
		return r;
	r = tx_row(tx, "biisiiss", row.challenge, sizeof(row.challenge), &length, &row.generation, &row.position,
		   row.channel, sizeof(row.channel), &row.state, &row.due, row.code, sizeof(row.code), row.detail,
		   sizeof(row.detail));
	*ret = row;
	return r;
}

int store_delivery_at(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE], int64_t generation,
		      int64_t position, struct delivery *ret)
{
	return fetch(tx,
		     tx_query(tx,
			      "SELECT " COLUMNS
			      " FROM delivery WHERE challenge = ? AND generation = ? AND position >= ?"
			      " ORDER BY position LIMIT 1",
			      "bii", challenge, ID_SIZE, generation, position),
		     ret);
}

int store_delivery_due(struct tx *tx, struct delivery *ret)
{
	return fetch(tx, tx_query(tx, "SELECT " COLUMNS " FROM delivery WHERE state = 0 ORDER BY due LIMIT 1", ""),
		     ret);
}

int store_delivery_interrupted(struct tx *tx, int64_t before, struct delivery *ret)
{
	return fetch(tx,
		     tx_query(tx, "SELECT " COLUMNS " FROM delivery WHERE state = 2 AND due < ? LIMIT 1", "i", before),
		     ret);
}

int store_delivery_insert(struct tx *tx, const struct delivery *d)
{
	int r = tx_run(tx, "INSERT INTO delivery (" COLUMNS ") VALUES (?,?,?,?,?,?,?,?)", "biisiiss", d->challenge,
		       ID_SIZE, d->generation, d->position, d->channel, d->state, d->due, d->code, d->detail);

	return r < 0 ? r : 0;
}

int store_delivery_update(struct tx *tx, const struct delivery *d)
{
	int r = tx_run(tx,
		       "UPDATE delivery SET state = ?, due = ?, code = ?, detail = ?"
		       " WHERE challenge = ? AND generation = ? AND position = ?",
		       "iissbii", d->state, d->due, d->code, d->detail, d->challenge, ID_SIZE, d->generation,
		       d->position);

	return r < 0 ? r : 0;
}

int store_delivery_sent(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE], int64_t generation,
			int64_t position)
{
	return tx_run(
		tx,
		"UPDATE delivery SET state = 3 WHERE challenge = ? AND generation = ? AND position = ? AND state = 2",
		"bii", challenge, ID_SIZE, generation, position);
}

int store_delivery_move(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE], enum delivery_state from,
			enum delivery_state to)
{
	return tx_run(tx, "UPDATE delivery SET state = ? WHERE challenge = ? AND state = ?", "ibi", (int64_t)to,
		      challenge, ID_SIZE, (int64_t)from);
}
