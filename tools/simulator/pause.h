/*
 * Requests that wait: for a delay to pass, for a message to come, or for ever. Safe to use from many threads; a request
 * that is held is suspended in the HTTP library and costs nothing.
 */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#define PAUSE_FOR_EVER UINT64_MAX

/* One request's place in the queue; it belongs to the request. */
struct pause {
	struct MHD_Connection *connection;
	uint64_t until_ms;
	bool for_messages;
	struct pause *previous, *next;
};

struct pauses;

/* Milliseconds of the monotonic clock. */
uint64_t pause_now_ms(void);

/* NULL: out of memory or of file descriptors. */
struct pauses *pauses_new(void);
void pauses_free(struct pauses *pauses);

/* A descriptor that is readable when somebody's time has come: call pauses_expire then. */
int pauses_fd(const struct pauses *pauses);
void pauses_expire(struct pauses *pauses);

/* How often messages have changed. */
uint64_t pauses_seen(struct pauses *pauses);

/* Messages have changed: lets all go who wait for that. */
void pauses_wake(struct pauses *pauses);

/* Holds until a time; the HTTP library asks its handler again after it. 0, or -ESHUTDOWN: not held, the simulator
 * stops. */
int pauses_hold(struct pauses *pauses, struct pause *pause, uint64_t until_ms);

/* The same, until messages change at the latest. Also -EAGAIN: not held, they have changed since seen. */
int pauses_hold_for_messages(struct pauses *pauses, struct pause *pause, uint64_t until_ms, uint64_t seen);

/* Lets all go and holds nobody any more. */
void pauses_stop(struct pauses *pauses);
