/* What the webhook says on webhook.sock. It is told nothing; if the core is slow, its words wait in the socket. */
#pragma once

#include "daemon/core/connection.h"

extern const struct connection_ops session_webhook_ops;
