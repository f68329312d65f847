/* What the webhook says on webhook.sock. It is told nothing; if the core is slow, its words wait in the socket. */
#pragma once

#include "daemon/core/connection.h"
#include "wire/proto.h"

/* The webhook is there: there is one, so a new connection takes the place of the old. */
void session_webhook_connected(struct connection *connection);

/* Raises an alarm once when webhook { listen } is set and no webhook has been connected for a minute. */
void session_webhook_tick(struct core *core);

/* Whether it is connected; false if webhook { listen } is empty: there is none to be missed. */
bool session_webhook_health(const struct core *core, struct health *item);

extern const struct connection_ops session_webhook_ops;
