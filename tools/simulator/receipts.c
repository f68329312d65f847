#include "tools/simulator/receipts.h"
#include "tools/simulator/poster.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define AT_ONCE 1024 /* steps that are taken before anything is sent */
#define WEEK_MS (7ULL * 24 * 3600 * 1000)

/* One step of one message that lies ahead. */
struct due {
	uint64_t at_ms; /* monotonic */
	uint64_t order; /* who came first goes first */
	struct message_ref ref;
	const struct receipt_rule *rule; /* NULL: none fits */
	const struct receipt_script *script;
	size_t step;
};

struct receipts {
	const struct options *options;
	struct messages *messages;
	struct pauses *pauses;
	struct poster *poster;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	bool stopped;
	uint64_t order;
	uint64_t sleeps_until; /* when the thread looks again of itself */
	struct due *heap;      /* the first due is on top */
	size_t n, room;
};

static bool is_before(const struct due *a, const struct due *b)
{
	return a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->order < b->order);
}

static bool heap_put(struct receipts *receipts, const struct due *due)
{
	size_t at = receipts->n;

	if (receipts->n == receipts->room) {
		size_t room = receipts->room ? receipts->room * 2 : 1024;
		struct due *heap = reallocarray(receipts->heap, room, sizeof(*heap));

		if (!heap)
			return false;
		receipts->heap = heap;
		receipts->room = room;
	}
	receipts->n++;
	for (; at > 0 && is_before(due, &receipts->heap[(at - 1) / 2]); at = (at - 1) / 2)
		receipts->heap[at] = receipts->heap[(at - 1) / 2];
	receipts->heap[at] = *due;
	return true;
}

static struct due heap_take(struct receipts *receipts)
{
	struct due *heap = receipts->heap, top = heap[0], last = heap[--receipts->n];
	size_t at = 0, child;

	while ((child = 2 * at + 1) < receipts->n) {
		if (child + 1 < receipts->n && is_before(&heap[child + 1], &heap[child]))
			child++;
		if (!is_before(&heap[child], &last))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = last;
	return top;
}

/* Puts it among those to come; a step that cannot be kept is lost, as a receipt may be. */
static void plan(struct receipts *receipts, struct due *due)
{
	bool wakes = false;

	pthread_mutex_lock(&receipts->lock);
	due->order = receipts->order++;
	if (heap_put(receipts, due) && due->at_ms < receipts->sleeps_until) {
		receipts->sleeps_until = due->at_ms;
		wakes = true;
	}
	pthread_mutex_unlock(&receipts->lock);
	if (wakes)
		poster_wake(receipts->poster);
}

static uint64_t delay_of(const struct receipts *receipts, const struct due *due)
{
	unsigned delay = due->rule && due->rule->has_delay ? due->rule->delay_ms : receipts->options->receipt_delay_ms;

	return (uint64_t)delay * due->script->steps[due->step].after;
}

void receipts_plan(struct receipts *receipts, const struct message *message, const struct message_ref *ref,
		   bool arrives)
{
	const struct options *options = receipts->options;
	struct due due = {.ref = *ref};

	due.rule = receipt_rule_find(options->receipt_rules, options->receipt_rules_n, message->provider, message->to);
	due.script = due.rule ? due.rule->script : arrives ? &receipt_as_usual : &receipt_never_arrives;
	if (due.script->steps_n == 0)
		return;
	due.at_ms = pause_now_ms() + delay_of(receipts, &due);
	plan(receipts, &due);
}

static bool has(const struct message *message, enum status status)
{
	for (size_t i = 0; i < message->events_n; i++)
		if (message->events[i].status == status)
			return true;
	return false;
}

static uint64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* When it happened that it says now: a receipt that is sent again says the same time. */
static uint64_t time_of(const struct message *message, const struct receipt_step *step)
{
	if (step->flags & RECEIPT_OLD)
		return message->at_ms - WEEK_MS;
	for (size_t i = 0; i < message->events_n; i++)
		if (message->events[i].status == step->status)
			return message->events[i].at_ms;
	return wall_ms();
}

static void tell(struct receipts *receipts, const struct due *due, struct message *message)
{
	const struct receipt_step *step = &due->script->steps[due->step];
	const struct notice notice = {
		.message = message,
		.status = step->status,
		.code = due->rule ? due->rule->code : "",
		.at_ms = time_of(message, step),
		.flags = step->flags,
	};

	poster_add(receipts->poster, &notice, due->rule);
}

static void plan_next(struct receipts *receipts, const struct due *due, const struct message *message, uint64_t now)
{
	struct due next = *due;

	if (++next.step >= due->script->steps_n)
		return;
	next.at_ms = now + delay_of(receipts, &next);
	if (message->seen && next.script->steps[next.step].status == STATUS_READ && has(message, STATUS_DELIVERED))
		next.at_ms = now;
	plan(receipts, &next);
}

/* A text message or a call is never said to be read. */
static bool can_be(const struct message *message, enum status status)
{
	return status != STATUS_READ || message->channel == CHANNEL_WHATSAPP || message->channel == CHANNEL_TELEGRAM;
}

static int note(struct receipts *receipts, const struct due *due)
{
	const struct receipt_step *step = &due->script->steps[due->step];
	const char *code = due->rule && due->rule->code[0] ? due->rule->code : "131026";
	const struct event event = {
		.status = step->status,
		.code = step->status == STATUS_FAILED ? code : NULL,
		.at_ms = wall_ms(),
	};

	return messages_note(receipts->messages, &due->ref, &event);
}

/* True: the message has changed. */
static bool take_step(struct receipts *receipts, const struct due *due, uint64_t now)
{
	const struct receipt_step *step = &due->script->steps[due->step];
	struct message *message = messages_copy(receipts->messages, &due->ref);
	bool is_new = !(step->flags & RECEIPT_AGAIN), possible, noted;

	if (!message)
		return false;
	possible = can_be(message, step->status);
	noted = is_new && possible && note(receipts, due) == 0;
	if (noted) {
		free(message);
		message = messages_copy(receipts->messages, &due->ref);
	}
	if (!message)
		return noted;
	plan_next(receipts, due, message, now);
	if (noted || (possible && !is_new))
		tell(receipts, due, message); /* takes it */
	else
		free(message);
	return noted;
}

/* Takes those whose time has come, at most AT_ONCE. */
static size_t take_due(struct receipts *receipts, uint64_t now, struct due due[static AT_ONCE])
{
	size_t n = 0;

	pthread_mutex_lock(&receipts->lock);
	while (n < AT_ONCE && receipts->n > 0 && receipts->heap[0].at_ms <= now)
		due[n++] = heap_take(receipts);
	pthread_mutex_unlock(&receipts->lock);
	return n;
}

static bool sleep_until(struct receipts *receipts, uint64_t *ret)
{
	bool goes_on;

	pthread_mutex_lock(&receipts->lock);
	*ret = receipts->sleeps_until = receipts->n ? receipts->heap[0].at_ms : UINT64_MAX;
	goes_on = !receipts->stopped;
	pthread_mutex_unlock(&receipts->lock);
	return goes_on;
}

static void *run(void *context)
{
	struct receipts *receipts = context;
	static struct due due[AT_ONCE]; /* there is one thread */
	uint64_t until;

	while (sleep_until(receipts, &until)) {
		uint64_t now = pause_now_ms();
		size_t n = take_due(receipts, now, due);
		bool changed = false;

		for (size_t i = 0; i < n; i++)
			changed |= take_step(receipts, &due[i], now);
		if (changed)
			pauses_wake(receipts->pauses);
		poster_work(receipts->poster, n > 0 ? 0 : until);
	}
	return NULL;
}

struct receipts *receipts_start(const struct options *options, struct messages *messages, struct pauses *pauses,
				const struct notifier *const notifiers[static PROVIDERS])
{
	struct receipts *receipts = calloc(1, sizeof(*receipts));

	if (!receipts)
		return NULL;
	*receipts = (struct receipts){.options = options, .messages = messages, .pauses = pauses};
	receipts->poster = poster_new(options, notifiers);
	pthread_mutex_init(&receipts->lock, NULL);
	if (receipts->poster && pthread_create(&receipts->thread, NULL, run, receipts) == 0)
		return receipts;
	poster_free(receipts->poster);
	free(receipts);
	return NULL;
}

void receipts_stop(struct receipts *receipts)
{
	if (!receipts)
		return;
	pthread_mutex_lock(&receipts->lock);
	receipts->stopped = true;
	pthread_mutex_unlock(&receipts->lock);
	poster_wake(receipts->poster);
	pthread_join(receipts->thread, NULL);
	poster_free(receipts->poster);
	pthread_mutex_destroy(&receipts->lock);
	free(receipts->heap);
	free(receipts);
}

/* Steps that have been taken say so by -EALREADY: it is safe to be early. */
void receipts_seen(struct receipts *receipts, const struct message_ref *ref)
{
	static const struct receipt_script read_now = {.steps = {{STATUS_READ, 0, 0}}, .steps_n = 1};
	struct due due = {.ref = *ref, .script = &read_now, .at_ms = pause_now_ms()};
	struct message *message;
	bool first = messages_see(receipts->messages, ref);

	message = first ? messages_copy(receipts->messages, ref) : NULL;
	if (message && has(message, STATUS_DELIVERED) &&
	    !receipt_rule_find(receipts->options->receipt_rules, receipts->options->receipt_rules_n, message->provider,
			       message->to))
		plan(receipts, &due);
	free(message);
}

json_t *receipts_json(struct receipts *receipts)
{
	return poster_json(receipts->poster);
}

void receipts_clear(struct receipts *receipts)
{
	poster_clear(receipts->poster);
}
