/* What is left alone for a while, and what is counted towards that. What a breaker is: breaker.h. */
#pragma once

#include "daemon/core/breaker.h"
#include "daemon/core/keys.h"
#include "daemon/core/store.h"

/*
 * Named by its scope, what it is about (the template's language, the recipient's index in hex, the country; of a
 * channel nothing) and the channel. BREAKER_NONE is what counts an alarm's code.
 */
struct breaker_row {
	int64_t scope;
	char subject[WIRE_NAME_MAX], channel[WIRE_NAME_MAX];
	struct breaker_state state;
	int64_t opened; /* boot time, microseconds; 0: it only counts */
	int64_t told;   /* wall clock of the provider's event that it goes by; 0: of none */
	char code[WIRE_NAME_MAX], detail[WIRE_TEXT_MAX];
};

/* 1 if there is one, 0 with a closed one of that name, -errno. */
int store_breaker_get(struct tx *tx, enum breaker scope, const char *subject, const char *channel,
		      struct breaker_row *ret);
int store_breaker_put(struct tx *tx, const struct breaker_row *row);

/* The next open one after scope, subject and channel of *row: 1, 0 at the end, -errno. row begins as zeros. */
int store_breaker_next(struct tx *tx, int64_t now, struct breaker_row *row);

/* Closes one, and its count, if it opened before a time: number of rows. What it was told is kept. */
int store_breaker_close(struct tx *tx, enum breaker scope, const char *subject, const char *channel, int64_t before);
/* Closes all of a channel, or of every one if it is empty: how many were open. */
int store_breaker_close_all(struct tx *tx, const char *channel, int64_t now);

/*
 * At most max open ones that can stand in the way of a recipient (index in hex) in a country: of channels, of templates
 * in whatever language, and theirs. Number of rows or -errno.
 */
int store_breaker_find(struct tx *tx, const char *recipient, const char *country, int64_t now, struct breaker_row *rows,
		       size_t max);
