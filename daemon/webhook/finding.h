/* What parsers of receipts share: a provider's words become a receipt, or nothing. */
#pragma once

#include "daemon/webhook/parser.h"

#include <jansson.h>

#define FINDING_NUMBER_MAX 24

/* NULL: the provider does not say. */
struct finding {
	const char *id, *message_id; /* ours, echoed; the provider's */
	const char *state;
	const char *code;              /* of a failure */
	const struct provider *judges; /* whose code it is; NULL: the provider's own */
	uint64_t at;
};

/*
 * Hands a receipt to the sink if the words make one: a state that the provider's table has, and an id. An id that does
 * not fit, or may not travel, is never cut: then there is no receipt. A failure without a code is looked up by the word
 * of its state.
 */
void finding_receipt(const struct parser_sink *sink, const struct provider *provider, const struct finding *finding);

/* A string, or an integer by way of number; NULL if it is neither, or empty. Lent by value and number. */
const char *finding_text(const json_t *value, char number[static FINDING_NUMBER_MAX]);

/*
 * A time as seconds since the epoch: "2026-11-21T18:52:04.000Z", "2026-11-21 18:52:04" (UTC), with "+03:00" or "+0300"
 * behind, or such seconds in digits. otherwise: for NULL, and what is none of these.
 */
uint64_t finding_time(const char *text, int64_t otherwise);
