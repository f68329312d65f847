#include "daemon/core/outbox.h"

#include "daemon/base/address.h"
#include "daemon/core/store_challenge.h"
#include "wire/name.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

/* A delivery's id is its challenge's, the code's generation and the place of the channel, in hex. */
#define ID_TAIL 6

static void id_format(const struct delivery *delivery, char text[static WIRE_ID_MAX])
{
	challenge_id_format(delivery->challenge, text);
	snprintf(text + 2 * KEYS_ID_SIZE, ID_TAIL + 1, "%04x%02x", (unsigned)(delivery->generation & 0xffff),
		 (unsigned)(delivery->position & 0xff));
}

/* 0 with challenge, generation and position, or -EINVAL. */
static int id_parse(const char *text, struct delivery *ret)
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

/* What the sender needs of a delivery; the number must be open. */
static int compose(const struct dialogue *d, const struct delivery *delivery, struct send *send)
{
	const struct challenge *c = &d->challenge;
	int r;

	memset(send, 0, sizeof(*send));
	id_format(delivery, send->id);
	snprintf(send->channel, sizeof(send->channel), "%s", delivery->channel);
	snprintf(send->to, sizeof(send->to), "%s", d->phone.e164);
	snprintf(send->lang, sizeof(send->lang), "%s", d->enrolment.lang);
	snprintf(send->host, sizeof(send->host), "%s", d->engine->hostname);
	snprintf(send->service, sizeof(send->service), "%s", c->service);
	snprintf(send->address, sizeof(send->address), "%.*s", (int)sizeof(send->address) - 1,
		 d->address ? d->address : "");
	send->minutes = (uint64_t)((c->expires - d->now) / SECOND + 59) / 60;
	r = keys_code(d->engine->keys, c->id, c->generation, c->user, c->service, c->code_length, send->code);
	if (r < 0)
		OPENSSL_cleanse(send, sizeof(*send));
	return r;
}

static int hand_over(struct dialogue *d, const struct delivery *delivery)
{
	int r = compose(d, delivery, &d->reply->send);

	d->reply->has_send = r == 0;
	return r;
}

static void expect(struct reply *reply, int64_t due)
{
	if (reply->due == 0 || due < reply->due)
		reply->due = due;
}

int outbox_plan(struct dialogue *d)
{
	bool pretend = dialogue_pretends(d);
	int r = 0;

	for (size_t i = d->first; d->channels[i] && r == 0; i++) {
		struct delivery delivery = {.position = (int64_t)(i - d->first), .generation = d->challenge.generation};
		bool now = i == d->first && d->engine->sender_ready;

		memcpy(delivery.challenge, d->challenge.id, KEYS_ID_SIZE);
		snprintf(delivery.channel, sizeof(delivery.channel), "%s", d->channels[i]);
		delivery.due = d->now + delivery.position * d->fallback_after * SECOND;
		if (pretend && i == d->first)
			delivery.state = DELIVERY_SENT;
		else
			delivery.state = now ? DELIVERY_SENDING : DELIVERY_PLANNED;
		if (delivery.state == DELIVERY_PLANNED)
			expect(d->reply, delivery.due);
		r = store_delivery_insert(d->tx, &delivery);
		if (r == 0 && now && !pretend)
			r = hand_over(d, &delivery);
	}
	return r;
}

static bool is_waiting(const struct delivery *delivery)
{
	return delivery->state == DELIVERY_PLANNED || delivery->state == DELIVERY_PAUSED;
}

/* The first of a generation that has not gone out yet: 1, 0, -errno. */
static int next_waiting(struct tx *tx, const struct challenge *c, struct delivery *ret)
{
	int64_t position = 0;
	int r;

	while ((r = store_delivery_at(tx, c->id, c->generation, position, ret)) > 0 && !is_waiting(ret))
		position = ret->position + 1;
	return r;
}

int outbox_advance(struct dialogue *d)
{
	struct delivery delivery;
	int r = next_waiting(d->tx, &d->challenge, &delivery);

	if (r <= 0)
		return r;
	delivery.due = d->now;
	if (dialogue_pretends(d))
		delivery.state = DELIVERY_SENT;
	else
		delivery.state = d->engine->sender_ready ? DELIVERY_SENDING : DELIVERY_PLANNED;
	if (delivery.state == DELIVERY_PLANNED)
		expect(d->reply, d->now);
	r = store_delivery_update(d->tx, &delivery);
	if (r == 0 && delivery.state == DELIVERY_SENDING)
		r = hand_over(d, &delivery);
	return r < 0 ? r : 1;
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
		expect(d->reply, d->now);
	return moved < 0 ? moved : 0;
}

/* Loads what a delivery belongs to: 1, 0 if its challenge has ended or has no number, -errno. */
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
	r = dialogue_route(d);
	if (address_parse(d->challenge.source, &address) == 0)
		d->address = d->challenge.source;
	return r < 0 ? r : 1;
}

static int claim_one(const struct engine *engine, struct tx *tx, struct delivery *delivery, struct outbox_batch *batch)
{
	struct dialogue d;
	int r = load(engine, tx, delivery, &d);

	if (r > 0) {
		r = compose(&d, delivery, &batch->sends[batch->count]);
		delivery->state = DELIVERY_SENDING;
		delivery->due = d.now; /* when it was handed over: see outbox_recover() */
		batch->count += r == 0;
	} else if (r == 0) {
		delivery->state = dialogue_pretends(&d) ? DELIVERY_SENT : DELIVERY_CANCELLED;
	}
	dialogue_wipe(&d);
	return r < 0 ? r : store_delivery_update(tx, delivery);
}

int outbox_claim(const struct engine *engine, struct tx *tx, struct outbox_batch *ret)
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
		r = claim_one(engine, tx, &delivery, ret);
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

int outbox_sent(struct tx *tx, const struct sent *sent)
{
	struct delivery d;
	int r = id_parse(sent->id, &d);

	r = r < 0 ? 0 : store_delivery_sent(tx, d.challenge, d.generation, d.position);
	return r < 0 ? r : 0;
}

/* The one that a failure is about: 1, 0 if there is none that waits for a report. */
static int find_reported(struct tx *tx, const char *id, struct delivery *ret)
{
	struct delivery named;
	int r = id_parse(id, &named);

	if (r < 0)
		return 0;
	r = store_delivery_at(tx, named.challenge, named.generation, named.position, ret);
	return r > 0 ? ret->position == named.position && ret->state == DELIVERY_SENDING : r;
}

enum next_step { NEXT_NONE, NEXT_CHANNEL, NEXT_NOT_NEEDED };

static const char *const next_steps[] = {
	[NEXT_NONE] = "there is no further channel: the code was not delivered",
	[NEXT_CHANNEL] = "the next channel is tried",
	[NEXT_NOT_NEEDED] = "nobody needs the code any more",
};

/* A delivery went wrong: the next channel is due now. What happens, or -errno. */
static int fall_back(const struct engine *engine, struct tx *tx, const struct delivery *from)
{
	struct challenge challenge;
	struct delivery next;
	int r = store_challenge_get(tx, from->challenge, &challenge);

	if (r <= 0 || challenge.state != CHALLENGE_OPEN || challenge.generation != from->generation)
		return r < 0 ? r : NEXT_NOT_NEEDED;
	r = next_waiting(tx, &challenge, &next);
	if (r <= 0)
		return r < 0 ? r : NEXT_NONE;
	next.due = engine->clock->now(engine->clock);
	if (challenge.purpose == CHALLENGE_TEST)
		next.state = DELIVERY_PLANNED; /* nobody waits at a prompt: what fails is what moves it on */
	r = store_delivery_update(tx, &next);
	return r < 0 ? r : NEXT_CHANNEL;
}

int outbox_failed(const struct engine *engine, struct tx *tx, const struct failed *failed, struct reply *reply)
{
	char name[NAME_QUOTED_MAX];
	struct challenge challenge = {0};
	struct delivery delivery;
	int r = find_reported(tx, failed->id, &delivery);

	if (r <= 0)
		return r;
	delivery.state = failed->why.failure == FAILURE_UNKNOWN_OUTCOME ? DELIVERY_UNKNOWN : DELIVERY_FAILED;
	snprintf(delivery.code, sizeof(delivery.code), "%s", failed->why.code);
	snprintf(delivery.detail, sizeof(delivery.detail), "%s", failed->why.detail);
	r = store_delivery_update(tx, &delivery);
	if (r < 0)
		return r;
	r = fall_back(engine, tx, &delivery);
	expect(reply, engine->clock->now(engine->clock));
	if (r < 0 || store_challenge_get(tx, delivery.challenge, &challenge) < 0)
		return r < 0 ? r : -EIO;
	reply_note(reply, r == NEXT_NONE ? LOG_ERR : LOG_WARNING, "%s: %s: %s%s%s%s%s; %s",
		   name_quote(challenge.user, name), delivery.channel, failure_names[failed->why.failure],
		   failed->why.code[0] ? " " : "", failed->why.code, failed->why.detail[0] ? ": " : "", failed->why.detail,
		   next_steps[r]);
	return 0;
}

int outbox_recover(const struct engine *engine, struct tx *tx, int64_t before)
{
	struct delivery delivery;
	int r;

	while ((r = store_delivery_interrupted(tx, before, &delivery)) > 0) {
		delivery.state = DELIVERY_UNKNOWN;
		snprintf(delivery.detail, sizeof(delivery.detail), "interrupted while it was sent");
		r = store_delivery_update(tx, &delivery);
		if (r >= 0)
			r = fall_back(engine, tx, &delivery);
		if (r < 0)
			return r;
	}
	return r;
}
