/* login.sock: one login a connection. begin, then answers, until the dialogue is done. */
#pragma once

#include "daemon/core/connection.h"

extern const struct connection_ops session_login_ops;
