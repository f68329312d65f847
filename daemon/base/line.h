/*
 * A line to the core: connects to one of its sockets and again for ever, checks that it is the core that listens, and
 * brings datagrams there and back. What finds no core, or one that does not read, waits; nothing here ever blocks. How
 * much may wait is its user's business.
 */
#pragma once

#include "daemon/base/batch.h"

#include <stdbool.h>
#include <systemd/sd-event.h>

#define LINE_BACKOFF_MIN_MS 20
#define LINE_BACKOFF_MAX_MS 1000

struct line;

/* Any of them can be NULL. */
struct line_ops {
	void (*connected)(void *userdata); /* what it sends goes behind what waits */
	/* One datagram of the core's, wiped afterwards. NULL: the core has nothing to say here. */
	void (*received)(void *userdata, const char *data, size_t length);
	/* Whether the core is read now; asked after each turn and each message that is sent. NULL: always. */
	bool (*wants)(void *userdata);
};

/* Begins to connect to path; ops are lent for as long as the line lives. 0 or -errno. */
int line_new(sd_event *event, const char *path, const struct line_ops *ops, void *userdata, struct line **ret);
void line_free(struct line *line);

/* From now on: this socket. 0, or -errno and nothing has changed. */
int line_use(struct line *line, const char *path);

/* At once, or behind what waits. 0, or -errno of batch_add(). */
int line_send(struct line *line, const struct wire_message *message, const void *body);
/* The same with a batch that is not empty; it is the line's now. */
void line_take(struct line *line, struct batch *batch);
/* The message that has waited longest is lost. There must be one. */
void line_drop_oldest(struct line *line);

bool line_is_connected(const struct line *line);
size_t line_waiting(const struct line *line); /* messages */
