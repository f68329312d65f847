/*
 * One accepted socket: who is on the other end, datagrams in, datagrams out without blocking. What they mean is its
 * session's business.
 */
#pragma once

#include "wire/codec.h"
#include "wire/peer.h"

#include <systemd/sd-event.h>

struct connection;
struct core;

struct connection_list {
	struct connection *first;
	size_t count;
};

struct connection_ops {
	/* A login whose asker has gone must not be decided: what it sent last is dropped with it. */
	bool drop_on_hangup;
	void (*received)(struct connection *connection, const char *data, size_t length);
	/* All that was sent is out. NULL: does not matter. */
	void (*drained)(struct connection *connection);
	/* The socket has ended, by either side; connection->session is the callee's to free. */
	void (*closed)(struct connection *connection);
};

struct connection {
	const struct connection_ops *ops;
	struct core *core;
	void *session;
	struct peer peer;
	int fd;                       /* -1: closed; whoever holds a reference may still look at the rest */
	int64_t deadline;             /* boot time at which the server closes it; 0: never */
	struct connection_list *list; /* holds the first reference while the socket is open */
	struct connection *next, *previous;
	sd_event_source *io;
	struct datagram *out, **out_last;
	bool held;
	unsigned references;
};

/* Takes the descriptor over in every case; the list holds the connection until it closes. */
int connection_new(struct core *core, sd_event *event, struct connection_list *list, int fd,
		   const struct connection_ops *ops, struct connection **ret);
struct connection *connection_ref(struct connection *connection);
void connection_unref(struct connection *connection);
/* Takes what is there already: whoever connects mostly speaks at once, which spares a turn of the loop. */
void connection_listen(struct connection *connection);
/* Ends it: calls closed() once, drops what was not sent. */
void connection_close(struct connection *connection);

/* Sends, or queues while the peer does not read. 0 or -errno: then the connection is closed. Buffers are wiped. */
int connection_send(struct connection *connection, const struct wire_message *message, const void *in);
/* Reads no more until it is to: the peer's words wait in its socket. */
void connection_hold(struct connection *connection, bool hold);
/* True if the peer has not read all yet. */
bool connection_is_full(const struct connection *connection);
