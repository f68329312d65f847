/* login.sock: one login a connection. begin, then answers, until the dialogue is done. */
#pragma once

#include "daemon/core/connection.h"

extern const struct connection_ops session_login_ops;

/* The challenge that the connection waits at, empty if it waits at none. */
const char *session_login_challenge(const struct connection *connection);
