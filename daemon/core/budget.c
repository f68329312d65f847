#include "daemon/core/budget.h"

#include "daemon/base/address.h"
#include "daemon/base/hex.h"
#include "daemon/core/store_rate.h"
#include "wire/name.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define SOURCE_MEMORY (3600 * SECOND) /* a user counts once an hour for a source */

/*
 * The keys of one send, and what each is limited to. What belongs to one person begins with the index of the number, so
 * that a send touches one page for all of it.
 */
struct budget {
	char person[2 * KEYS_INDEX_SIZE + 1];
	struct rate rates[STORE_RATES_MAX];
	const struct config_rates *limits[STORE_RATES_MAX]; /* NULL: a mark, not a limit */
	const char *what[STORE_RATES_MAX];                  /* for the log */
	size_t count;
	struct config_rates backoff;
};

static void add(struct budget *b, const char *owner, const struct config_rates *limits, const char *what,
		const char *key)
{
	snprintf(b->rates[b->count].key, sizeof(b->rates[b->count].key), "%s%s%s%s%s", owner, owner[0] ? " " : "", what,
		 key[0] ? " " : "", key);
	b->limits[b->count] = limits;
	b->what[b->count++] = what;
}

/* A process of the user's own: its buckets are its own, so that it cannot use up those of ssh and sudo. */
static bool is_unprivileged(const struct dialogue *d)
{
	return !d->challenge.counts && d->challenge.purpose == CHALLENGE_LOGIN;
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

/* A source is limited by how many users it sends for, so there is a mark for each of its users, in front of it. */
static void add_source(struct budget *b, const struct dialogue *d)
{
	const struct config_limits *limits = &d->engine->config->limits;

	char mark[WIRE_USER_MAX + WIRE_ADDRESS_MAX];

	if (!d->address[0] || source_is_exempt(limits, d->address))
		return;
	snprintf(mark, sizeof(mark), "%s %s", d->address, d->challenge.user);
	add(b, b->person, NULL, "seen", mark);
	add(b, "", &limits->per_source, "source", d->address);
}

/* After too many codes without a login: one in the longest cool-down. */
static void add_backoff(struct budget *b, const struct dialogue *d)
{
	const struct config_limits *limits = &d->engine->config->limits;

	if (d->enrolment.sends_since_success < limits->sends_since_success)
		return;
	b->backoff.count = 1;
	b->backoff.rate[0] = (struct config_rate){1, limits->resend_cooldown[limits->resend_cooldown_count - 1]};
	add(b, b->person, &b->backoff, "unanswered", d->challenge.user);
}

static void choose(struct budget *b, const struct dialogue *d)
{
	const struct config_limits *limits = &d->engine->config->limits;

	hex_format(d->enrolment.index, KEYS_INDEX_SIZE, b->person);
	if (is_unprivileged(d)) {
		if (d->challenge.sends > 0) /* the first code is paid for by budget_start() */
			add(b, "", &limits->per_caller, "caller", d->challenge.source);
	} else {
		add_source(b, d);
		add(b, b->person, &limits->per_user, "user", d->challenge.user);
		add_backoff(b, d);
		add(b, b->person, &limits->per_number, "number", "");
	}
	add(b, "", &limits->global, "host", "");
}

/* A user whom the source has sent for within the hour does not count for it again: the mark and the source go. */
static void judge_source(struct budget *b, int64_t now)
{
	int64_t *seen = &b->rates[0].state.arrival[0];

	if (b->limits[0])
		return; /* there is no source */
	if (*seen == 0 || now - *seen >= SOURCE_MEMORY) {
		*seen = now;
		return;
	}
	b->count -= 2;
	memmove(b->rates, b->rates + 2, b->count * sizeof(b->rates[0]));
	memmove(b->limits, b->limits + 2, b->count * sizeof(b->limits[0]));
	memmove(b->what, b->what + 2, b->count * sizeof(b->what[0]));
}

int budget_start(struct dialogue *d, bool trusted, int64_t *wait)
{
	struct rate rate = {0};
	int r;

	*wait = 0;
	if (trusted)
		return 0;
	snprintf(rate.key, sizeof(rate.key), "caller %s", d->challenge.source);
	r = store_rate_get(d->tx, &rate, 1);
	if (r < 0)
		return r;
	*wait = limit_take(&d->engine->config->limits.per_caller, &rate.state, d->now);
	return *wait > 0 ? 0 : store_rate_put(d->tx, &rate);
}

int budget_take(struct dialogue *d, int64_t *wait)
{
	char name[NAME_QUOTED_MAX];
	struct budget b = {0};
	int r;

	*wait = 0;
	choose(&b, d);
	r = store_rate_get(d->tx, b.rates, b.count);
	if (r < 0)
		return r;
	judge_source(&b, d->now);
	for (size_t i = 0; i < b.count; i++) {
		int64_t more = b.limits[i] ? limit_take(b.limits[i], &b.rates[i].state, d->now) : 0;

		if (more > *wait) {
			*wait = more;
			reply_note(d->reply, LOG_WARNING,
				   "%s: no code sent: the limit per %s is reached, the next can be sent in %lld s",
				   name_quote(d->challenge.user, name), b.what[i],
				   (long long)((more + SECOND - 1) / SECOND));
		}
	}
	for (size_t i = 0; i < b.count && r >= 0 && *wait == 0; i++)
		r = store_rate_put(d->tx, &b.rates[i]);
	if (r >= 0 && *wait == 0 && !is_unprivileged(d))
		r = store_enrolment_sent(d->tx, d->challenge.user);
	return r < 0 ? r : 0;
}
