#include "daemon/core/score.h"

#include "daemon/base/clock.h"

#include <stddef.h>

#define WEIGHT 8       /* the last message counts an eighth */
#define FADE 64        /* each message takes a 64th off the histogram */
#define UNIT 4096      /* of a message in the histogram, so that fading has something to take */
#define HALF_LIFE 1800 /* seconds in which half of a bad name is forgotten */
#define STEPS 5        /* one message of the last moves a good rate by less */

/* Upper bounds of the buckets in seconds; what took longer is in the last. */
static const int64_t bounds[SCORE_BUCKETS] = {1, 2, 3, 4, 6, 8, 11, 15, 20, 25, 30, 40, 50, 60, 120, 300};

void score_add_time(struct score *score, int64_t usec)
{
	size_t i = 0;

	while (i + 1 < SCORE_BUCKETS && usec > bounds[i] * SECOND)
		i++;
	for (size_t k = 0; k < SCORE_BUCKETS; k++)
		score->bucket[k] -= score->bucket[k] / FADE;
	score->bucket[i] += UNIT;
	score->deliveries++;
}

void score_add(struct score *score, bool delivered, int64_t usec, int64_t wall)
{
	int64_t before = score_success(score, wall);

	score->success = before + ((delivered ? SCORE_FULL : 0) - before) / WEIGHT;
	score->updated = wall;
	if (delivered && usec >= 0)
		score_add_time(score, usec);
}

int64_t score_success(const struct score *score, int64_t wall)
{
	int64_t age = wall - score->updated, missing = SCORE_FULL - score->success;

	if (score->updated == 0)
		return SCORE_FULL;
	if (age < 0) /* the clock was set back */
		age = 0;
	for (; age >= HALF_LIFE && missing > 0; age -= HALF_LIFE)
		missing /= 2;
	return SCORE_FULL - missing + missing * age / (2 * HALF_LIFE);
}

int64_t score_quantile(const struct score *score, int percent)
{
	int64_t all = 0, seen = 0;

	for (size_t i = 0; i < SCORE_BUCKETS; i++)
		all += score->bucket[i];
	if (score->deliveries < SCORE_FEW || all == 0)
		return 0;
	for (size_t i = 0; i < SCORE_BUCKETS; i++) {
		seen += score->bucket[i];
		if (seen * 100 >= all * percent)
			return bounds[i];
	}
	return bounds[SCORE_BUCKETS - 1];
}

int score_rank(const struct score *score, int64_t wall, int64_t patience)
{
	int steps_missing = (int)((SCORE_FULL - score_success(score, wall)) * STEPS / SCORE_FULL);

	return steps_missing * 2 + (score_quantile(score, 95) > patience);
}
