#include "daemon/core/store_delivery.h"

#include "daemon/core/store_tx.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS "challenge, generation, position, channel, country, state, due, accepted, cost, rated, code, detail"
#define ID_SIZE ((size_t)KEYS_ID_SIZE)

const char *const delivery_state_names[] = {"planned",   "paused",    "sending", "sent",   "failed", "unknown",
					    "cancelled", "delivered", "read",    "spared", NULL};

/* A delivery's id is its challenge's, the code's generation and the place of the channel, in hex. */
#define ID_TAIL 6

void delivery_id_format(const struct delivery *delivery, char text[static WIRE_ID_MAX])
{
	challenge_id_format(delivery->challenge, text);
	snprintf(text + 2 * KEYS_ID_SIZE, ID_TAIL + 1, "%04x%02x", (unsigned)(delivery->generation & 0xffff),
		 (unsigned)(delivery->position & 0xff));
}

int delivery_id_parse(const char *text, struct delivery *ret)
{
	char challenge[WIRE_ID_MAX];
	unsigned generation, position;

	if (strlen(text) != 2 * KEYS_ID_SIZE + ID_TAIL ||
	    sscanf(text + 2 * KEYS_ID_SIZE, "%4x%2x", &generation, &position) != 2)
		return -EINVAL;
	snprintf(challenge, sizeof(challenge), "%.*s", 2 * KEYS_ID_SIZE, text);
	ret->generation = generation;
	ret->position = position;
	return challenge_id_parse(challenge, ret->challenge);
}

bool delivery_is_waiting(const struct delivery *delivery)
{
	return delivery->state == DELIVERY_PLANNED || delivery->state == DELIVERY_PAUSED;
}

static int read_row(struct tx *tx, bool only, struct delivery *ret)
{
	int (*const next)(struct tx *, const char *, ...) = only ? tx_row : tx_next;
	struct delivery row = {0}; /* what was asked with may lie in *ret */
	size_t length;
	int r = next(tx, "biissiiiiiss", row.challenge, sizeof(row.challenge), &length, &row.generation, &row.position,
		     row.channel, sizeof(row.channel), row.country, sizeof(row.country), &row.state, &row.due,
		     &row.accepted, &row.cost, &row.rated, row.code, sizeof(row.code), row.detail, sizeof(row.detail));

	*ret = row;
	return r;
}

static int fetch(struct tx *tx, int r, struct delivery *ret)
{
	return r < 0 ? r : read_row(tx, true, ret);
}

int store_delivery_list(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE], int64_t generation,
			struct delivery *rows, size_t max)
{
	struct delivery row;
	size_t count = 0;
	int r = tx_query(tx,
			 "SELECT " COLUMNS " FROM delivery WHERE challenge = ? AND generation = ? ORDER BY position",
			 "bi", challenge, ID_SIZE, generation);

	while (r >= 0 && (r = read_row(tx, false, &row)) > 0)
		if (count < max)
			rows[count++] = row;
	return r < 0 ? r : (int)count;
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

int store_delivery_waiting(struct tx *tx, const struct challenge *c, int64_t position, bool spared,
			   struct delivery *ret)
{
	int r;

	while ((r = store_delivery_at(tx, c->id, c->generation, position, ret)) > 0 && !delivery_is_waiting(ret) &&
	       !(spared && ret->state == DELIVERY_SPARED))
		position = ret->position + 1;
	return r;
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
	int r = tx_run(tx, "INSERT INTO delivery (" COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", "biissiiiiiss",
		       d->challenge, ID_SIZE, d->generation, d->position, d->channel, d->country, d->state, d->due,
		       d->accepted, d->cost, d->rated, d->code, d->detail);

	return r < 0 ? r : 0;
}

int store_delivery_update(struct tx *tx, const struct delivery *d)
{
	int r = tx_run(tx,
		       "UPDATE delivery SET state = ?, due = ?, cost = ?, rated = ?, code = ?, detail = ?"
		       " WHERE challenge = ? AND generation = ? AND position = ?",
		       "iiiissbii", d->state, d->due, d->cost, d->rated, d->code, d->detail, d->challenge, ID_SIZE,
		       d->generation, d->position);

	return r < 0 ? r : 0;
}

int store_delivery_of_message(struct tx *tx, const unsigned char index[static KEYS_INDEX_SIZE], struct delivery *ret)
{
	return fetch(tx,
		     tx_query(tx, "SELECT " COLUMNS " FROM delivery WHERE message = ? ORDER BY accepted DESC LIMIT 1",
			      "b", index, (size_t)KEYS_INDEX_SIZE),
		     ret);
}

#define ACCEPT "UPDATE delivery SET accepted = ?, state = iif(state = 2, 3, state)"
#define IT " WHERE challenge = ? AND generation = ? AND position = ?"

int store_delivery_accepted(struct tx *tx, const struct delivery *d, const unsigned char *index)
{
	int r = index ? tx_run(tx, ACCEPT ", message = ?" IT, "ibbii", d->accepted, index, (size_t)KEYS_INDEX_SIZE,
			       d->challenge, ID_SIZE, d->generation, d->position)
		      : tx_run(tx, ACCEPT IT, "ibii", d->accepted, d->challenge, ID_SIZE, d->generation, d->position);

	return r < 0 ? r : 0;
}

int store_delivery_move(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE], enum delivery_state from,
			enum delivery_state to)
{
	return tx_run(tx, "UPDATE delivery SET state = ? WHERE challenge = ? AND state = ?", "ibi", (int64_t)to,
		      challenge, ID_SIZE, (int64_t)from);
}
