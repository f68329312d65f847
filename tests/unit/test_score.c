/* daemon/core: score, breaker and tally, what channels are judged by. */
#include "daemon/core/breaker.h"
#include "daemon/core/score.h"
#include "daemon/core/tally.h"

#include "tests/unit/fixture.h"

#include <string.h>

#define NOW 1700000000

/* Scores */

static void a_channel_without_messages_is_taken_for_good(void **state)
{
	struct score score = {.success = SCORE_FULL};

	(void)state;
	assert_int_equal(score_success(&score, NOW), SCORE_FULL);
	assert_int_equal(score_quantile(&score, 95), 0);
	assert_int_equal(score_rank(&score, NOW, 60), 0);
}

static void failures_take_it_down_and_deliveries_up_again(void **state)
{
	struct score score = {.success = SCORE_FULL};
	int64_t last = SCORE_FULL;

	(void)state;
	for (int i = 0; i < 20; i++) {
		score_add(&score, false, -1, NOW);
		assert_true(score_success(&score, NOW) < last);
		last = score_success(&score, NOW);
	}
	assert_true(last < SCORE_FULL / 10);
	assert_int_equal(score_rank(&score, NOW, 60), 8);
	for (int i = 0; i < 20; i++)
		score_add(&score, true, SECOND, NOW);
	assert_true(score_success(&score, NOW) > SCORE_FULL * 9 / 10);
}

static void a_bad_name_is_forgotten_by_half_in_half_an_hour(void **state)
{
	struct score score = {.success = 0, .updated = NOW};

	(void)state;
	assert_int_equal(score_success(&score, NOW), 0);
	assert_int_equal(score_success(&score, NOW - 100), 0); /* the clock was set back */
	assert_int_equal(score_success(&score, NOW + 900), SCORE_FULL / 4);
	assert_int_equal(score_success(&score, NOW + 1800), SCORE_FULL / 2);
	assert_int_equal(score_success(&score, NOW + 3600), SCORE_FULL * 3 / 4);
	assert_true(score_success(&score, NOW + 86400) > SCORE_FULL * 99 / 100);
	assert_int_equal(score_success(&score, INT64_MAX / 2), SCORE_FULL);
}

static void the_95th_percentile_follows_the_messages(void **state)
{
	struct score score = {.success = SCORE_FULL};

	(void)state;
	for (int i = 0; i < 19; i++)
		score_add(&score, true, 2 * SECOND, NOW);
	assert_int_equal(score_quantile(&score, 95), 0); /* too few */
	for (int i = 0; i < 200; i++)
		score_add(&score, true, (i % 10 == 9 ? 18 : 2) * SECOND, NOW);
	assert_int_equal(score_quantile(&score, 50), 2);
	assert_int_equal(score_quantile(&score, 95), 20);
	for (int i = 0; i < 400; i++)
		score_add(&score, true, 1000 * SECOND, NOW);
	assert_int_equal(score_quantile(&score, 95), 300);
	assert_int_equal(score_rank(&score, NOW, 60), 1); /* behind one that is as sure and in time */
}

static void the_same_messages_make_the_same_score(void **state)
{
	struct score one = {.success = SCORE_FULL}, two = {.success = SCORE_FULL};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		score_add(&one, i % 3 != 0, i % 7 * SECOND, NOW + i);
		score_add(&two, i % 3 != 0, i % 7 * SECOND, NOW + i);
	}
	assert_memory_equal(&one, &two, sizeof(one));
}

/* Breakers */

static const struct config_limits limits = {.breaker_after = 3, .breaker_window = 60};

static void a_breaker_opens_until_closed_or_for_a_time(void **state)
{
	struct breaker_state b = {0};
	struct fault why = {.breaker = BREAKER_CHANNEL, .breaker_seconds = 60};

	(void)state;
	assert_true(breaker_fail(&b, &why, &limits, 0));
	assert_true(breaker_is_open(&b, 60 * SECOND - 1));
	assert_false(breaker_is_open(&b, 60 * SECOND));
	why.breaker_seconds = 0;
	assert_true(breaker_fail(&b, &why, &limits, 0));
	assert_true(breaker_is_open(&b, INT64_MAX - 1));
	why.breaker_seconds = 60; /* a shorter time does not close it */
	assert_false(breaker_fail(&b, &why, &limits, 0));
	assert_true(breaker_is_open(&b, INT64_MAX - 1));
}

static void often_is_so_many_within_the_window(void **state)
{
	struct breaker_state b = {0};
	const struct fault why = {.breaker = BREAKER_CHANNEL, .often = true};

	(void)state;
	assert_false(breaker_fail(&b, &why, &limits, 0));
	assert_false(breaker_fail(&b, &why, &limits, 10 * SECOND));
	assert_false(breaker_fail(&b, &why, &limits, 60 * SECOND)); /* a new window */
	assert_false(breaker_fail(&b, &why, &limits, 70 * SECOND));
	assert_true(breaker_fail(&b, &why, &limits, 80 * SECOND));
}

/* Counts */

static void a_time_is_within_a_seventh_of_its_bucket(void **state)
{
	(void)state;
	assert_int_equal(tally_bucket(0), 0);
	for (int64_t ms = 1; ms < 600000; ms += 1 + ms / 50) {
		int64_t bucket = tally_bucket(ms * 1000), told = tally_bucket_ms(bucket);

		assert_true(bucket > 0 && bucket < TALLY_BUCKETS);
		assert_true(told <= ms + ms / 7 + 1 && told >= ms - ms / 7 - 1);
	}
	assert_int_equal(tally_bucket(INT64_MAX / 2), TALLY_BUCKETS - 1);
}

static void quantiles_of_buckets(void **state)
{
	int64_t buckets[TALLY_BUCKETS] = {0};

	(void)state;
	assert_int_equal(tally_quantile(buckets, 50), 0);
	buckets[tally_bucket(100 * 1000)] = 94;
	buckets[tally_bucket(3000 * 1000)] = 6;
	assert_int_equal(tally_quantile(buckets, 50), tally_bucket_ms(tally_bucket(100 * 1000)));
	assert_int_equal(tally_quantile(buckets, 95), tally_bucket_ms(tally_bucket(3000 * 1000)));
}

static void events_find_their_places(void **state)
{
	struct events events = {0};
	int64_t amount;

	(void)state;
	events_add(&events, TALLY_SENT, "whatsapp", "+966", 0);
	events_add(&events, TALLY_COST, "whatsapp", "+966", 14500);
	events_add(&events, TALLY_ANSWER_TIME, "whatsapp", "+966", 20 * SECOND);
	events_add(&events, TALLY_SENT, NULL, "+966", 0); /* a channel that the config has lost */
	assert_int_equal(events.count, 3);
	assert_int_equal(tally_place(&events.item[0], &amount), TALLY_SENT);
	assert_int_equal(amount, 1);
	assert_int_equal(tally_place(&events.item[1], &amount), TALLY_COST);
	assert_int_equal(amount, 14500);
	assert_int_equal(tally_place(&events.item[2], &amount), TALLY_ANSWER_TIME + tally_bucket(20 * SECOND));
	assert_int_equal(amount, 1);
	for (unsigned i = 0; i < 2 * EVENTS_MAX; i++)
		events_add(&events, TALLY_SENT, "whatsapp", "+1", 0);
	assert_int_equal(events.count, EVENTS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_channel_without_messages_is_taken_for_good),
		cmocka_unit_test(failures_take_it_down_and_deliveries_up_again),
		cmocka_unit_test(a_bad_name_is_forgotten_by_half_in_half_an_hour),
		cmocka_unit_test(the_95th_percentile_follows_the_messages),
		cmocka_unit_test(the_same_messages_make_the_same_score),
		cmocka_unit_test(a_breaker_opens_until_closed_or_for_a_time),
		cmocka_unit_test(often_is_so_many_within_the_window),
		cmocka_unit_test(a_time_is_within_a_seventh_of_its_bucket),
		cmocka_unit_test(quantiles_of_buckets),
		cmocka_unit_test(events_find_their_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
