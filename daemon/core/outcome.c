#include "daemon/core/outcome.h"

#include "daemon/core/distrust.h"
#include "daemon/core/learning.h"
#include "daemon/core/spending.h"
#include "daemon/core/store_challenge.h"
#include "wire/name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

/* What a delivery belongs to, whether that has ended or not: 1, 0 if it is gone, -errno. */
static int find_recipient(struct tx *tx, const struct delivery *delivery, struct challenge *challenge,
			  struct enrolment *enrolment)
{
	int r = store_challenge_get(tx, delivery->challenge, challenge);

	if (r <= 0)
		return r;
	r = challenge->purpose == CHALLENGE_ENROLMENT ? store_pending_get(tx, challenge->id, enrolment)
						      : store_enrolment_get(tx, challenge->user, enrolment);
	if (r == 0) /* removed meanwhile */
		memset(enrolment, 0, sizeof(*enrolment));
	return r < 0 ? r : 1;
}

/* Exactly the delivery of our id: 1, 0 if there is none, -errno. */
static int find_by_id(struct tx *tx, const char *id, struct delivery *ret)
{
	struct delivery named;
	int r = delivery_id_parse(id, &named);

	if (r < 0)
		return 0;
	r = store_delivery_at(tx, named.challenge, named.generation, named.position, ret);
	return r > 0 ? ret->position == named.position : r;
}

/* Whose message it is; empty if the config has lost the channel. */
static const char *provider_of(const struct engine *engine, const struct delivery *delivery)
{
	const struct config_channel *channel = config_channel(engine->config, delivery->channel);
	const struct driver *driver = channel ? driver_find(channel->driver) : NULL;

	return driver ? driver->provider : "";
}

int outcome_find(const struct engine *engine, struct tx *tx, const char *provider, const char *id,
		 const char *message_id, struct delivery *ret)
{
	unsigned char index[KEYS_INDEX_SIZE];
	int r = id[0] ? find_by_id(tx, id, ret) : 0;

	if (r == 0 && message_id[0]) {
		r = keys_message_index(engine->keys, provider, message_id, index);
		if (r == 0)
			r = store_delivery_of_message(tx, index, ret);
	}
	/* A provider may speak of its own messages only. */
	return r > 0 ? strcmp(provider_of(engine, ret), provider) == 0 : r;
}

/* Reports and receipts */

int outcome_sent(const struct engine *engine, struct tx *tx, const struct sent *sent, struct reply *reply)
{
	unsigned char index[KEYS_INDEX_SIZE];
	struct delivery d;
	int r = find_by_id(tx, sent->id, &d);

	if (r <= 0 || d.accepted != 0)
		return r < 0 ? r : 0;
	if (sent->message_id[0]) {
		r = keys_message_index(engine->keys, provider_of(engine, &d), sent->message_id, index);
		if (r < 0)
			return r;
	}
	d.accepted = engine->clock->now(engine->clock);
	events_add(&reply->events, TALLY_ACCEPTED, engine_channel_name(engine, d.channel), d.country, 0);
	events_add(&reply->events, TALLY_SEND_TIME, engine_channel_name(engine, d.channel), d.country,
		   d.accepted - d.due);
	return store_delivery_accepted(tx, &d, sent->message_id[0] ? index : NULL);
}

enum next_step { NEXT_NONE, NEXT_CHANNEL, NEXT_LATER, NEXT_NOT_NEEDED, NEXT_REFUSED };

static const char *const next_steps[] = {
	[NEXT_NONE] = "there is no further channel: the code was not delivered",
	[NEXT_CHANNEL] = "the next channel is tried",
	[NEXT_LATER] = "the next channel is tried once somebody waits again",
	[NEXT_NOT_NEEDED] = "nobody needs the code any more",
	[NEXT_REFUSED] = "no code is sent until the number is verified again: whatsapp-otpctl verify",
};

/* Has a channel behind this one been tried already? Then that one's end is what decides. 1, 0, -errno. */
static int is_overtaken(struct tx *tx, const struct delivery *from)
{
	struct delivery later = *from;
	int r;

	while ((r = store_delivery_at(tx, from->challenge, from->generation, later.position + 1, &later)) > 0)
		if (!delivery_is_waiting(&later) && later.state != DELIVERY_CANCELLED && later.state != DELIVERY_SPARED)
			return 1;
	return r;
}

/* A delivery went wrong: the next channel is due now. What happens, or -errno. */
static int fall_back(const struct engine *engine, struct tx *tx, const struct challenge *challenge,
		     const struct delivery *from)
{
	int64_t now = engine->clock->now(engine->clock);
	struct delivery next;
	int r;

	if (challenge->state != CHALLENGE_OPEN || challenge->expires <= now ||
	    challenge->generation != from->generation)
		return NEXT_NOT_NEEDED;
	r = is_overtaken(tx, from);
	if (r != 0)
		return r < 0 ? r : NEXT_NOT_NEEDED;
	r = store_delivery_waiting(tx, challenge, 0, false, &next);
	if (r <= 0)
		return r < 0 ? r : NEXT_NONE;
	next.due = now;
	if (challenge->purpose == CHALLENGE_TEST)
		next.state = DELIVERY_PLANNED; /* nobody waits at a prompt: what fails is what moves it on */
	r = store_delivery_update(tx, &next);
	if (r < 0)
		return r;
	return next.state == DELIVERY_PAUSED ? NEXT_LATER : NEXT_CHANNEL;
}

/* A message failed, at once or by a receipt: what is learned, and what comes next. */
static int take_failure(const struct engine *engine, struct tx *tx, struct delivery *delivery, const struct fault *why,
			struct reply *reply)
{
	char name[NAME_QUOTED_MAX];
	struct challenge challenge;
	struct enrolment enrolment;
	const struct lesson lesson = {engine, tx, reply, delivery, &enrolment};
	int r = find_recipient(tx, delivery, &challenge, &enrolment);

	if (r <= 0)
		return r;
	delivery->state = why->failure == FAILURE_UNKNOWN_OUTCOME ? DELIVERY_UNKNOWN : DELIVERY_FAILED;
	snprintf(delivery->code, sizeof(delivery->code), "%s", why->code);
	snprintf(delivery->detail, sizeof(delivery->detail), "%s", why->detail);
	events_add(&reply->events, TALLY_FAILED, engine_channel_name(engine, delivery->channel), delivery->country, 0);
	r = delivery->state == DELIVERY_FAILED ? spending_refund(engine, tx, delivery, &reply->events) : 0;
	if (r == 0)
		r = learn_failure(&lesson, why);
	if (r == 0)
		r = store_delivery_update(tx, delivery);
	if (r == 0 && why->failure == FAILURE_IDENTITY)
		r = distrust_number(engine, tx, challenge.user, "identity", reply) < 0 ? -EIO : NEXT_REFUSED;
	else if (r == 0)
		r = fall_back(engine, tx, &challenge, delivery);
	if (r < 0)
		return r;
	reply_expect(reply, engine->clock->now(engine->clock));
	reply_note(reply, r == NEXT_NONE ? LOG_ERR : LOG_WARNING, "%s: %s: %s%s%s%s%s; %s",
		   name_quote(challenge.user, name), delivery->channel, failure_names[why->failure],
		   why->code[0] ? " " : "", why->code, why->detail[0] ? ": " : "", why->detail, next_steps[r]);
	return 0;
}

int outcome_failed(const struct engine *engine, struct tx *tx, const struct failed *failed, struct reply *reply)
{
	struct delivery delivery;
	int r = find_by_id(tx, failed->id, &delivery);

	if (r <= 0 || delivery.state != DELIVERY_SENDING)
		return r < 0 ? r : 0;
	return take_failure(engine, tx, &delivery, &failed->why, reply);
}

int outcome_recover(const struct engine *engine, struct tx *tx, int64_t before, struct reply *reply)
{
	static const struct fault interrupted = {
		.failure = FAILURE_UNKNOWN_OUTCOME, .code = "interrupted", .detail = "interrupted while it was sent"};
	struct delivery delivery;
	int count = 0, r = 0;

	while (count < OUTCOME_BATCH_MAX && (r = store_delivery_interrupted(tx, before, &delivery)) > 0) {
		r = take_failure(engine, tx, &delivery, &interrupted, reply);
		if (r < 0)
			return r;
		count++;
	}
	if (count > 1)
		reply_note(reply, LOG_WARNING,
			   "%d messages were interrupted while they were sent: their next channels are tried", count);
	return r < 0 ? r : count;
}

static bool has_arrived(const struct delivery *d)
{
	return d->state == DELIVERY_DELIVERED || d->state == DELIVERY_READ;
}

/* The further channels are not needed, unless the policy or the user wants them. */
static int spare_the_rest(struct tx *tx, const struct challenge *challenge, const struct delivery *delivery)
{
	int r = 0;

	if (challenge->state != CHALLENGE_OPEN || challenge->keep_fallback ||
	    challenge->generation != delivery->generation)
		return 0;
	r = store_delivery_move(tx, challenge->id, DELIVERY_PLANNED, DELIVERY_SPARED);
	if (r >= 0)
		r = store_delivery_move(tx, challenge->id, DELIVERY_PAUSED, DELIVERY_SPARED);
	return r < 0 ? r : 0;
}

/* When it was, by boot time: what the provider says, as far as that can be. */
static int64_t arrival(const struct engine *engine, const struct delivery *delivery, int64_t at)
{
	int64_t now = engine->clock->now(engine->clock);
	int64_t ago = at > 0 ? engine->clock->wall(engine->clock) - at : 0;
	int64_t then = ago > 0 && ago < 7 * 86400 ? now - ago * SECOND : now;

	return then > delivery->due ? then : delivery->due;
}

static int take_delivery(const struct engine *engine, struct tx *tx, struct delivery *delivery,
			 const struct receipt *receipt, struct reply *reply)
{
	const char *channel = engine_channel_name(engine, delivery->channel);
	int64_t arrived = arrival(engine, delivery, (int64_t)receipt->at);
	bool read = receipt->state == RECEIPT_READ;
	bool first = !has_arrived(delivery);
	struct challenge challenge;
	struct enrolment enrolment;
	const struct lesson lesson = {engine, tx, reply, delivery, &enrolment};
	int r = find_recipient(tx, delivery, &challenge, &enrolment);

	if (r <= 0)
		return r;
	if (first)
		events_add(&reply->events, TALLY_DELIVERED, channel, delivery->country, 0);
	if (first && delivery->accepted > 0)
		events_add(&reply->events, TALLY_DELIVERY_TIME, channel, delivery->country,
			   arrived > delivery->accepted ? arrived - delivery->accepted : 0);
	if (read)
		events_add(&reply->events, TALLY_READ, channel, delivery->country, 0);
	if (delivery->state == DELIVERY_FAILED) /* it arrived after all, so it costs */
		r = spending_charge(engine, tx, delivery, reply);
	delivery->state = read ? DELIVERY_READ : DELIVERY_DELIVERED;
	if (r >= 0 && first)
		r = learn_delivery(&lesson, arrived - delivery->due);
	if (r >= 0)
		r = store_delivery_update(tx, delivery);
	return r == 0 && first ? spare_the_rest(tx, &challenge, delivery) : r;
}

int outcome_receipt(const struct engine *engine, struct tx *tx, const struct receipt *receipt, struct reply *reply)
{
	struct sent sent = {0};
	struct delivery d;
	int r = outcome_find(engine, tx, receipt->provider, receipt->id, receipt->message_id, &d);
	bool handed = r > 0 && (d.state == DELIVERY_SENDING || d.state == DELIVERY_SENT || d.state == DELIVERY_UNKNOWN);

	if (r <= 0)
		return r;
	if (receipt->state == RECEIPT_FAILED)
		return handed ? take_failure(engine, tx, &d, &receipt->why, reply) : 0;
	if (d.accepted == 0 && handed) { /* it overtook the sender's own report */
		delivery_id_format(&d, sent.id);
		snprintf(sent.message_id, sizeof(sent.message_id), "%s", receipt->message_id);
		r = outcome_sent(engine, tx, &sent, reply);
		d.accepted = engine->clock->now(engine->clock);
	}
	if (r < 0 || receipt->state == RECEIPT_ACCEPTED || receipt->state == RECEIPT_SENT)
		return r < 0 ? r : 0;
	if (d.state == DELIVERY_READ || (d.state == DELIVERY_DELIVERED && receipt->state != RECEIPT_READ) ||
	    !(handed || has_arrived(&d) || d.state == DELIVERY_FAILED))
		return 0;
	return take_delivery(engine, tx, &d, receipt, reply);
}

/* Which of a generation brought the code: the one that arrived, else the first that was handed over; NULL if none was.
 * *ret_handed: how many were. */
static struct delivery *find_bringer(struct delivery *rows, int count, unsigned *ret_handed)
{
	struct delivery *found = NULL;

	*ret_handed = 0;
	for (int i = 0; i < count; i++) {
		if (delivery_is_waiting(&rows[i]) || rows[i].state == DELIVERY_CANCELLED ||
		    rows[i].state == DELIVERY_FAILED || rows[i].state == DELIVERY_SPARED)
			continue;
		(*ret_handed)++;
		if (!found || (has_arrived(&rows[i]) && !has_arrived(found)))
			found = &rows[i];
	}
	return found;
}

int outcome_verified(struct dialogue *d)
{
	struct delivery rows[DIALOGUE_CHANNELS_MAX], *bringer;
	struct lesson lesson = {d->engine, d->tx, d->reply, NULL, &d->enrolment};
	const char *channel;
	unsigned handed;
	int r = store_delivery_list(d->tx, d->challenge.id, d->challenge.generation, rows, DIALOGUE_CHANNELS_MAX);

	bringer = r > 0 ? find_bringer(rows, r, &handed) : NULL;
	if (!bringer)
		return r < 0 ? r : 0;
	channel = engine_channel_name(d->engine, bringer->channel);
	events_add(&d->reply->events, TALLY_VERIFIED, channel, bringer->country, 0);
	events_add(&d->reply->events, TALLY_ANSWER_TIME, channel, bringer->country, d->now - bringer->due);
	if (handed > 1 || has_arrived(bringer) || bringer->rated)
		return 0;
	/* The only one that was sent must have arrived, and nobody may have said so. */
	lesson.delivery = bringer;
	r = learn_arrival(&lesson);
	return r == 0 && bringer->rated ? store_delivery_update(d->tx, bringer) : r;
}
