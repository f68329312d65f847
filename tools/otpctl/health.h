/* The core's view of itself, its sender and its channels. */
#pragma once

#include "tools/otpctl/connection.h"

/* Asks on an open connection. probe: the sender asks the providers first, which takes seconds. */
int health_ask(struct connection *connection, bool probe, connection_item each, void *userdata, struct done *ret);
