/*
 * whatsapp-otpd: the sockets, who may connect to them, and what a reload swaps. Requests are jobs on the store; their
 * answers go out after the commit.
 */
#pragma once

#include "daemon/base/clock.h"
#include "daemon/base/service.h"
#include "daemon/core/connection.h"
#include "daemon/core/courier.h"
#include "daemon/core/dialogue.h"
#include "daemon/core/store.h"
#include "daemon/core/worker.h"

#include <stdbool.h>

#define SERVER_SOCKETS 3

struct server {
	sd_event *event;
	struct config *config;
	struct clock clock;
	struct keys *keys;
	struct store *store;
	struct worker *worker;
	struct courier *courier;
	char hostname[WIRE_NAME_MAX];
	struct listener {
		struct server *server;
		const struct socket_kind *kind;
		sd_event_source *io;
		int fd;
		bool own; /* bound by us: the path is ours to remove */
	} listeners[SERVER_SOCKETS];
	sd_event_source *sweep_timer, *prune_timer, *pause_timer;
	struct connection *connections;
	size_t connection_count;
	uint64_t accepted_logins, refused_logins;
	bool stopping;
};

/* For service_main(). The clock is the caller's: a test hands in one that it moves. */
int server_start(sd_event *event, struct config *config, const struct clock *clock, struct server **ret,
		 char why[static CONFIG_WHY_MAX]);
int server_reload(struct server *server, struct config *config, char why[static CONFIG_WHY_MAX]);
void server_status(struct server *server, char *text, size_t size);
/* Calls alive() when the store has answered. */
void server_ping(struct server *server, void (*alive)(void));
void server_stop(struct server *server);

/* For sessions. */
struct engine server_engine(struct server *server);
/* A connection has closed. */
void server_forget(struct server *server, struct connection *connection);
/* Does another connection wait at this challenge's prompt? */
bool server_has_waiting(const struct server *server, const struct connection *except, const char *challenge);
