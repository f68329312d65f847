/*
 * A job that answers a connection. Whoever holds a request answers it: one that is released without an answer answers
 * `unavailable` and logs a bug. The config it is judged by stays until it is released.
 */
#pragma once

#include "daemon/core/core.h"
#include "daemon/core/dialogue.h"

struct request {
	struct job job; /* first: a job is cast back */
	struct core *core;
	struct connection *connection; /* NULL: nobody asked, the core itself did */
	struct config *config;
	struct engine engine;
	char hostname[WIRE_NAME_MAX]; /* a reload may change the core's meanwhile */
	struct reply reply;
	bool answered;
};

/* size: of a struct that begins with a struct request. NULL without memory. */
void *request_new(size_t size, struct core *core, struct connection *connection, int (*run)(struct job *, struct tx *),
		  void (*done)(struct job *, int));
void request_submit(struct request *request);

/* For run(): the reply of an earlier run whose transaction was not kept is gone. */
void request_restart(struct request *request);

/* Sends the reply, or `unavailable` if the result is an error. */
void request_answer(struct request *request, int result);
/* Wipes and frees. */
void request_free(struct request *request);
