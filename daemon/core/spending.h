/* Money: what messages cost, and the caps on it. A channel without cost is never held back. */
#pragma once

#include "daemon/core/dialogue.h"

/* May one more message of the channel be paid for? 1, 0 with the cap that is reached in why, -errno. */
int spending_allows(const struct engine *engine, struct tx *tx, const char *channel, char why[static WIRE_TEXT_MAX]);

/* Caps of which so much is spent that an admin should know: tell() gets a sentence for each. 0 or -errno. */
int spending_report(const struct engine *engine, struct tx *tx, void (*tell)(void *userdata, const char *text),
		    void *userdata);

/* Charges a delivery that is handed over: its cost; at 80 % of a cap an alarm, and at 100 % another. */
int spending_charge(const struct engine *engine, struct tx *tx, struct delivery *delivery, struct reply *reply);
/* It was not delivered, so it is not paid for. */
int spending_refund(const struct engine *engine, struct tx *tx, struct delivery *delivery, struct events *events);
