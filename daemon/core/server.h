/*
 * whatsapp-otpd: the sockets, who may connect to them, and what a reload swaps. What arrives is a session's business.
 */
#pragma once

#include "daemon/base/clock.h"
#include "daemon/base/config.h"

#include <systemd/sd-event.h>

struct server;

/* The daemon on an event loop. The clock is the caller's: a test hands in one that it moves. See service.h for the
 * rest. */
int server_start(sd_event *event, struct config *config, const struct clock *clock, struct server **ret,
		 char why[static CONFIG_WHY_MAX]);
int server_reload(struct server *server, struct config *config, char why[static CONFIG_WHY_MAX]);
void server_status(struct server *server, char *text, size_t size);
/* Calls alive() when the store has answered. */
void server_ping(struct server *server, void (*alive)(void));
void server_stop(struct server *server);
