/* admin.sock: any number of requests a connection, one at a time. Who may ask what: the peer's groups. */
#pragma once

#include "daemon/core/connection.h"

extern const struct connection_ops session_admin_ops;
