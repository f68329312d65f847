/*
 * Asks bots who has opened a link, every LINKS_PERIOD_USEC, while somebody waits for that. Only who opened a link that
 * is waited for is told on, and once.
 */
#pragma once

#include "daemon/sender/channels.h"

#define LINKS_MAX 64 /* that are waited for; beyond, the oldest is forgotten */
#define LINKS_PERIOD_USEC UINT64_C(2000000)
#define LINKS_TIMEOUT_MS 5000

/* What links stand on; times are CLOCK_MONOTONIC, microseconds. */
struct links_listener {
	uint64_t (*now)(void *userdata);
	void (*wake)(void *userdata, uint64_t at); /* links_run() is to be called then, or earlier */
	struct channels *(*channels)(void *userdata);
	void (*linked)(void *userdata, const struct linked *linked);
	void *userdata;
};

struct links;

/* 0 or -errno. */
int links_new(const struct links_listener *listener, struct links **ret);
void links_free(struct links *links);

/* The core waits for somebody who opens this link. */
void links_order(struct links *links, const struct link *order);
/* Does what is due. */
void links_run(struct links *links);
