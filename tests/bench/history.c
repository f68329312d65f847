/*
 * history DIRECTORY DELIVERIES DAYS: a state folder whose statistics are those of so many deliveries in so many days up
 * to now, in 20 countries and by 3 channels: each hour is counted as the core would count it, and each day pruned.
 */
#include "daemon/core/bookkeeping.h"
#include "tests/bench/stopwatch.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR 3600
#define DAY_HOURS 24
#define COUNTRIES 20
#define CHANNELS 3
#define COST 12000 /* millionths */

/* The first is where most people are: the n-th has 1/n of its share. */
static const char *const countries[COUNTRIES] = {"SA", "ID", "AE", "EG", "IN", "BR", "DE", "GB", "TR", "PK",
						 "KW", "QA", "ES", "IT", "NG", "ZA", "MX", "FR", "US", "JO"};
static const struct {
	const char *name;
	double share;
	double delivery; /* the median, seconds */
} channels[CHANNELS] = {{"whatsapp", 0.86, 2.2}, {"sms", 0.12, 6}, {"voice", 0.02, 12}};

/* An hour: how much happened at each place. */
struct hour {
	int64_t count[CHANNELS][COUNTRIES][TALLY_PLACES];
};

static double chance(void)
{
	static uint64_t state = 88172645463325252ULL; /* xorshift64: the same history in each run */

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (double)(state >> 11) / 9007199254740992.0;
}

static size_t pick_country(void)
{
	static double up_to[COUNTRIES];
	double whole = 0, x = chance();
	size_t i = 0;

	for (; up_to[COUNTRIES - 1] == 0 && i < COUNTRIES; i++)
		whole += 1 / (double)(i + 1);
	for (size_t n = 0; whole > 0 && n < COUNTRIES; n++)
		up_to[n] = (n ? up_to[n - 1] : 0) + 1 / (double)(n + 1) / whole;
	for (i = 0; i + 1 < COUNTRIES && x > up_to[i];)
		i++;
	return i;
}

static size_t pick_channel(void)
{
	double x = chance();
	size_t i = 0;

	for (; i + 1 < CHANNELS && x > channels[i].share; i++)
		x -= channels[i].share;
	return i;
}

/* Log-normal: most are near the median, a few take far longer. */
static int64_t some_time(double median, double spread)
{
	double normal = (chance() + chance() + chance() + chance() - 2) * sqrt(3);

	return (int64_t)(median * exp(spread * normal) * 1e6);
}

static void count(int64_t places[TALLY_PLACES], enum tally what, int64_t value)
{
	const struct event event = {.what = what, .value = value};
	int64_t amount, place = tally_place(&event, &amount);

	places[place] += amount;
}

static void deliver_one(struct hour *hour)
{
	size_t channel = pick_channel();
	int64_t *places = hour->count[channel][pick_country()];

	count(places, TALLY_SENT, 0);
	count(places, TALLY_COST, COST);
	if (channel > 0)
		count(places, TALLY_FALLBACK, 0);
	if (chance() < 0.05) {
		count(places, TALLY_FAILED, 0);
		return;
	}
	count(places, TALLY_ACCEPTED, 0);
	count(places, TALLY_SEND_TIME, some_time(0.15, 0.5));
	count(places, TALLY_DELIVERED, 0);
	count(places, TALLY_DELIVERY_TIME, some_time(channels[channel].delivery, 0.9));
	if (chance() < 0.6)
		count(places, TALLY_READ, 0);
	if (chance() < 0.9) {
		count(places, TALLY_VERIFIED, 0);
		count(places, TALLY_ANSWER_TIME, some_time(14, 0.7));
	}
}

static int write_hour(struct tx *tx, const struct hour *hour, int64_t at)
{
	static struct stat_row rows[TALLY_PLACES];
	int r = 0;

	for (size_t cell = 0; cell < (size_t)CHANNELS * COUNTRIES && r == 0; cell++) {
		size_t channel = cell / COUNTRIES, country = cell % COUNTRIES, count = 0;

		for (size_t place = 0; place < TALLY_PLACES; place++) {
			if (hour->count[channel][country][place] == 0)
				continue;
			rows[count] = (struct stat_row){
				.hour = at, .place = (int64_t)place, .count = hour->count[channel][country][place]};
			snprintf(rows[count].channel, sizeof(rows[count].channel), "%s", channels[channel].name);
			snprintf(rows[count].country, sizeof(rows[count].country), "%s", countries[country]);
			count++;
		}
		r = bookkeeping_write(tx, rows, count);
	}
	return r;
}

/* How much of a day has been sent when so many of its hours are over: least at four, most twelve hours later. */
static double share_until(int hour)
{
	return hour / 24.0 - 0.6 / (2 * M_PI) * (sin(2 * M_PI * (hour - 4) / 24.0) + sin(2 * M_PI * 4 / 24.0));
}

static int fill_day(struct store *store, const struct clock *clock, int64_t begin, int64_t deliveries)
{
	static struct hour hour;
	int64_t done = 0;
	struct tx *tx;
	int r = store_begin(store, &tx);

	for (int i = 0; i < DAY_HOURS && r == 0; i++) {
		int64_t until = llround((double)deliveries * share_until(i + 1));

		hour = (struct hour){0};
		for (; done < until; done++)
			deliver_one(&hour);
		r = write_hour(tx, &hour, begin + (int64_t)i * HOUR);
	}
	if (r == 0)
		r = bookkeeping_prune(tx, clock->now(clock), begin + (int64_t)DAY_HOURS * HOUR);
	return r == 0 ? store_commit(tx) : r;
}

int main(int argc, char **argv)
{
	char why[512] = "";
	struct store *store = NULL;
	struct clock clock;
	int64_t deliveries, days, first;
	int r;

	if (argc != 4 || atol(argv[3]) < 1) {
		fprintf(stderr, "usage: history DIRECTORY DELIVERIES DAYS\n");
		return 2;
	}
	deliveries = atol(argv[2]);
	days = atol(argv[3]);
	r = clock_system(&clock);
	if (r == 0)
		r = store_open(argv[1], &clock, &store, why, sizeof(why));
	first = clock.wall(&clock) / HOUR * HOUR - (days * DAY_HOURS - 1) * HOUR;
	for (int64_t day = 0; day < days && r == 0; day++)
		r = fill_day(store, &clock, first + day * DAY_HOURS * HOUR,
			     deliveries * (day + 1) / days - deliveries * day / days);
	if (r < 0)
		give_up(-r, "%s", why[0] ? why : "the statistics cannot be written");
	store_close(store);
	return 0;
}
