#include "daemon/core/dialogue.h"

#include "daemon/core/store_address.h"
#include "daemon/core/store_challenge.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *engine_channel_name(const struct engine *engine, const char *channel)
{
	const struct config_channel *section = config_channel(engine->config, channel);

	return section ? section->name : NULL;
}

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

void reply_expect(struct reply *reply, int64_t due)
{
	if (reply->due == 0 || due < reply->due)
		reply->due = due;
}

/* Does a driver ask for receipts, or take messages back? */
static bool is_watched(const struct config *config)
{
	for (size_t i = 0; i < config->channel_count; i++)
		if (config->channels[i].receipts == RECEIPTS_POLL || config->channels[i].kind == CHANNEL_TELEGRAM)
			return true;
	return false;
}

void reply_watch(struct reply *reply, const struct config *config, const unsigned char challenge[static KEYS_ID_SIZE],
		 int64_t seconds, bool over)
{
	if (!is_watched(config))
		return;
	reply->has_watch = true;
	reply->watch.seconds = seconds > 0 ? (uint64_t)seconds : 0;
	reply->watch.over = over;
	challenge_id_format(challenge, reply->watch.challenge);
}

int dialogue_open_number(struct dialogue *d)
{
	const struct enrolment *e = &d->enrolment;
	int r = e->sealed_length == 0 ? 0
				      : keys_open(d->engine->keys, e->user, e->sealed, e->sealed_length, d->phone.e164,
						  sizeof(d->phone.e164));

	phone_country(&d->phone, d->country);
	return r;
}

static int open_address(const struct dialogue *d, const char *kind, char recipient[static WIRE_RECIPIENT_MAX])
{
	char row[WIRE_USER_MAX + WIRE_NAME_MAX];
	struct address_row address;
	int r = store_address_get(d->tx, d->enrolment.user, kind, &address);

	if (r <= 0)
		return r;
	snprintf(row, sizeof(row), "%s %s", d->enrolment.user, kind);
	r = keys_open(d->engine->keys, row, address.sealed, address.sealed_length, recipient, WIRE_RECIPIENT_MAX);
	return r < 0 ? r : 1;
}

int dialogue_recipient(const struct dialogue *d, const char *channel, char recipient[static WIRE_RECIPIENT_MAX])
{
	const struct config_channel *section = config_channel(d->engine->config, channel);
	const struct driver *driver = section ? driver_find(section->driver) : NULL;

	recipient[0] = '\0';
	if (driver && driver->recipient != RECIPIENT_NUMBER && d->enrolment.sealed_length == 0)
		return 0; /* a decoy has none, whatever its name has */
	if (driver && driver->recipient != RECIPIENT_NUMBER)
		return open_address(d, recipient_kind_names[driver->recipient], recipient);
	snprintf(recipient, WIRE_RECIPIENT_MAX, "%s", d->phone.e164);
	return 1;
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
