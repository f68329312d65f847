#include "daemon/core/route.h"

#include "daemon/base/hex.h"
#include "daemon/core/learning.h"
#include "daemon/core/spending.h"
#include "daemon/core/store_breaker.h"
#include "daemon/core/store_route.h"
#include "wire/name.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define BREAKERS_MAX 32

/* One judgement: what is looked at for each channel. */
struct judge {
	const struct dialogue *d;
	const struct config_route *route;
	const struct config_policy *policy;
	struct breaker_row breakers[BREAKERS_MAX];
	int breaker_count;
};

/* A channel while it is judged. */
struct candidate {
	const struct config_channel *channel;
	int rank; /* less is better; score.h */
	struct score score;
	char skipped[WIRE_TEXT_MAX]; /* why; empty: it is used */
};

static bool is_listed(char *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

/* The reasons to skip a channel, in the order in which they are asked. Each returns 0, with skipped filled if it is
 * one, or -errno. */

static int ask_country(const struct judge *j, struct candidate *c)
{
	if (j->d->phone.e164[0] && !config_has_country(j->d->engine->config, &j->d->phone))
		snprintf(c->skipped, sizeof(c->skipped), "limits { countries } does not have %s", j->d->country);
	return 0;
}

static int ask_policy(const struct judge *j, struct candidate *c)
{
	if (j->d->only)
		return 0;
	if (j->policy->channels[0] && !is_listed(j->policy->channels, c->channel->name))
		snprintf(c->skipped, sizeof(c->skipped), "policy \"%s\" has other channels", j->policy->name);
	else if (j->policy->restricted == RESTRICTED_DENY && channel_kind_is_restricted(c->channel->kind))
		snprintf(c->skipped, sizeof(c->skipped), "policy \"%s\" denies restricted channels (%s)",
			 j->policy->name, channel_kind_label(c->channel->kind));
	return 0;
}

static int ask_address(const struct judge *j, struct candidate *c)
{
	char recipient[WIRE_RECIPIENT_MAX];
	int r = dialogue_recipient(j->d, c->channel->name, recipient);

	OPENSSL_cleanse(recipient, sizeof(recipient));
	if (r == 0)
		snprintf(c->skipped, sizeof(c->skipped), "the user has no address for %s",
			 channel_kind_label(c->channel->kind));
	return r < 0 ? r : 0;
}

static bool concerns(const struct judge *j, const struct breaker_row *b, const struct config_channel *channel)
{
	return strcmp(b->channel, channel->name) == 0 &&
	       (b->scope != BREAKER_TEMPLATE ||
		strcmp(b->subject, learning_language(channel, j->d->enrolment.lang)) == 0);
}

static int ask_breakers(const struct judge *j, struct candidate *c)
{
	for (int i = 0; i < j->breaker_count && !j->d->only; i++)
		if (concerns(j, &j->breakers[i], c->channel)) {
			snprintf(c->skipped, sizeof(c->skipped), "its breaker (%s) is open: %s%s%.160s",
				 breaker_names[j->breakers[i].scope], j->breakers[i].code,
				 j->breakers[i].code[0] ? ": " : "", j->breakers[i].detail);
			break;
		}
	return 0;
}

static int ask_money(const struct judge *j, struct candidate *c)
{
	int r = spending_allows(j->d->engine, j->d->tx, c->channel->name, c->skipped);

	return r < 0 ? r : 0;
}

static int (*const questions[])(const struct judge *, struct candidate *) = {ask_country, ask_policy, ask_address,
									     ask_breakers, ask_money};

static int judge_one(const struct judge *j, struct candidate *c)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]) && r == 0 && !c->skipped[0]; i++)
		r = questions[i](j, c);
	if (r < 0 || j->route->order != ORDER_ADAPTIVE || !j->d->country[0])
		return r;
	r = store_score_get(j->d->tx, j->d->country, c->channel->name, &c->score);
	c->rank = score_rank(&c->score, j->d->engine->clock->wall(j->d->engine->clock), j->route->fallback_most);
	return r < 0 ? r : 0;
}

/* The user's own channel, then the route's; each once. */
static size_t list_candidates(const struct judge *j, struct candidate list[static ROUTE_STEPS_MAX])
{
	const struct config *config = j->d->engine->config;
	const struct config_channel *own = config_channel(config, j->d->enrolment.channel);
	size_t count = 0;

	memset(list, 0, ROUTE_STEPS_MAX * sizeof(list[0]));
	if (j->d->only) {
		list[0].channel = config_channel(config, j->d->only);
		return list[0].channel ? 1 : 0;
	}
	if (own)
		list[count++].channel = own;
	for (char **name = j->route->channels; *name && count < ROUTE_STEPS_MAX; name++)
		if (!own || strcmp(*name, own->name) != 0)
			list[count++].channel = config_channel(config, *name);
	return count;
}

/* By rank, skipped ones last, else as they are. The user's own channel stays first: it was chosen. */
static bool goes_before(const struct judge *j, const struct candidate *a, const struct candidate *b)
{
	if ((a->skipped[0] == '\0') != (b->skipped[0] == '\0'))
		return a->skipped[0] == '\0';
	return a->rank < b->rank && strcmp(b->channel->name, j->d->enrolment.channel) != 0;
}

static void sort(const struct judge *j, struct candidate *list, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t k = i; k > 0 && goes_before(j, &list[k], &list[k - 1]); k--) {
			struct candidate swap = list[k];

			list[k] = list[k - 1];
			list[k - 1] = swap;
		}
}

/* Within the bounds of the route, as long as 95 of 100 messages of the first channel need. */
static int64_t patience(const struct judge *j, const struct candidate *first)
{
	int64_t seconds = j->route->order == ORDER_ADAPTIVE ? score_quantile(&first->score, 95) : 0;

	if (seconds == 0)
		return j->route->fallback_after;
	if (seconds < j->route->fallback_least)
		return j->route->fallback_least;
	return seconds > j->route->fallback_most ? j->route->fallback_most : seconds;
}

static void explain(const struct judge *j, const struct candidate *c, size_t place, int64_t after,
		    struct route_step *step)
{
	int64_t wall = j->d->engine->clock->wall(j->d->engine->clock);

	*step = (struct route_step){.used = c->skipped[0] == '\0'};
	snprintf(step->channel, sizeof(step->channel), "%s", c->channel->name);
	step->after_seconds = step->used ? (uint64_t)((int64_t)place * after) : 0;
	if (!step->used)
		snprintf(step->reason, sizeof(step->reason), "%s", c->skipped);
	else if (strcmp(c->channel->name, j->d->enrolment.channel) == 0)
		snprintf(step->reason, sizeof(step->reason), "the user's own channel");
	else if (j->route->order == ORDER_ADAPTIVE && c->score.updated == 0)
		snprintf(step->reason, sizeof(step->reason), "route \"%s\", adaptive: no message in %s yet",
			 j->route->name, j->d->country);
	else if (j->route->order == ORDER_ADAPTIVE && c->score.deliveries == 0)
		snprintf(step->reason, sizeof(step->reason),
			 "route \"%s\", adaptive: %" PRId64 " %% of the messages in %s came to a good end",
			 j->route->name, score_success(&c->score, wall) * 100 / SCORE_FULL, j->d->country);
	else if (j->route->order == ORDER_ADAPTIVE)
		snprintf(step->reason, sizeof(step->reason),
			 "route \"%s\", adaptive: %" PRId64 " %% delivered in %s, 95 of 100 within %" PRId64 " s",
			 j->route->name, score_success(&c->score, wall) * 100 / SCORE_FULL, j->d->country,
			 score_quantile(&c->score, 95));
	else
		snprintf(step->reason, sizeof(step->reason), "route \"%s\"", j->route->name);
}

static int find_breakers(struct judge *j)
{
	char recipient[WIRE_NAME_MAX] = "";

	if (j->d->enrolment.sealed_length > 0)
		hex_format(j->d->enrolment.index, KEYS_INDEX_SIZE, recipient);
	j->breaker_count = store_breaker_find(j->d->tx, recipient, j->d->country, j->d->now, j->breakers, BREAKERS_MAX);
	return j->breaker_count < 0 ? j->breaker_count : 0;
}

int route_plan(const struct dialogue *d, struct route_plan *ret)
{
	const struct config *config = d->engine->config;
	struct judge j = {
		.d = d,
		.route = config_route(config, &d->phone),
		.policy = d->policy ? d->policy : config_policy(config, "default"),
	};
	struct candidate list[ROUTE_STEPS_MAX];
	int r = find_breakers(&j);

	ret->count = list_candidates(&j, list);
	for (size_t i = 0; i < ret->count && r == 0; i++)
		r = judge_one(&j, &list[i]);
	if (r < 0)
		return r;
	sort(&j, list, ret->count);
	ret->fallback_after = patience(&j, &list[0]);
	for (size_t i = 0; i < ret->count; i++)
		explain(&j, &list[i], i, ret->fallback_after, &ret->steps[i]);
	return 0;
}

static void note_no_channel(struct dialogue *d, const struct route_plan *plan)
{
	char name[NAME_QUOTED_MAX], *why = d->refused;

	for (size_t i = 0; i < plan->count; i++) {
		size_t used = strlen(why);

		snprintf(why + used, sizeof(d->refused) - used, "%s%s: %s", i > 0 ? "; " : "", plan->steps[i].channel,
			 plan->steps[i].reason);
	}
	reply_note(d->reply, LOG_ERR, "%s: no channel can carry a code: %s", name_quote(d->enrolment.user, name), why);
}

int route_choose(struct dialogue *d)
{
	struct route_plan plan;
	size_t count = 0;
	int r = dialogue_open_number(d);

	if (r == 0)
		r = route_plan(d, &plan);
	if (r < 0)
		return r;
	memset(d->channels, 0, sizeof(d->channels));
	d->refused[0] = '\0';
	for (size_t i = 0; i < plan.count && count < DIALOGUE_CHANNELS_MAX; i++)
		if (plan.steps[i].used) /* the name in the config outlives the plan */
			d->channels[count++] = config_channel(d->engine->config, plan.steps[i].channel)->name;
	d->fallback_after = plan.fallback_after;
	if (count == 0)
		note_no_channel(d, &plan);
	return 0;
}
