/* populate DIRECTORY MASTER-KEY COUNT: a state folder in which so many people are enrolled. */
#include "daemon/core/store_enrolment.h"
#include "tests/bench/people.h"
#include "tests/bench/stopwatch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IN_ONE_TRANSACTION 10000

static int put(struct tx *tx, const struct keys *keys, size_t n, int64_t wall)
{
	struct enrolment e = {.verified = 1, .enrolled_at = wall};
	struct phone phone;
	char number[WIRE_PHONE_MAX];
	int r;

	people_name(n, e.user);
	people_phone(n, number);
	snprintf(e.consent, sizeof(e.consent), "I agree to receive login codes on this number");
	snprintf(e.consent_by, sizeof(e.consent_by), "root");
	r = phone_parse(number, &phone);
	if (r == 0)
		r = keys_number_index(keys, &phone, e.index);
	if (r == 0)
		r = keys_seal(keys, e.user, phone.e164, e.sealed);
	if (r < 0)
		return r;
	e.sealed_length = (size_t)r;
	return store_enrolment_put(tx, &e);
}

static int fill(struct store *store, const struct keys *keys, size_t count, int64_t wall)
{
	int r = 0;

	for (size_t n = 0; n < count && r >= 0;) {
		struct tx *tx;

		r = store_begin(store, &tx);
		for (size_t end = n + IN_ONE_TRANSACTION; r >= 0 && n < end && n < count; n++)
			r = put(tx, keys, n, wall);
		if (r >= 0)
			r = store_commit(tx);
	}
	return r;
}

int main(int argc, char **argv)
{
	char why[512] = "";
	struct store *store = NULL;
	struct keys *keys = NULL;
	struct clock clock;
	size_t count;
	int r;

	if (argc != 4) {
		fprintf(stderr, "usage: populate DIRECTORY MASTER-KEY COUNT\n");
		return 2;
	}
	count = strtoul(argv[3], NULL, 10);
	r = count > PEOPLE_MAX ? -ERANGE : clock_system(&clock);
	if (r == 0)
		r = keys_load(argv[2], &keys, why, sizeof(why));
	if (r == 0)
		r = store_open(argv[1], &clock, &store, why, sizeof(why));
	if (r == 0)
		r = fill(store, keys, count, clock.wall(&clock));
	if (r < 0)
		give_up(-r, "%s", why[0] ? why : "the database cannot be filled");
	store_close(store);
	keys_free(keys);
	return 0;
}
