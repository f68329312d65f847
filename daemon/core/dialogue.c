#include "daemon/core/dialogue.h"

#include "daemon/core/store_challenge.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void reply_wipe(struct reply *reply)
{
	OPENSSL_cleanse(&reply->send, sizeof(reply->send));
	reply->has_send = false;
}

int reply_done(struct reply *reply, enum result result, const char *reason, ...)
{
	va_list args;

	reply->kind = REPLY_DONE;
	reply->done.result = (int)result;
	va_start(args, reason);
	vsnprintf(reply->done.reason, sizeof(reply->done.reason), reason, args);
	va_end(args);
	return 0;
}

void reply_note(struct reply *reply, int priority, const char *format, ...)
{
	va_list args;

	reply->note_priority = priority;
	va_start(args, format);
	vsnprintf(reply->note, sizeof(reply->note), format, args);
	va_end(args);
}

static void add_channel(struct dialogue *d, size_t *count, const char *name)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(d->channels[i], name) == 0)
			return;
	if (*count < DIALOGUE_CHANNELS_MAX)
		d->channels[(*count)++] = name;
}

int dialogue_route(struct dialogue *d)
{
	const struct config *config = d->engine->config;
	const struct config_route *route;
	size_t count = 0;

	if (d->enrolment.sealed_length > 0) {
		int r = keys_open(d->engine->keys, d->enrolment.user, d->enrolment.sealed, d->enrolment.sealed_length,
				  d->phone.e164, sizeof(d->phone.e164));

		if (r < 0)
			return r;
	}
	route = config_route(config, &d->phone);
	d->fallback_after = route->fallback_after;
	memset(d->channels, 0, sizeof(d->channels));
	if (d->enrolment.channel[0] && config_channel(config, d->enrolment.channel))
		add_channel(d, &count, d->enrolment.channel);
	for (char **name = route->channels; *name; name++)
		add_channel(d, &count, *name);
	return 0;
}

void dialogue_wipe(struct dialogue *d)
{
	OPENSSL_cleanse(&d->phone, sizeof(d->phone));
}

int dialogue_open(struct dialogue *d, int64_t ttl)
{
	struct challenge *c = &d->challenge;
	int r = keys_random_id(d->engine->clock->wall(d->engine->clock), c->id);

	if (r < 0)
		return r;
	c->state = CHALLENGE_OPEN;
	c->generation = 1;
	c->created = d->now;
	c->ttl = ttl * SECOND;
	c->expires = d->now + c->ttl;
	d->unsaved = true;
	return 0;
}

int dialogue_save(struct dialogue *d)
{
	int r = d->unsaved ? store_challenge_insert(d->tx, &d->challenge) : store_challenge_sent(d->tx, &d->challenge);

	d->unsaved = false;
	return r;
}

bool dialogue_is_locked(const struct dialogue *d)
{
	return d->enrolment.locked_until > d->now || d->enrolment.failures >= d->engine->config->limits.disable_after;
}

bool dialogue_pretends(const struct dialogue *d)
{
	return d->challenge.decoy || dialogue_is_locked(d);
}
