/* How many requests came to each endpoint, and why some were refused: what a test asks to be sure of "0 requests". */
#pragma once

#include "tools/simulator/answer.h"

#define TALLY_ENDPOINTS 16
#define TALLY_REASONS 1000 /* the newest are kept */

struct tally;

/* names has at most TALLY_ENDPOINTS; it and its strings are borrowed. NULL: out of memory. */
struct tally *tally_new(const char *const *names, size_t n);
void tally_free(struct tally *tally);

void tally_count(struct tally *tally, size_t endpoint, const char *method, const struct answer *answer);
void tally_clear(struct tally *tally);

/* A new object; NULL: out of memory. */
json_t *tally_json(struct tally *tally);
