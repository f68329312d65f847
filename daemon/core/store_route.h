/* What routing remembers: how channels do in a country (score.h), and what was spent on them. */
#pragma once

#include "daemon/base/phone.h"
#include "daemon/core/score.h"
#include "daemon/core/store.h"
#include "wire/proto.h"

/* 1 if there is one, 0 with an empty one, -errno. */
int store_score_get(struct tx *tx, const char *country, const char *channel, struct score *ret);
int store_score_put(struct tx *tx, const char *country, const char *channel, const struct score *score);

/* What was spent on a channel, or on all (empty), in the running hour and day; millionths. */
struct spend {
	int64_t hour, day;
};

int store_spend_get(struct tx *tx, const char *channel, int64_t wall, struct spend *ret);
int store_spend_charge(struct tx *tx, const char *channel, int64_t wall, int64_t micro);
/* Gives back what was charged at a time, as far as that hour and that day are still running. */
int store_spend_refund(struct tx *tx, const char *channel, int64_t wall, int64_t micro);
