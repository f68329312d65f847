#include "daemon/sender/watcher.h"

#include "daemon/base/log.h"
#include "daemon/sender/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define TURN_USEC 100000 /* between two turns, in which all messages are looked at */
#define BUSY_USEC 250000 /* until the next look, when too many questions are under way */
#define JITTER_USEC 200000
#define REVOKE_USEC (30 * USEC) /* no use in trying longer */
#define USEC UINT64_C(1000000)
#define DAY UINT64_C(86400)
#define SHORT_ID "%.16s"

enum phase { PHASE_WAITING, PHASE_ASKING, PHASE_REVOKING };

struct watched {
	struct channel_call call; /* first */
	TAILQ_ENTRY(watched) link;
	struct watcher *watcher;
	struct channels *channels; /* a reference */
	struct channel *channel;
	enum phase phase;
	bool over;       /* it is to be taken back */
	unsigned asked;  /* times */
	uint64_t due;    /* the next question */
	uint64_t until;  /* nobody waits for an answer after that */
	uint64_t forget; /* the code has ended */
	enum receipt_state state;
	char id[WIRE_ID_MAX], to[WIRE_RECIPIENT_MAX], message_id[WIRE_TEXT_MAX];
};

struct watcher {
	struct watcher_listener listener;
	TAILQ_HEAD(watched_list, watched) messages; /* the oldest first */
	size_t count;
	uint64_t last_turn;
};

static uint64_t now_of(const struct watcher *w)
{
	return w->listener.now(w->listener.userdata);
}

/* When a message is asked for. */

/* Behind the last question, or the sending. The jitter keeps messages that were sent together apart. */
static uint64_t pause_before(const struct watched *m)
{
	static const unsigned seconds[] = {1, 2, 3, 5, 8, 13, 20};
	const size_t last = sizeof(seconds) / sizeof(seconds[0]) - 1;
	unsigned jitter = m->asked;

	for (const char *s = m->id; *s; s++)
		jitter = jitter * 31 + (unsigned char)*s;
	return seconds[m->asked < last ? m->asked : last] * USEC + jitter % JITTER_USEC;
}

static uint64_t usec_of(uint64_t seconds)
{
	return (seconds < DAY ? seconds : DAY) * USEC;
}

static bool is_open(const struct watched *m)
{
	return channel_is_polled(m->channel) && m->state < RECEIPT_DELIVERED;
}

static bool is_revocable(const struct watched *m)
{
	return m->channel->ops->revoke && m->state != RECEIPT_FAILED;
}

/* When there is something to do about it, UINT64_MAX: its call is under way. */
static uint64_t next_of(const struct watched *m, uint64_t now)
{
	if (m->phase != PHASE_WAITING)
		return UINT64_MAX;
	if (m->over || (is_open(m) && m->until > now && m->due < m->forget))
		return m->due;
	return m->forget;
}

static void wake(struct watcher *w, uint64_t at)
{
	if (at != UINT64_MAX)
		w->listener.wake(w->listener.userdata, at > w->last_turn + TURN_USEC ? at : w->last_turn + TURN_USEC);
}

static void watched_free(struct watched *m)
{
	TAILQ_REMOVE(&m->watcher->messages, m, link);
	m->watcher->count--;
	channels_unref(m->channels);
	memory_free(m);
}

/* The call is neither answered nor counted any more. */
static void call_off(struct watched *m)
{
	if (m->phase == PHASE_WAITING)
		return;
	if (m->channel->ops->cancel)
		m->channel->ops->cancel(&m->call);
	m->channel->polls.under_way--;
	m->phase = PHASE_WAITING;
}

static void drop(struct watched *m)
{
	call_off(m);
	watched_free(m);
}

/* Keeps it only while it can be of use: somebody may come back and wait again. */
static void settle(struct watched *m, uint64_t now)
{
	if (m->phase != PHASE_WAITING)
		return;
	if (m->over || (now < m->forget && (is_open(m) || is_revocable(m))))
		wake(m->watcher, next_of(m, now));
	else
		watched_free(m);
}

/* What a provider says of the channel by answering, or not. */

static bool is_refusal(const struct channel_answer *answer, struct channel_polls *polls)
{
	if (answer->sent || (answer->why.failure != FAILURE_CONFIG && answer->why.failure != FAILURE_UNDELIVERABLE)) {
		polls->refusals = 0;
		return false;
	}
	polls->refusals++; /* "no such message" may pass: it was sent a second ago */
	return answer->why.failure == FAILURE_CONFIG || polls->refusals >= WATCHER_REFUSALS_MAX;
}

bool watcher_learn(struct channel *channel, const struct channel_answer *answer, uint64_t now)
{
	struct channel_polls *polls = &channel->polls;
	bool was_refused = polls->refused[0] != '\0';

	if (is_refusal(answer, polls)) {
		polls->held_until = now + WATCHER_HOLD_USEC;
		snprintf(polls->refused, sizeof(polls->refused),
			 "receipts cannot be polled: %.120s (%.40s); unless that passes, receipts = poll is not for it",
			 answer->why.detail, answer->why.code);
		return !was_refused;
	}
	if (!answer->sent) {
		polls->held_until = now + usec_of(answer->retry_after > 0 ? (uint64_t)answer->retry_after : 0);
		return false;
	}
	polls->held_until = 0;
	polls->refused[0] = '\0';
	return was_refused;
}

/* A question. */

static void tell(struct watched *m, const struct channel_answer *answer)
{
	struct receipt receipt = {.state = (int)answer->state, .at = answer->at};

	if (answer->state <= m->state)
		return;
	m->state = answer->state;
	snprintf(receipt.provider, sizeof(receipt.provider), "%s", m->channel->provider);
	memcpy(receipt.id, m->id, sizeof(receipt.id));
	memcpy(receipt.message_id, m->message_id, sizeof(receipt.message_id));
	if (answer->state == RECEIPT_FAILED)
		receipt.why = answer->why;
	log_info("delivery " SHORT_ID ": channel %s: %s%s%s", m->id, m->channel->config->name,
		 receipt_state_names[answer->state], receipt.why.detail[0] ? ": " : "", receipt.why.detail);
	m->watcher->listener.receipt(m->watcher->listener.userdata, &receipt);
}

static void on_polled(struct channel_call *call, const struct channel_answer *answer)
{
	struct watched *m = (struct watched *)call;
	struct watcher *w = m->watcher;
	uint64_t now = now_of(w);

	m->phase = PHASE_WAITING;
	m->channel->polls.under_way--;
	m->due = now + pause_before(m);
	if (!answer->sent)
		log_debug("delivery " SHORT_ID ": channel %s could not be asked for it (%s %s): %s", m->id,
			  m->channel->config->name, failure_names[answer->why.failure], answer->why.code,
			  answer->why.detail);
	if (watcher_learn(m->channel, answer, now))
		w->listener.health(w->listener.userdata, m->channels, m->channel);
	if (answer->sent)
		tell(m, answer);
	settle(m, now);
}

static void ask(struct watched *m, uint64_t now)
{
	struct channel_polls *polls = &m->channel->polls;

	if (polls->held_until > now) {
		m->due = polls->held_until;
	} else if (polls->under_way >= WATCHER_ASKS_MAX) {
		m->due = now + BUSY_USEC;
	} else {
		m->asked++;
		m->phase = PHASE_ASKING;
		m->call = (struct channel_call){.answered = on_polled, .channel = m->channel->state, .question = true};
		polls->under_way++;
		m->channel->ops->poll(&m->call, m->message_id, WATCHER_TIMEOUT_MS); /* which may answer and free it */
		return;
	}
	settle(m, now);
}

/* A revocation. */

static void on_revoked(struct channel_call *call, const struct channel_answer *answer)
{
	struct watched *m = (struct watched *)call;

	if (answer->sent)
		log_info("delivery " SHORT_ID ": taken back from channel %s", m->id, m->channel->config->name);
	else
		log_notice("delivery " SHORT_ID ": channel %s could not take it back (%s %s): %s", m->id,
			   m->channel->config->name, failure_names[answer->why.failure], answer->why.code,
			   answer->why.detail);
	m->channel->polls.under_way--;
	watched_free(m);
}

static void take_back(struct watched *m, uint64_t now)
{
	if (m->channel->polls.under_way >= WATCHER_ASKS_MAX) {
		m->due = now + BUSY_USEC;
		wake(m->watcher, m->due);
		return;
	}
	m->phase = PHASE_REVOKING;
	m->call = (struct channel_call){.answered = on_revoked, .channel = m->channel->state, .question = true};
	m->channel->polls.under_way++;
	m->channel->ops->revoke(&m->call, m->to, m->message_id, WATCHER_TIMEOUT_MS); /* which may answer and free it */
}

/* The whole. */

static void look_at(struct watched *m, uint64_t now)
{
	uint64_t next = next_of(m, now);

	if (next > now)
		wake(m->watcher, next);
	else if (now >= m->forget)
		watched_free(m);
	else if (m->over)
		take_back(m, now);
	else
		ask(m, now);
}

void watcher_run(struct watcher *w)
{
	uint64_t now = now_of(w);
	struct watched *next;

	w->last_turn = now;
	for (struct watched *m = TAILQ_FIRST(&w->messages); m; m = next) {
		next = TAILQ_NEXT(m, link);
		look_at(m, now);
	}
}

void watcher_begin(struct watcher *w, struct channels *channels, struct channel *channel, const struct send *send,
		   const char *message_id)
{
	uint64_t life = usec_of(send->seconds < DAY ? send->seconds : DAY), wait = usec_of(send->watch_seconds);
	uint64_t now = now_of(w);
	struct watched *m;

	if (*message_id == '\0' || (!channel->ops->revoke && (!channel_is_polled(channel) || wait == 0)))
		return;
	m = calloc(1, sizeof(*m));
	if (!m) {
		log_error("delivery " SHORT_ID ": out of memory: its receipts are not asked for", send->id);
		return;
	}
	if (w->count >= WATCHER_MAX)
		drop(TAILQ_FIRST(&w->messages));
	m->watcher = w;
	m->channels = channels_ref(channels);
	m->channel = channel;
	m->until = now + wait;
	m->forget = now + (life > wait ? life : wait);
	memcpy(m->id, send->id, sizeof(m->id));
	if (channel->ops->revoke)
		memcpy(m->to, send->to, sizeof(m->to));
	snprintf(m->message_id, sizeof(m->message_id), "%s", message_id);
	m->due = now + pause_before(m);
	TAILQ_INSERT_TAIL(&w->messages, m, link);
	w->count++;
	settle(m, now);
}

static void obey(struct watched *m, const struct watch *order, uint64_t now)
{
	if (m->phase == PHASE_REVOKING || m->over)
		return;
	m->until = now + usec_of(order->seconds);
	if (m->forget < m->until)
		m->forget = m->until;
	if (order->over || order->seconds == 0)
		call_off(m);
	if (order->over && is_revocable(m)) {
		m->over = true;
		m->due = now;
		m->forget = now + REVOKE_USEC;
	} else if (order->over) {
		m->forget = now;
	}
	settle(m, now);
}

void watcher_order(struct watcher *w, const struct watch *order)
{
	size_t length = strlen(order->challenge);
	uint64_t now = now_of(w);
	struct watched *next;

	for (struct watched *m = TAILQ_FIRST(&w->messages); m; m = next) {
		next = TAILQ_NEXT(m, link);
		if (strncmp(m->id, order->challenge, length) == 0)
			obey(m, order, now);
	}
}

int watcher_new(const struct watcher_listener *listener, struct watcher **ret)
{
	struct watcher *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->listener = *listener;
	TAILQ_INIT(&w->messages);
	*ret = w; /* transferred */
	return 0;
}

void watcher_free(struct watcher *w)
{
	if (!w)
		return;
	while (!TAILQ_EMPTY(&w->messages))
		drop(TAILQ_FIRST(&w->messages));
	free(w);
}
