#include "tools/simulator/messages.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STRINGS 9          /* of a message */
#define BUCKETS (1U << 17) /* a power of two above MESSAGES_MAX */

const char *const channel_names[] = {
	[CHANNEL_WHATSAPP] = "whatsapp", [CHANNEL_SMS] = "sms",     [CHANNEL_VOICE] = "voice",
	[CHANNEL_TELEGRAM] = "telegram", [CHANNEL_EMAIL] = "email",
};

const char *const provider_names[] = {
	[PROVIDER_META] = "meta",
	[PROVIDER_GATEWAY] = "gateway",
	[PROVIDER_YCLOUD] = "ycloud",
	[PROVIDER_TWILIO] = "twilio",
	[PROVIDER_VONAGE] = "vonage",
	[PROVIDER_INFOBIP] = "infobip",
	[PROVIDER_UNIFONIC] = "unifonic",
	[PROVIDER_AUTHENTICA] = "authentica",
	[PROVIDER_TELEGRAM_GATEWAY] = "telegram_gateway",
	[PROVIDER_TELEGRAM_BOT] = "telegram_bot",
	[PROVIDER_KANNEL] = "kannel",
	[PROVIDER_GETGABS] = "getgabs",
};

const char *const status_names[] = {
	[STATUS_SENT] = "sent",
	[STATUS_DELIVERED] = "delivered",
	[STATUS_READ] = "read",
	[STATUS_FAILED] = "failed",
};

struct kept {
	struct message message; /* its strings lie behind the struct */
	uint64_t index, change;
	struct kept *next_callback, *next_id; /* of the same bucket */
	struct kept *older, *newer;           /* by their last change */
};

struct messages {
	pthread_mutex_t lock;
	uint64_t epoch;
	uint64_t total; /* index of the newest */
	uint64_t change;
	struct kept *latest;             /* changed last */
	struct kept *ring[MESSAGES_MAX]; /* index i is in slot (i - 1) % MESSAGES_MAX */
	struct kept *callbacks[BUCKETS]; /* those that keep their callback, by its hash */
	struct kept *ids[BUCKETS];
};

struct messages *messages_new(void)
{
	struct messages *messages = calloc(1, sizeof(*messages));
	struct timespec now;

	if (!messages)
		return NULL;
	pthread_mutex_init(&messages->lock, NULL);
	clock_gettime(CLOCK_REALTIME, &now);
	messages->epoch = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	return messages;
}

void messages_free(struct messages *messages)
{
	if (!messages)
		return;
	messages_clear(messages);
	pthread_mutex_destroy(&messages->lock);
	free(messages);
}

/* FNV-1a. */
static size_t bucket_of(enum provider provider, const char *text)
{
	uint32_t hash = 2166136261U ^ (uint32_t)provider;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619U;
	return hash & (BUCKETS - 1);
}

static bool callback_is_kept(struct messages *messages, const struct message *message)
{
	struct kept *kept = messages->callbacks[bucket_of(message->provider, message->callback)];

	for (; kept; kept = kept->next_callback)
		if (kept->message.provider == message->provider &&
		    strcmp(kept->message.callback, message->callback) == 0)
			return true;
	return false;
}

static void unlink_change(struct messages *messages, struct kept *kept)
{
	if (kept->newer)
		kept->newer->older = kept->older;
	else if (messages->latest == kept)
		messages->latest = kept->older;
	if (kept->older)
		kept->older->newer = kept->newer;
	kept->newer = kept->older = NULL;
}

/* It changes now: it is the latest. */
static void link_change(struct messages *messages, struct kept *kept)
{
	unlink_change(messages, kept);
	kept->change = ++messages->change;
	kept->older = messages->latest;
	if (kept->older)
		kept->older->newer = kept;
	messages->latest = kept;
}

static void kept_free(struct messages *messages, struct kept *kept)
{
	struct kept **link = &messages->callbacks[bucket_of(kept->message.provider, kept->message.callback)];

	while (*link && *link != kept)
		link = &(*link)->next_callback;
	if (*link)
		*link = kept->next_callback;
	link = &messages->ids[bucket_of(kept->message.provider, kept->message.id)];
	while (*link != kept)
		link = &(*link)->next_id;
	*link = kept->next_id;
	unlink_change(messages, kept);
	free(kept);
}

static const char **string_of(struct message *message, size_t i)
{
	static const size_t strings[STRINGS] = {
		offsetof(struct message, id),    offsetof(struct message, to),       offsetof(struct message, code),
		offsetof(struct message, text),  offsetof(struct message, language), offsetof(struct message, callback),
		offsetof(struct message, error), offsetof(struct message, from),     offsetof(struct message, notify),
	};

	return (const char **)((char *)message + strings[i]);
}

/* One allocation a message: benches post a hundred thousand. */
static struct kept *kept_new(const struct message *message)
{
	struct message copy = *message;
	size_t size = sizeof(struct kept);
	struct kept *kept;
	char *end;

	for (size_t i = 0; i < STRINGS; i++)
		size += *string_of(&copy, i) ? strlen(*string_of(&copy, i)) + 1 : 0;
	kept = malloc(size);
	if (!kept)
		return NULL;
	*kept = (struct kept){.message = copy};
	end = (char *)(kept + 1);
	for (size_t i = 0; i < STRINGS; i++) {
		const char **string = string_of(&kept->message, i);

		if (!*string)
			continue;
		strcpy(end, *string);
		*string = end;
		end += strlen(end) + 1;
	}
	return kept;
}

static void ring_put(struct messages *messages, struct kept *kept)
{
	struct kept **slot = &messages->ring[messages->total++ % MESSAGES_MAX], **bucket;

	if (*slot)
		kept_free(messages, *slot);
	*slot = kept;
	kept->index = messages->total;
	link_change(messages, kept);
	bucket = &messages->ids[bucket_of(kept->message.provider, kept->message.id)];
	kept->next_id = *bucket;
	*bucket = kept;
	if (kept->message.keeps_callback && kept->message.callback[0]) {
		bucket = &messages->callbacks[bucket_of(kept->message.provider, kept->message.callback)];
		kept->next_callback = *bucket;
		*bucket = kept;
	}
}

int messages_add(struct messages *messages, const struct message *message, struct message_ref *ret)
{
	struct kept *kept = kept_new(message);
	int r = 0;

	if (!kept)
		return -ENOMEM;
	pthread_mutex_lock(&messages->lock);
	if (message->callback[0] && callback_is_kept(messages, message)) {
		r = -EEXIST;
	} else {
		ring_put(messages, kept);
		if (ret)
			*ret = (struct message_ref){messages->epoch, kept->index};
	}
	pthread_mutex_unlock(&messages->lock);
	if (r < 0)
		free(kept);
	return r;
}

void messages_clear(struct messages *messages)
{
	pthread_mutex_lock(&messages->lock);
	for (size_t i = 0; i < MESSAGES_MAX; i++)
		free(messages->ring[i]);
	memset(messages->ring, 0, sizeof(messages->ring));
	memset(messages->callbacks, 0, sizeof(messages->callbacks));
	memset(messages->ids, 0, sizeof(messages->ids));
	messages->latest = NULL;
	messages->total = 0;
	messages->change = 0;
	messages->epoch++;
	pthread_mutex_unlock(&messages->lock);
}

/* NULL: forgotten. */
static struct kept *kept_at(struct messages *messages, const struct message_ref *ref)
{
	struct kept *kept = ref->index ? messages->ring[(ref->index - 1) % MESSAGES_MAX] : NULL;

	return kept && messages->epoch == ref->epoch && kept->index == ref->index ? kept : NULL;
}

static int note(struct message *message, const struct event *event)
{
	for (size_t i = 0; i < message->events_n; i++)
		if (message->events[i].status == event->status)
			return -EALREADY;
	if (message->events_n < MESSAGES_EVENTS)
		message->events[message->events_n++] = *event;
	return 0;
}

int messages_note(struct messages *messages, const struct message_ref *ref, const struct event *event)
{
	struct kept *kept;
	int r;

	pthread_mutex_lock(&messages->lock);
	kept = kept_at(messages, ref);
	r = kept ? note(&kept->message, event) : -ENOENT;
	if (r == 0)
		link_change(messages, kept);
	pthread_mutex_unlock(&messages->lock);
	return r;
}

bool messages_see(struct messages *messages, const struct message_ref *ref)
{
	struct kept *kept;
	bool first;

	pthread_mutex_lock(&messages->lock);
	kept = kept_at(messages, ref);
	first = kept && !kept->message.seen;
	if (first)
		kept->message.seen = true;
	pthread_mutex_unlock(&messages->lock);
	return first;
}

/* The message is the first member: who frees it frees all. */
static struct message *copy_of(const struct kept *kept)
{
	struct kept *copy = kept ? kept_new(&kept->message) : NULL;

	return copy ? &copy->message : NULL;
}

struct message *messages_copy(struct messages *messages, const struct message_ref *ref)
{
	struct message *copy;

	pthread_mutex_lock(&messages->lock);
	copy = copy_of(kept_at(messages, ref));
	pthread_mutex_unlock(&messages->lock);
	return copy;
}

struct message *messages_find(struct messages *messages, enum provider provider, const char *id)
{
	struct message *copy;
	struct kept *kept;

	pthread_mutex_lock(&messages->lock);
	kept = messages->ids[bucket_of(provider, id)];
	while (kept && (kept->message.provider != provider || strcmp(kept->message.id, id) != 0))
		kept = kept->next_id;
	copy = copy_of(kept);
	pthread_mutex_unlock(&messages->lock);
	return copy;
}

const char *message_status(const struct message *message)
{
	const char *best = message->error ? "failed" : "accepted";
	int rank = -1;

	for (size_t i = 0; i < message->events_n; i++) {
		if ((int)message->events[i].status <= rank)
			continue;
		rank = (int)message->events[i].status;
		best = status_names[rank];
	}
	return best;
}

static json_t *events_json(const struct message *message)
{
	json_t *list = json_array();

	for (size_t i = 0; i < message->events_n; i++) {
		const struct event *event = &message->events[i];

		json_array_append_new(list, json_pack("{s:s, s:I, s:s*}", "status", status_names[event->status], "at",
						      (json_int_t)event->at_ms, "code", event->code));
	}
	return list;
}

static int message_print(FILE *out, const struct kept *kept, bool first)
{
	const struct message *message = &kept->message;
	json_t *json =
		json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:b, s:s?, s:s, s:s, s:I, s:o}", "index",
			  (json_int_t)kept->index, "id", message->id, "channel", channel_names[message->channel], "to",
			  message->to, "code", message->code, "text", message->text, "language", message->language,
			  "callback", message->callback, "at", (json_int_t)message->at_ms, "state",
			  message->error ? "failed" : "accepted", "shown", !message->error && !message->hidden, "error",
			  message->error, "provider", provider_names[message->provider], "status",
			  message_status(message), "change", (json_int_t)kept->change, "events", events_json(message));
	int r;

	if (!json)
		return -ENOMEM;
	fputs(first ? "\n" : ",\n", out);
	r = json_dumpf(json, out, JSON_COMPACT);
	json_decref(json);
	return r < 0 ? -ENOMEM : 0;
}

static const char *without_plus(const char *text)
{
	return *text == '+' ? text + 1 : text;
}

static int print_if_wanted(FILE *out, const struct kept *kept, const struct messages_filter *filter, size_t *n)
{
	if (kept->index <= filter->after)
		return 0;
	if (filter->to && strcmp(without_plus(filter->to), without_plus(kept->message.to)) != 0)
		return 0;
	return message_print(out, kept, (*n)++ == 0);
}

static int print_by_index(struct messages *messages, FILE *out, const struct messages_filter *filter, size_t *n)
{
	uint64_t first = messages->total > MESSAGES_MAX ? messages->total - MESSAGES_MAX : 0;
	int r = 0;

	for (uint64_t i = filter->after > first ? filter->after : first; i < messages->total && r == 0; i++)
		r = print_if_wanted(out, messages->ring[i % MESSAGES_MAX], filter, n);
	return r;
}

static int print_by_change(struct messages *messages, FILE *out, const struct messages_filter *filter, size_t *n)
{
	struct kept *kept = messages->latest;
	int r = 0;

	while (kept && kept->older && kept->older->change > filter->changed)
		kept = kept->older;
	for (; kept && r == 0; kept = kept->newer)
		if (kept->change > filter->changed)
			r = print_if_wanted(out, kept, filter, n);
	return r;
}

static int messages_print(struct messages *messages, FILE *out, const struct messages_filter *filter, size_t *ret_n)
{
	int r;

	*ret_n = 0;
	fputc('[', out);
	r = filter->changed ? print_by_change(messages, out, filter, ret_n)
			    : print_by_index(messages, out, filter, ret_n);
	fputs("]\n", out);
	return r;
}

char *messages_json(struct messages *messages, const struct messages_filter *filter, struct messages_state *ret)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (!out)
		return NULL;
	pthread_mutex_lock(&messages->lock);
	r = messages_print(messages, out, filter, &ret->listed);
	ret->newest = messages->total;
	ret->epoch = messages->epoch;
	ret->change = messages->change;
	pthread_mutex_unlock(&messages->lock);
	if (fclose(out) == 0 && r == 0)
		return text;
	free(text);
	return NULL;
}
