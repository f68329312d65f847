#include "daemon/core/budget.h"

#include "daemon/base/address.h"
#include "daemon/core/store_challenge.h"
#include "daemon/core/store_rate.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define BUCKETS_MAX 6
#define SOURCE_MEMORY (3600 * SECOND) /* a user counts once an hour for a source */

struct bucket {
	char key[WIRE_USER_MAX + 16];
	const char *what; /* for the log */
	const struct config_rates *rates;
	struct limit_state state;
};

static void add(struct bucket *buckets, size_t *count, const struct config_rates *rates, const char *what,
		const char *key)
{
	struct bucket *b = &buckets[(*count)++];

	*b = (struct bucket){.what = what, .rates = rates};
	snprintf(b->key, sizeof(b->key), "%s %s", what, key);
}

/* "uid 1000 :0": a caller may name any terminal, so only the uid counts. */
static void add_caller(struct bucket *buckets, size_t *count, const struct config_rates *rates, const char *source)
{
	char uid[32];

	snprintf(uid, sizeof(uid), "%.*s", (int)(strcspn(source + 4, " ") + 4), source);
	add(buckets, count, rates, "caller", uid);
}

static bool source_is_exempt(const struct config_limits *limits, const char *text)
{
	struct address address, block;
	unsigned bits;

	if (address_parse(text, &address) < 0)
		return false;
	for (char **item = limits->source_exempt; *item; item++)
		if (address_block_parse(*item, &block, &bits) == 0 && address_in_block(&address, &block, bits))
			return true;
	return false;
}

/* 1 if this send makes one more user of its source. */
static int source_counts(struct dialogue *d)
{
	int known;

	if (!d->address[0] || source_is_exempt(&d->engine->config->limits, d->address))
		return 0;
	known = store_challenge_source_known(d->tx, d->challenge.user, d->challenge.source, d->now - SOURCE_MEMORY);
	return known < 0 ? known : !known;
}

static int choose(struct dialogue *d, struct bucket *buckets, size_t *count, struct config_rates *backoff)
{
	const struct config_limits *limits = &d->engine->config->limits;
	char index[2 * KEYS_INDEX_SIZE + 1];
	int r = source_counts(d);

	if (r > 0)
		add(buckets, count, &limits->per_source, "source", d->address);
	if (!d->challenge.counts && d->challenge.purpose == CHALLENGE_LOGIN)
		add_caller(buckets, count, &limits->per_caller, d->challenge.source);
	add(buckets, count, &limits->per_user, "user", d->challenge.user);
	if (d->enrolment.sends_since_success >= limits->sends_since_success) {
		*backoff = (struct config_rates){.count = 1};
		backoff->rate[0] = (struct config_rate){1, limits->resend_cooldown[limits->resend_cooldown_count - 1]};
		add(buckets, count, backoff, "unanswered", d->challenge.user);
	}
	for (size_t i = 0; i < KEYS_INDEX_SIZE; i++)
		snprintf(index + 2 * i, 3, "%02x", d->enrolment.index[i]);
	add(buckets, count, &limits->per_number, "number", index);
	add(buckets, count, &limits->global, "host", "all");
	return r;
}

int budget_take(struct dialogue *d, int64_t *wait)
{
	struct bucket buckets[BUCKETS_MAX];
	struct config_rates backoff;
	size_t count = 0;
	int r = choose(d, buckets, &count, &backoff);

	*wait = 0;
	for (size_t i = 0; i < count && r >= 0; i++) {
		int64_t more;

		r = store_rate_get(d->tx, buckets[i].key, &buckets[i].state);
		if (r < 0)
			break;
		more = limit_take(buckets[i].rates, &buckets[i].state, d->now);
		if (more > *wait) {
			*wait = more;
			reply_note(d->reply, LOG_WARNING,
				   "%s: no code sent: the limit per %s is reached, the next can be sent in %lld s",
				   d->challenge.user, buckets[i].what, (long long)((more + SECOND - 1) / SECOND));
		}
	}
	for (size_t i = 0; i < count && r >= 0 && *wait == 0; i++)
		r = store_rate_put(d->tx, buckets[i].key, &buckets[i].state);
	if (r >= 0 && *wait == 0)
		r = store_enrolment_sent(d->tx, d->challenge.user);
	return r < 0 ? r : 0;
}
