#include "daemon/core/store_enrolment.h"

#include "daemon/core/store_tx.h"

#include <string.h>

#define COLUMNS                                                                                                        \
	"user, state, sealed, number_index, channel, lang, consent, consent_by, verified, enrolled_at, last_login_at," \
	" failures, locked_until, locked_for, locked_wall, sends_since_success, trusted_at"

static int fetch(struct tx *tx, int r, struct enrolment *ret)
{
	struct enrolment row = {0}; /* what was asked with may lie in *ret */
	size_t index_length;

	if (r < 0)
		return r;
	r = tx_row(tx, "sibbssssiiiiiiiii", row.user, sizeof(row.user), &row.state, row.sealed, sizeof(row.sealed),
		   &row.sealed_length, row.index, sizeof(row.index), &index_length, row.channel, sizeof(row.channel),
		   row.lang, sizeof(row.lang), row.consent, sizeof(row.consent), row.consent_by, sizeof(row.consent_by),
		   &row.verified, &row.enrolled_at, &row.last_login_at, &row.failures, &row.locked_until,
		   &row.locked_for, &row.locked_wall, &row.sends_since_success, &row.trusted_at);
	*ret = row;
	return r;
}

int store_enrolment_get(struct tx *tx, const char *user, struct enrolment *ret)
{
	return fetch(tx, tx_query(tx, "SELECT " COLUMNS " FROM enrolment WHERE user = ?", "s", user), ret);
}

int store_enrolment_of_number(struct tx *tx, const unsigned char index[static KEYS_INDEX_SIZE], const char *after,
			      struct enrolment *ret)
{
	return fetch(tx,
		     tx_query(tx,
			      "SELECT " COLUMNS
			      " FROM enrolment WHERE number_index = ? AND user > ? ORDER BY user LIMIT 1",
			      "bs", index, (size_t)KEYS_INDEX_SIZE, after),
		     ret);
}

int store_enrolment_doubt(struct tx *tx, const char *user)
{
	return tx_run(tx, "UPDATE enrolment SET state = 2 WHERE user = ? AND state = 0", "s", user);
}

int store_enrolment_state(struct tx *tx, const char *user, enum enrolment_state state)
{
	int r = tx_run(tx, "UPDATE enrolment SET state = ? WHERE user = ?", "is", (int64_t)state, user);

	return r < 0 ? r : 0;
}

int store_enrolment_next(struct tx *tx, const char *after, struct enrolment *ret)
{
	return fetch(tx,
		     tx_query(tx, "SELECT " COLUMNS " FROM enrolment WHERE user > ? ORDER BY user LIMIT 1", "s", after),
		     ret);
}

int store_enrolment_put(struct tx *tx, const struct enrolment *e)
{
	int r = tx_run(tx,
		       "INSERT INTO enrolment (" COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
		       /* an update, not a replacement, which would take the addresses with it */
		       " ON CONFLICT (user) DO UPDATE SET state = excluded.state, sealed = excluded.sealed,"
		       " number_index = excluded.number_index, channel = excluded.channel, lang = excluded.lang,"
		       " consent = excluded.consent, consent_by = excluded.consent_by, verified = excluded.verified,"
		       " enrolled_at = excluded.enrolled_at, last_login_at = excluded.last_login_at,"
		       " failures = excluded.failures, locked_until = excluded.locked_until,"
		       " locked_for = excluded.locked_for, locked_wall = excluded.locked_wall,"
		       " sends_since_success = excluded.sends_since_success,"
		       " trusted_at = excluded.trusted_at",
		       "sibbssssiiiiiiiii", e->user, e->state, e->sealed, e->sealed_length, e->index, sizeof(e->index),
		       e->channel, e->lang, e->consent, e->consent_by, e->verified, e->enrolled_at, e->last_login_at,
		       e->failures, e->locked_until, e->locked_for, e->locked_wall, e->sends_since_success,
		       e->trusted_at);

	return r < 0 ? r : 0;
}

int store_enrolment_remove(struct tx *tx, const char *user)
{
	int r = tx_run(tx, "DELETE FROM link WHERE user = ?", "s", user);

	return r < 0 ? r : tx_run(tx, "DELETE FROM enrolment WHERE user = ?", "s", user);
}

int store_enrolment_charge(struct tx *tx, const char *user, int64_t now, int64_t disable_after)
{
	return tx_run(
		tx,
		"UPDATE enrolment SET failures = failures + 1 WHERE user = ? AND locked_until <= ? AND failures < ?",
		"sii", user, now, disable_after);
}

int store_enrolment_lock(struct tx *tx, const struct enrolment *e)
{
	int r = tx_run(tx, "UPDATE enrolment SET locked_until = ?, locked_for = ?, locked_wall = ? WHERE user = ?",
		       "iiis", e->locked_until, e->locked_for, e->locked_wall, e->user);

	return r < 0 ? r : 0;
}

int store_enrolment_trust(struct tx *tx, const char *user, int64_t wall)
{
	int r = tx_run(tx, "UPDATE enrolment SET trusted_at = ? WHERE user = ?", "is", wall, user);

	return r < 0 ? r : 0;
}

int store_enrolment_clear(struct tx *tx, const char *user, int64_t login_at)
{
	int r = tx_run(tx,
		       "UPDATE enrolment SET failures = 0, locked_until = 0, locked_for = 0, locked_wall = 0, "
		       "sends_since_success = 0,"
		       " last_login_at = max(last_login_at, ?) WHERE user = ?",
		       "is", login_at, user);

	return r < 0 ? r : 0;
}

int store_enrolment_sent(struct tx *tx, const char *user)
{
	int r = tx_run(tx, "UPDATE enrolment SET sends_since_success = sends_since_success + 1 WHERE user = ?", "s",
		       user);

	return r < 0 ? r : 0;
}

int store_pending_put(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE], const struct enrolment *e)
{
	int r = tx_run(tx,
		       "INSERT INTO pending (challenge, user, sealed, number_index, channel, lang, consent, consent_by)"
		       " VALUES (?,?,?,?,?,?,?,?)",
		       "bsbbssss", challenge, (size_t)KEYS_ID_SIZE, e->user, e->sealed, e->sealed_length, e->index,
		       sizeof(e->index), e->channel, e->lang, e->consent, e->consent_by);

	return r < 0 ? r : 0;
}

int store_pending_get(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE], struct enrolment *e)
{
	size_t index_length;
	int r = tx_query(tx,
			 "SELECT user, sealed, number_index, channel, lang, consent, consent_by FROM pending WHERE "
			 "challenge = ?",
			 "b", challenge, (size_t)KEYS_ID_SIZE);

	if (r < 0)
		return r;
	memset(e, 0, sizeof(*e));
	return tx_row(tx, "sbbssss", e->user, sizeof(e->user), e->sealed, sizeof(e->sealed), &e->sealed_length,
		      e->index, sizeof(e->index), &index_length, e->channel, sizeof(e->channel), e->lang,
		      sizeof(e->lang), e->consent, sizeof(e->consent), e->consent_by, sizeof(e->consent_by));
}
