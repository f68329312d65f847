#include "daemon/core/addresses.h"

#include "daemon/core/store_address.h"
#include "wire/name.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

int addresses_put(const struct engine *engine, struct tx *tx, const char *user, const char *kind, const char *value)
{
	char name[WIRE_USER_MAX + WIRE_NAME_MAX];
	struct address_row row = {0};
	int r;

	snprintf(row.user, sizeof(row.user), "%s", user);
	snprintf(row.kind, sizeof(row.kind), "%s", kind);
	snprintf(name, sizeof(name), "%s %s", user, kind);
	r = keys_seal(engine->keys, name, value, row.sealed);
	if (r < 0)
		return r;
	row.sealed_length = (size_t)r;
	return store_address_put(tx, &row);
}

static int open_email(const struct engine *engine, const struct address_row *row, char email[static WIRE_RECIPIENT_MAX])
{
	char name[WIRE_USER_MAX + WIRE_NAME_MAX];

	snprintf(name, sizeof(name), "%s %s", row->user, row->kind);
	return keys_open(engine->keys, name, row->sealed, row->sealed_length, email, WIRE_RECIPIENT_MAX);
}

/* How many bytes of UTF-8 it takes. */
static int first_character(const char *text)
{
	int length = 1;

	while ((text[length] & 0xc0) == 0x80)
		length++;
	return length;
}

int addresses_show(const struct engine *engine, struct tx *tx, const char *user, bool reveal,
		   struct enrolment_item *item)
{
	char email[WIRE_RECIPIENT_MAX];
	struct address_row row;
	int r = store_address_get(tx, user, recipient_kind_names[RECIPIENT_EMAIL], &row);

	if (r > 0) {
		r = open_email(engine, &row, email);
		if (r >= 0)
			snprintf(item->email, sizeof(item->email), "%.*s%s%s",
				 reveal ? (int)strlen(email) : first_character(email), email, reveal ? "" : "…",
				 reveal ? "" : strrchr(email, '@'));
		OPENSSL_cleanse(email, sizeof(email));
	}
	if (r < 0)
		return r;
	r = store_address_get(tx, user, recipient_kind_names[RECIPIENT_TELEGRAM], &row);
	item->telegram = r > 0;
	return r < 0 ? r : 0;
}

int addresses_linked(const struct engine *engine, struct tx *tx, const struct linked *linked, struct reply *reply)
{
	char name[NAME_QUOTED_MAX];
	const struct config_channel *channel;
	const struct driver *driver;
	struct enrolment enrolment;
	struct link_row link;
	int r = store_link_take(tx, linked->nonce, engine->clock->now(engine->clock), &link);

	if (r <= 0)
		return r;
	channel = config_channel(engine->config, link.channel);
	driver = channel ? driver_find(channel->driver) : NULL;
	if (!driver || driver->recipient == RECIPIENT_NUMBER)
		return 0;
	r = store_enrolment_get(tx, link.user, &enrolment);
	if (r <= 0 || enrolment.state != ENROLMENT_ACTIVE)
		return r < 0 ? r : 0;
	reply_note(reply, LOG_NOTICE, "%s: can be reached by channel %s from now on", name_quote(link.user, name),
		   link.channel);
	return addresses_put(engine, tx, link.user, recipient_kind_names[driver->recipient], linked->address);
}
