/*
 * A sender without a network: it stands at sender.sock, says "sent" to everything, and has the codes. A message's id is
 * "wamid." and the delivery's.
 */
#pragma once

#include "wire/proto.h"

/* Connects to the core's sender.sock; ends the program if it cannot. */
int post_open(const char *path);
/* Waits for the next message and reports it as sent. 0, or -errno (-ECONNRESET: the core has gone; -ETIMEDOUT). */
int post_take(int fd, struct send *ret, unsigned timeout_ms);
