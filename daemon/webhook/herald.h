/*
 * The webhook's line to the core: connects to webhook.sock and tells the core what requests said. What finds no core,
 * or one that does not read, waits in a queue with an end; nothing here ever blocks.
 */
#pragma once

#include "daemon/base/batch.h"

#include <systemd/sd-event.h>

struct herald;

/* Begins to connect to path. limit: messages that may wait. 0 or -errno. */
int herald_new(sd_event *event, const char *path, size_t limit, struct herald **ret);
void herald_free(struct herald *herald);

/* From now on: this socket, this limit. 0, or -errno and nothing has changed. */
int herald_use(struct herald *herald, const char *path, size_t limit);

/*
 * Takes a batch over, to be sent soon. 0 (the batch is the herald's), or -EAGAIN: it does not fit behind what waits.
 * One that is larger than the limit fits into an empty queue: it would never find more room. may_wait false: only a
 * core that is there and has nothing in front of it will do.
 */
int herald_take(struct herald *herald, struct batch *batch, bool may_wait);

bool herald_is_connected(const struct herald *herald);
size_t herald_waiting(const struct herald *herald);
