#include "tools/simulator/messages.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STRINGS 7          /* of a message */
#define BUCKETS (1U << 17) /* a power of two above MESSAGES_MAX */

const char *const channel_names[] = {[CHANNEL_WHATSAPP] = "whatsapp", [CHANNEL_SMS] = "sms"};

struct kept {
	struct message message; /* its strings lie behind the struct */
	struct kept *next;      /* of the same bucket */
};

struct messages {
	pthread_mutex_t lock;
	uint64_t epoch;
	uint64_t total;                  /* index of the newest */
	struct kept *ring[MESSAGES_MAX]; /* index i is in slot (i - 1) % MESSAGES_MAX */
	struct kept *buckets[BUCKETS];   /* those that keep their callback, by its hash */
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
static struct kept **bucket_of(struct messages *messages, enum channel channel, const char *callback)
{
	uint32_t hash = 2166136261U ^ (uint32_t)channel;

	for (; *callback; callback++)
		hash = (hash ^ (unsigned char)*callback) * 16777619U;
	return &messages->buckets[hash & (BUCKETS - 1)];
}

static bool callback_is_kept(struct messages *messages, const struct message *message)
{
	for (struct kept *kept = *bucket_of(messages, message->channel, message->callback); kept; kept = kept->next)
		if (kept->message.channel == message->channel && strcmp(kept->message.callback, message->callback) == 0)
			return true;
	return false;
}

static void kept_free(struct messages *messages, struct kept *kept)
{
	struct kept **link = bucket_of(messages, kept->message.channel, kept->message.callback);

	while (*link && *link != kept)
		link = &(*link)->next;
	if (*link)
		*link = kept->next;
	free(kept);
}

static const char **string_of(struct message *message, size_t i)
{
	static const size_t strings[STRINGS] = {
		offsetof(struct message, id),    offsetof(struct message, to),       offsetof(struct message, code),
		offsetof(struct message, text),  offsetof(struct message, language), offsetof(struct message, callback),
		offsetof(struct message, error),
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
	struct kept **slot = &messages->ring[messages->total++ % MESSAGES_MAX];

	if (*slot)
		kept_free(messages, *slot);
	*slot = kept;
	if (kept->message.keeps_callback && kept->message.callback[0]) {
		struct kept **bucket = bucket_of(messages, kept->message.channel, kept->message.callback);

		kept->next = *bucket;
		*bucket = kept;
	}
}

int messages_add(struct messages *messages, const struct message *message)
{
	struct kept *kept = kept_new(message);
	int r = 0;

	if (!kept)
		return -ENOMEM;
	pthread_mutex_lock(&messages->lock);
	if (message->callback[0] && callback_is_kept(messages, message))
		r = -EEXIST;
	else
		ring_put(messages, kept);
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
	memset(messages->buckets, 0, sizeof(messages->buckets));
	messages->total = 0;
	messages->epoch++;
	pthread_mutex_unlock(&messages->lock);
}

static int message_print(FILE *out, const struct message *message, uint64_t index, bool first)
{
	json_t *json = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:b, s:s?}", "index",
				 (json_int_t)index, "id", message->id, "channel", channel_names[message->channel], "to",
				 message->to, "code", message->code, "text", message->text, "language",
				 message->language, "callback", message->callback, "at", (json_int_t)message->at_ms,
				 "state", message->error ? "failed" : "accepted", "shown",
				 !message->error && !message->hidden, "error", message->error);
	int r;

	if (!json)
		return -ENOMEM;
	fputs(first ? "\n" : ",\n", out);
	r = json_dumpf(json, out, JSON_COMPACT);
	json_decref(json);
	return r < 0 ? -ENOMEM : 0;
}

static int messages_print(struct messages *messages, FILE *out, uint64_t after, const char *to, size_t *ret_n)
{
	uint64_t first = messages->total > MESSAGES_MAX ? messages->total - MESSAGES_MAX : 0;
	size_t n = 0;
	int r = 0;

	fputc('[', out);
	for (uint64_t i = after > first ? after : first; i < messages->total && r == 0; i++) {
		const struct message *message = &messages->ring[i % MESSAGES_MAX]->message;

		if (!to || strcmp(to, message->to) == 0)
			r = message_print(out, message, i + 1, n++ == 0);
	}
	fputs("]\n", out);
	*ret_n = n;
	return r;
}

char *messages_json(struct messages *messages, uint64_t after, const char *to, struct messages_state *ret)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (!out)
		return NULL;
	pthread_mutex_lock(&messages->lock);
	r = messages_print(messages, out, after, to, &ret->listed);
	ret->newest = messages->total;
	ret->epoch = messages->epoch;
	pthread_mutex_unlock(&messages->lock);
	if (fclose(out) == 0 && r == 0)
		return text;
	free(text);
	return NULL;
}
