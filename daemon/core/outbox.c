#include "daemon/core/outbox.h"

#include "daemon/base/address.h"
#include "daemon/core/learning.h"
#include "daemon/core/spending.h"
#include "daemon/core/store_challenge.h"
#include "wire/name.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

/* Somebody waits until the code is too old; receipts = poll asks no longer. */
static uint64_t watch_seconds(const struct dialogue *d, const char *channel)
{
	const struct config_channel *section = config_channel(d->engine->config, channel);

	return section && section->receipts == RECEIPTS_POLL ? (uint64_t)((d->challenge.expires - d->now) / SECOND) : 0;
}

/* What the sender needs of a delivery; the number must be open. 1, 0 if the user has no address for it, -errno. */
static int compose(const struct dialogue *d, const struct delivery *delivery, struct send *send)
{
	const struct challenge *c = &d->challenge;
	int r;

	memset(send, 0, sizeof(*send));
	r = dialogue_recipient(d, delivery->channel, send->to);
	if (r <= 0)
		return r;
	delivery_id_format(delivery, send->id);
	snprintf(send->channel, sizeof(send->channel), "%s", delivery->channel);
	snprintf(send->lang, sizeof(send->lang), "%s", d->enrolment.lang);
	snprintf(send->host, sizeof(send->host), "%s", d->engine->hostname);
	snprintf(send->service, sizeof(send->service), "%s", c->service);
	snprintf(send->address, sizeof(send->address), "%.*s", (int)sizeof(send->address) - 1,
		 d->address ? d->address : "");
	send->seconds = (uint64_t)((c->expires - d->now) / SECOND);
	send->minutes = (send->seconds + 59) / 60;
	send->watch_seconds = watch_seconds(d, delivery->channel);
	r = keys_code(d->engine->keys, c->id, c->generation, c->user, c->service, c->code_length, send->code);
	if (r < 0)
		OPENSSL_cleanse(send, sizeof(*send));
	return r < 0 ? r : 1;
}

/* Fills what the sender gets and charges for it: as compose(). */
static int make_ready(struct dialogue *d, struct delivery *delivery, struct send *send)
{
	int r = compose(d, delivery, send);

	if (r <= 0)
		return r;
	delivery->state = DELIVERY_SENDING;
	delivery->due = d->now; /* when it was handed over: see outcome_recover() */
	events_add(&d->reply->events, TALLY_SENT, engine_channel_name(d->engine, delivery->channel), delivery->country,
		   0);
	r = spending_charge(d->engine, d->tx, delivery, d->reply);
	return r < 0 ? r : 1;
}

static int hand_over(struct dialogue *d, struct delivery *delivery)
{
	int r = make_ready(d, delivery, &d->reply->send);

	d->reply->has_send = r > 0;
	return r < 0 ? r : 0;
}

int outbox_plan(struct dialogue *d)
{
	bool pretend = dialogue_pretends(d);
	int r = 0;

	for (size_t i = d->first; d->channels[i] && r == 0; i++) {
		struct delivery delivery = {.position = (int64_t)(i - d->first), .generation = d->challenge.generation};

		memcpy(delivery.challenge, d->challenge.id, KEYS_ID_SIZE);
		memcpy(delivery.country, d->country, sizeof(delivery.country));
		snprintf(delivery.channel, sizeof(delivery.channel), "%s", d->channels[i]);
		delivery.due = d->now + delivery.position * d->fallback_after * SECOND;
		if (i == d->first && pretend)
			delivery.state = DELIVERY_SENT;
		else if (i == d->first && d->engine->sender_ready)
			r = hand_over(d, &delivery);
		if (delivery.state == DELIVERY_PLANNED)
			reply_expect(d->reply, delivery.due);
		if (r == 0)
			r = store_delivery_insert(d->tx, &delivery);
	}
	return r;
}

/* The last one in front of a position that was handed over: 1, 0, -errno. */
static int last_handed(struct tx *tx, const struct delivery *of, struct delivery *ret)
{
	int r = 0, found = 0;

	for (int64_t position = of->position - 1; position >= 0 && !found; position--) {
		r = store_delivery_at(tx, of->challenge, of->generation, position, ret);
		if (r < 0)
			return r;
		found = r > 0 && ret->position == position && !delivery_is_waiting(ret) &&
			ret->state != DELIVERY_CANCELLED && ret->state != DELIVERY_SPARED;
	}
	return found;
}

/* One channel follows another: counted for the one before, and if that one's time was over without a word, held against
 * it. */
static int note_fallback(struct dialogue *d, const struct delivery *next, bool in_time)
{
	struct delivery before;
	const struct lesson lesson = {d->engine, d->tx, d->reply, &before, &d->enrolment};
	int r = last_handed(d->tx, next, &before);

	if (r <= 0)
		return r;
	events_add(&d->reply->events, TALLY_FALLBACK, engine_channel_name(d->engine, before.channel), before.country,
		   0);
	if (in_time || (before.state != DELIVERY_SENT && before.state != DELIVERY_SENDING))
		return 0;
	r = learn_silence(&lesson);
	return r < 0 ? r : store_delivery_update(d->tx, &before);
}

/* The row does not go out; the one behind it is due now. */
static int skip(struct dialogue *d, struct delivery *delivery, bool spared, const char *why)
{
	char name[NAME_QUOTED_MAX];
	struct delivery next;
	int r;

	delivery->state = DELIVERY_CANCELLED;
	snprintf(delivery->detail, sizeof(delivery->detail), "%s", why);
	r = store_delivery_waiting(d->tx, &d->challenge, delivery->position + 1, spared, &next);
	reply_note(d->reply, r > 0 ? LOG_WARNING : LOG_ERR, "%s: %s: not sent: %s; %s",
		   name_quote(d->challenge.user, name), delivery->channel, why,
		   r > 0 ? "the next channel is tried" : "there is no further channel");
	if (r <= 0 || next.state == DELIVERY_SPARED)
		return r < 0 ? r : 0;
	next.due = d->now;
	if (d->challenge.purpose == CHALLENGE_TEST)
		next.state = DELIVERY_PLANNED; /* nobody waits at a prompt */
	return store_delivery_update(d->tx, &next);
}

/* Sends a row by way of *send: 1; 0 if it was skipped, for its money or for an address that is not there; -errno. */
static int send_row(struct dialogue *d, struct delivery *delivery, bool in_time, struct send *send)
{
	char why[WIRE_TEXT_MAX] = "the user has no address for it";
	int r = spending_allows(d->engine, d->tx, delivery->channel, why);

	if (r > 0)
		r = make_ready(d, delivery, send);
	if (r > 0)
		r = note_fallback(d, delivery, in_time);
	else if (r == 0)
		return skip(d, delivery, in_time, why);
	return r < 0 ? r : 1;
}

int outbox_advance(struct dialogue *d)
{
	struct delivery delivery;
	int r;

	while ((r = store_delivery_waiting(d->tx, &d->challenge, 0, true, &delivery)) > 0) {
		delivery.due = d->now;
		delivery.state = dialogue_pretends(d) ? DELIVERY_SENT : DELIVERY_PLANNED;
		if (delivery.state == DELIVERY_PLANNED && d->engine->sender_ready) {
			r = send_row(d, &delivery, true, &d->reply->send);
			d->reply->has_send = r > 0;
		}
		if (delivery.state == DELIVERY_PLANNED)
			reply_expect(d->reply, d->now);
		if (r >= 0)
			r = store_delivery_update(d->tx, &delivery);
		if (r < 0 || delivery.state != DELIVERY_CANCELLED)
			return r < 0 ? r : 1;
	}
	return r;
}

int outbox_pause(struct tx *tx, const unsigned char challenge[static KEYS_ID_SIZE])
{
	int r = store_delivery_move(tx, challenge, DELIVERY_PLANNED, DELIVERY_PAUSED);

	return r < 0 ? r : 0;
}

int outbox_resume(struct dialogue *d)
{
	int moved = store_delivery_move(d->tx, d->challenge.id, DELIVERY_PAUSED, DELIVERY_PLANNED);

	if (moved > 0)
		reply_expect(d->reply, d->now);
	return moved < 0 ? moved : 0;
}

/* Loads what a delivery that is to go out belongs to: 1, 0 if its challenge has ended or has no number, -errno. */
static int load(const struct engine *engine, struct tx *tx, const struct delivery *delivery, struct dialogue *d)
{
	struct address address;
	int r;

	*d = (struct dialogue){.engine = engine, .tx = tx, .now = engine->clock->now(engine->clock)};
	r = store_challenge_get(tx, delivery->challenge, &d->challenge);
	if (r <= 0)
		return r;
	if (d->challenge.state != CHALLENGE_OPEN || d->challenge.expires <= d->now ||
	    d->challenge.generation != delivery->generation)
		return 0;
	if (d->challenge.purpose == CHALLENGE_ENROLMENT)
		r = store_pending_get(tx, d->challenge.id, &d->enrolment);
	else
		r = store_enrolment_get(tx, d->challenge.user, &d->enrolment);
	if (r <= 0 || d->enrolment.state != ENROLMENT_ACTIVE || dialogue_pretends(d))
		return r < 0 ? r : 0;
	r = dialogue_open_number(d);
	if (address_parse(d->challenge.source, &address) == 0)
		d->address = d->challenge.source;
	return r < 0 ? r : 1;
}

static int claim_one(const struct engine *engine, struct tx *tx, struct delivery *delivery, struct outbox_batch *batch,
		     struct reply *reply)
{
	struct dialogue d;
	int r = load(engine, tx, delivery, &d);

	d.reply = reply;
	if (r > 0) {
		r = send_row(&d, delivery, false, &batch->sends[batch->count]);
		batch->count += r > 0;
	} else if (r == 0) {
		delivery->state = dialogue_pretends(&d) ? DELIVERY_SENT : DELIVERY_CANCELLED;
	}
	dialogue_wipe(&d);
	return r < 0 ? r : store_delivery_update(tx, delivery);
}

int outbox_claim(const struct engine *engine, struct tx *tx, struct outbox_batch *ret, struct reply *reply)
{
	int64_t now = engine->clock->now(engine->clock);
	struct delivery delivery;
	int r;

	ret->count = 0;
	ret->next_due = INT64_MAX;
	for (size_t seen = 0; (r = store_delivery_due(tx, &delivery)) > 0; seen++) {
		if (delivery.due > now || !engine->sender_ready || seen == OUTBOX_BATCH_MAX) {
			ret->next_due = delivery.due;
			return 0;
		}
		r = claim_one(engine, tx, &delivery, ret, reply);
		if (r < 0)
			return r;
	}
	return r;
}

void outbox_batch_wipe(struct outbox_batch *batch)
{
	OPENSSL_cleanse(batch->sends, sizeof(batch->sends));
	batch->count = 0;
}
