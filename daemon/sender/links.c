#include "daemon/sender/links.h"

#include "daemon/base/log.h"
#include "daemon/sender/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define USEC UINT64_C(1000000)
#define SECONDS_MAX 3600

struct wanted {
	TAILQ_ENTRY(wanted) link;
	uint64_t until;
	char channel[WIRE_NAME_MAX], nonce[WIRE_ID_MAX];
};

/* A bot that is asked: one question at a time, since each takes away what the next would be told. */
struct bot {
	struct channel_call call; /* first */
	TAILQ_ENTRY(bot) link;
	struct links *links;
	struct channel_link_listener listener;
	struct channels *channels; /* a reference, while asking */
	const struct channel *channel;
	bool asking;
	uint64_t due;
	char name[WIRE_NAME_MAX];
};

struct links {
	struct links_listener listener;
	TAILQ_HEAD(wanted_list, wanted) wanted; /* the oldest first */
	TAILQ_HEAD(bot_list, bot) bots;
	size_t count;
};

static uint64_t now_of(const struct links *l)
{
	return l->listener.now(l->listener.userdata);
}

static void wanted_free(struct links *l, struct wanted *wanted)
{
	TAILQ_REMOVE(&l->wanted, wanted, link);
	l->count--;
	memory_free(wanted);
}

static bool is_wanted(const struct links *l, const struct bot *bot)
{
	const struct wanted *wanted;

	TAILQ_FOREACH(wanted, &l->wanted, link)
	if (strcmp(wanted->channel, bot->name) == 0)
		return true;
	return false;
}

static struct wanted *find(const struct links *l, const char *channel, const char *nonce)
{
	struct wanted *wanted;

	TAILQ_FOREACH(wanted, &l->wanted, link)
	if (strcmp(wanted->channel, channel) == 0 && strcmp(wanted->nonce, nonce) == 0)
		return wanted;
	return NULL;
}

/* A question. */

static void on_linked(void *userdata, const char *nonce, const char *address)
{
	struct bot *bot = userdata;
	struct links *l = bot->links;
	struct wanted *wanted = find(l, bot->name, nonce);
	struct linked linked = {0};

	if (!wanted || wanted->until <= now_of(l)) {
		log_notice("channel %s: a link was opened that nobody waits for", bot->name);
		return;
	}
	memcpy(linked.nonce, wanted->nonce, sizeof(linked.nonce));
	snprintf(linked.address, sizeof(linked.address), "%s", address);
	wanted_free(l, wanted);
	log_info("channel %s: a link was opened", bot->name);
	l->listener.linked(l->listener.userdata, &linked);
	explicit_bzero(&linked, sizeof(linked));
}

static void on_asked(struct channel_call *call, const struct channel_answer *answer)
{
	struct bot *bot = (struct bot *)call;
	struct links *l = bot->links;
	uint64_t wait = answer->retry_after > 0 ? (uint64_t)answer->retry_after * USEC : 0;

	if (!answer->sent)
		log_warning("channel %s: opened links could not be asked for (%s %s): %s", bot->name,
			    failure_names[answer->why.failure], answer->why.code, answer->why.detail);
	bot->asking = false;
	channels_unref(bot->channels);
	bot->channels = NULL;
	bot->due = now_of(l) + (wait > LINKS_PERIOD_USEC ? wait : LINKS_PERIOD_USEC);
	l->listener.wake(l->listener.userdata, bot->due);
}

static const struct channel *channel_with_links(const struct links *l, const char *name)
{
	const struct channel *channel = channels_find(l->listener.channels(l->listener.userdata), name);

	return channel && channel->ops && channel->ops->look_for_links ? channel : NULL;
}

static void ask(struct bot *bot)
{
	struct links *l = bot->links;
	const struct channel *channel = channel_with_links(l, bot->name);

	bot->due = now_of(l) + LINKS_PERIOD_USEC;
	if (!channel) { /* a reload took it away; another may bring it back */
		l->listener.wake(l->listener.userdata, bot->due);
		return;
	}
	bot->asking = true;
	bot->channels = channels_ref(l->listener.channels(l->listener.userdata));
	bot->channel = channel;
	bot->call = (struct channel_call){.answered = on_asked, .channel = channel->state, .question = true};
	channel->ops->look_for_links(&bot->call, &bot->listener, LINKS_TIMEOUT_MS);
}

/* The whole. */

static void bot_free(struct links *l, struct bot *bot)
{
	if (bot->asking && bot->channel->ops->cancel)
		bot->channel->ops->cancel(&bot->call);
	channels_unref(bot->channels);
	TAILQ_REMOVE(&l->bots, bot, link);
	free(bot);
}

static void forget_the_late(struct links *l, uint64_t now)
{
	struct wanted *next;

	for (struct wanted *wanted = TAILQ_FIRST(&l->wanted); wanted; wanted = next) {
		next = TAILQ_NEXT(wanted, link);
		if (wanted->until <= now)
			wanted_free(l, wanted);
	}
}

void links_run(struct links *l)
{
	uint64_t now = now_of(l);
	struct bot *next;

	forget_the_late(l, now);
	for (struct bot *bot = TAILQ_FIRST(&l->bots); bot; bot = next) {
		next = TAILQ_NEXT(bot, link);
		if (bot->asking)
			continue; /* its answer wakes us */
		if (!is_wanted(l, bot))
			bot_free(l, bot);
		else if (bot->due <= now)
			ask(bot);
		else
			l->listener.wake(l->listener.userdata, bot->due);
	}
}

static bool has_bot(const struct links *l, const char *name)
{
	const struct bot *bot;

	TAILQ_FOREACH(bot, &l->bots, link)
	if (strcmp(bot->name, name) == 0)
		return true;
	return false;
}

static bool add_bot(struct links *l, const char *name)
{
	struct bot *bot = calloc(1, sizeof(*bot));

	if (!bot)
		return false;
	bot->links = l;
	bot->listener = (struct channel_link_listener){on_linked, bot};
	bot->due = now_of(l);
	snprintf(bot->name, sizeof(bot->name), "%s", name);
	TAILQ_INSERT_TAIL(&l->bots, bot, link);
	return true;
}

static struct wanted *add_wanted(struct links *l, const struct link *order)
{
	struct wanted *wanted = calloc(1, sizeof(*wanted));

	if (!wanted)
		return NULL;
	memcpy(wanted->channel, order->channel, sizeof(wanted->channel));
	memcpy(wanted->nonce, order->nonce, sizeof(wanted->nonce));
	if (l->count >= LINKS_MAX)
		wanted_free(l, TAILQ_FIRST(&l->wanted));
	TAILQ_INSERT_TAIL(&l->wanted, wanted, link);
	l->count++;
	return wanted;
}

void links_order(struct links *l, const struct link *order)
{
	uint64_t now = now_of(l), seconds = order->seconds < SECONDS_MAX ? order->seconds : SECONDS_MAX;
	struct wanted *wanted = find(l, order->channel, order->nonce);

	if (!channel_with_links(l, order->channel)) {
		log_error("channel %s has no links that could be opened", order->channel);
		return;
	}
	if (!wanted)
		wanted = add_wanted(l, order);
	if (!wanted || (!has_bot(l, order->channel) && !add_bot(l, order->channel))) {
		log_error("out of memory: channel %s is not asked for an opened link", order->channel);
		return;
	}
	wanted->until = now + seconds * USEC;
	l->listener.wake(l->listener.userdata, now);
}

int links_new(const struct links_listener *listener, struct links **ret)
{
	struct links *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->listener = *listener;
	TAILQ_INIT(&l->wanted);
	TAILQ_INIT(&l->bots);
	*ret = l; /* transferred */
	return 0;
}

void links_free(struct links *l)
{
	if (!l)
		return;
	while (!TAILQ_EMPTY(&l->bots))
		bot_free(l, TAILQ_FIRST(&l->bots));
	while (!TAILQ_EMPTY(&l->wanted))
		wanted_free(l, TAILQ_FIRST(&l->wanted));
	free(l);
}
