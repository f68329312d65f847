/* What the core counted: asked for, put into order, and how a share of it is reckoned. */
#pragma once

#include "tools/otpctl/connection.h"

struct stat_list {
	char by[WIRE_NAME_MAX]; /* channel, country, provider, hour; empty: one item for all */
	struct stat_item *items;
	size_t count;
};

/* The core's items, those with most messages first; hours as time goes. On success ret is for stats_free(). */
int stats_fetch(struct connection *connection, uint64_t since, const char *by, struct stat_list *ret,
		struct done *done);
void stats_free(struct stat_list *list);

/*
 * How many codes an item's messages carried. A code that a second channel took over has two messages: counted for each
 * channel and provider, but once in a country, in an hour and in all.
 */
uint64_t stats_codes(const struct stat_item *item, const char *by);

/* What became of messages, so that the four are all that were sent. */
struct outcome {
	uint64_t verified;  /* the code was typed */
	uint64_t delivered; /* arrived, and was not typed */
	uint64_t silent;    /* nobody said what became of it */
	uint64_t failed;
};
struct outcome stats_outcome(const struct stat_item *item);

/* What a row is called: an hour's local time, "not known" for an empty key. Returns text or the key. */
#define STATS_LABEL_MAX WIRE_NAME_MAX
const char *stats_label(const struct stat_item *item, const char *by, char text[static STATS_LABEL_MAX]);
