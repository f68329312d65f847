/*
 * How well a channel does in a country, from what became of its messages: an exponentially weighted rate of success and
 * a fading histogram of how long delivery takes. Pure: the same messages make the same score.
 *
 * A channel that does badly gets few messages and so could never do well again: its rate drifts back to full success
 * with time, and it is tried anew.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SCORE_BUCKETS 16
#define SCORE_FULL 1000000 /* of the rate of success: millionths */
#define SCORE_FEW 20       /* fewer messages say nothing about times */

struct score {
	int64_t success;    /* millionths, at the time of the last message */
	int64_t updated;    /* wall clock, seconds; 0: no message yet */
	int64_t deliveries; /* how many told a time */
	int64_t bucket[SCORE_BUCKETS];
};

/* One message: delivered after so many microseconds (less than 0: nobody knows how long), or not delivered. */
void score_add(struct score *score, bool delivered, int64_t usec, int64_t wall);

/* Only how long it took: of a message whose end was counted before it was known. */
void score_add_time(struct score *score, int64_t usec);

/* The rate at a time, millionths. */
int64_t score_success(const struct score *score, int64_t wall);

/* Seconds within which so many of a hundred messages arrive, of those that do; 0 if too few have. */
int64_t score_quantile(const struct score *score, int percent);

/*
 * What the order of channels goes by, less is better: the rate in steps of a fifth (more than one message), and behind
 * equals those that deliver later than anybody waits. Channels with the same rank stay in the order of the config.
 */
int score_rank(const struct score *score, int64_t wall, int64_t patience);
