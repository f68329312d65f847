/*
 * The client's side of every socket: a connection, a datagram out, a datagram in, each under a deadline. It raises no
 * signal, waits by poll(2), and gives up early when a signal that the host has blocked waits to end it (sudo blocks
 * SIGINT while a module runs: HOSTS.md 2.3), so that Ctrl-C works.
 */
#pragma once

#include "wire/codec.h"

#define WIRE_CONNECT_MS 2000
#define WIRE_REPLY_MS 5000

/*
 * A connected SEQPACKET socket, or -errno: -EPERM if the server is neither root, nor server_uid, nor the caller's own
 * effective uid (such a server could fool nobody but its own user); -ETIMEDOUT; -EINTR if the host waits to be stopped.
 */
int wire_connect(const char *path, uid_t server_uid, unsigned timeout_ms);

/* Sends one message. 0 or -errno (-EPIPE, -ECONNRESET: the server has gone). Wipes its buffer. */
int wire_send_message(int fd, const struct wire_message *message, const void *in);

/* Receives one datagram. Returns its length, 0 when the server has closed, or -errno as above. */
ssize_t wire_receive(int fd, char data[static WIRE_DATAGRAM_MAX], unsigned timeout_ms);
