#include "daemon/core/store_challenge.h"

#include "daemon/core/store_tx.h"

#include <string.h>

#define COLUMNS                                                                                                        \
	"id, user, service, source, purpose, state, generation, code_length, tries, tries_max, sends, created, "       \
	"expires,"                                                                                                     \
	" last_send, ttl, decoy, counts, keep_fallback"

static int fetch(struct tx *tx, int r, struct challenge *ret)
{
	struct challenge row = {0}; /* what was asked with may lie in *ret */
	size_t id_length;

	if (r < 0)
		return r;
	r = tx_row(tx, "bsssiiiiiiiiiiiiii", row.id, sizeof(row.id), &id_length, row.user, sizeof(row.user),
		   row.service, sizeof(row.service), row.source, sizeof(row.source), &row.purpose, &row.state,
		   &row.generation, &row.code_length, &row.tries, &row.tries_max, &row.sends, &row.created,
		   &row.expires, &row.last_send, &row.ttl, &row.decoy, &row.counts, &row.keep_fallback);
	*ret = row;
	return r;
}

int store_challenge_get(struct tx *tx, const unsigned char id[static KEYS_ID_SIZE], struct challenge *ret)
{
	return fetch(tx, tx_query(tx, "SELECT " COLUMNS " FROM challenge WHERE id = ?", "b", id, (size_t)KEYS_ID_SIZE),
		     ret);
}

int store_challenge_find(struct tx *tx, const char *user, const char *service, const char *source,
			 struct challenge *ret)
{
	return fetch(tx,
		     tx_query(tx,
			      "SELECT " COLUMNS
			      " FROM challenge WHERE user = ? AND service = ? AND source = ? AND state = 0",
			      "sss", user, service, source),
		     ret);
}

int store_challenge_next(struct tx *tx, const unsigned char after[static KEYS_ID_SIZE], struct challenge *ret)
{
	return fetch(tx,
		     tx_query(tx, "SELECT " COLUMNS " FROM challenge WHERE id > ? AND state = 0 ORDER BY id LIMIT 1",
			      "b", after, (size_t)KEYS_ID_SIZE),
		     ret);
}

int store_challenge_insert(struct tx *tx, const struct challenge *c)
{
	int r = tx_run(tx, "INSERT INTO challenge (" COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		       "bsssiiiiiiiiiiiiii", c->id, sizeof(c->id), c->user, c->service, c->source, c->purpose, c->state,
		       c->generation, c->code_length, c->tries, c->tries_max, c->sends, c->created, c->expires,
		       c->last_send, c->ttl, c->decoy, c->counts, c->keep_fallback);

	return r < 0 ? r : 0;
}

int store_challenge_sent(struct tx *tx, const struct challenge *c)
{
	int r = tx_run(
		tx,
		"UPDATE challenge SET generation = ?, sends = ?, last_send = ?, expires = ?, decoy = ? WHERE id = ?",
		"iiiiib", c->generation, c->sends, c->last_send, c->expires, c->decoy, c->id, sizeof(c->id));

	return r < 0 ? r : 0;
}

int store_challenge_charge(struct tx *tx, const unsigned char id[static KEYS_ID_SIZE], int64_t now)
{
	return tx_run(tx,
		      "UPDATE challenge SET tries = tries + 1 WHERE id = ? AND state = 0 AND tries < tries_max AND "
		      "expires > ?",
		      "bi", id, (size_t)KEYS_ID_SIZE, now);
}

int store_challenge_close(struct tx *tx, const unsigned char id[static KEYS_ID_SIZE], enum challenge_state state)
{
	int closed = tx_run(tx, "UPDATE challenge SET state = ? WHERE id = ? AND state = 0", "ib", (int64_t)state, id,
			    (size_t)KEYS_ID_SIZE);
	int r = closed > 0 ? tx_run(tx, "UPDATE delivery SET state = 6 WHERE challenge = ? AND state IN (0, 1, 9)", "b",
				    id, (size_t)KEYS_ID_SIZE)
			   : 0;

	return r < 0 ? r : closed;
}

int store_challenge_cancel_user(struct tx *tx, const char *user)
{
	int r = tx_run(tx,
		       "UPDATE delivery SET state = 6 WHERE state IN (0, 1, 9)"
		       " AND challenge IN (SELECT id FROM challenge WHERE user = ? AND state = 0)",
		       "s", user);

	if (r >= 0)
		r = tx_run(tx, "UPDATE challenge SET state = 4 WHERE user = ? AND state = 0", "s", user);
	return r < 0 ? r : 0;
}

int store_challenge_count(struct tx *tx, int64_t now, int64_t *ret)
{
	int r = tx_query(tx, "SELECT count(*) FROM challenge WHERE state = 0 AND expires > ?", "i", now);

	return r < 0 ? r : tx_row(tx, "i", ret);
}
