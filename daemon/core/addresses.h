/* Addresses of a user besides the number: an e-mail address that an admin sets, a chat that the user opens by a link.
 */
#pragma once

#include "daemon/core/dialogue.h"

/* Seals and keeps an address; the user is enrolled. kind: recipient_kind_names. 0 or -errno. */
int addresses_put(const struct engine *engine, struct tx *tx, const char *user, const char *kind, const char *value);

/* What an admin sees of them: the e-mail address, masked unless revealed ("a…@example.org"), and whether there is a
 * chat. */
int addresses_show(const struct engine *engine, struct tx *tx, const char *user, bool reveal,
		   struct enrolment_item *item);

/* Somebody opened a link: what was learned is kept if the link is still good. */
int addresses_linked(const struct engine *engine, struct tx *tx, const struct linked *linked, struct reply *reply);
