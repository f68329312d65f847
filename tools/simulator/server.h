/* The HTTP server: takes requests in, lets routes answer them, sends the answers. */
#pragma once

#include "tools/simulator/certificate.h"
#include "tools/simulator/pause.h"
#include "tools/simulator/simulator.h"

#define SERVER_THREADS 2

struct server;

/*
 * Serves on a listening socket, which it takes, until server_stop. certificate NULL: plain HTTP. All are borrowed.
 * NULL: the HTTP library could not start.
 */
struct server *server_start(int listener, const struct certificate *certificate, struct simulator *simulator,
			    struct pauses *pauses);

/* Drops what is open and releases. */
void server_stop(struct server *server);
