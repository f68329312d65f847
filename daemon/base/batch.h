/*
 * Datagrams that wait for the core together: what one request of a provider's says is taken whole or not at all, so it
 * is gathered here until all of it has been read.
 */
#pragma once

#include "wire/codec.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

struct batch {
	STAILQ_ENTRY(batch) link; /* in a line's queue */
	char *data;               /* each datagram behind its length, a uint16_t */
	size_t used, size;
	size_t at; /* what is in front of it has been sent */
	size_t count;
	bool incomplete; /* there was no memory for all of it */
};

/* NULL: no memory. */
struct batch *batch_new(void);
/* Wipes, since there are numbers in it, and releases. */
void batch_free(struct batch *batch);

static inline void batch_freep(struct batch **batch)
{
	batch_free(*batch);
}

/* 0; -ENOMEM; or -EINVAL, -EMSGSIZE: a value may not travel. Then the message is left out. */
int batch_add(struct batch *batch, const struct wire_message *message, const void *body);

/* The datagram at *at, and moves *at behind it; NULL: that was the last one. */
const char *batch_next(const struct batch *batch, size_t *at, size_t *ret_length);
