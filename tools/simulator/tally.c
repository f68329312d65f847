#include "tools/simulator/tally.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct reason {
	size_t endpoint;
	char method[16];
	unsigned status;
	int code;
	enum answer_outcome outcome;
	uint64_t at_ms; /* wall clock */
	char text[sizeof(((struct answer *)0)->reason)];
};

struct tally {
	pthread_mutex_t lock;
	const char *const *names;
	size_t names_n;
	uint64_t counts[TALLY_ENDPOINTS][ANSWER_OUTCOMES];
	uint64_t reasons_n; /* since the start or the last clear */
	struct reason reasons[TALLY_REASONS];
};

static const char *const outcome_names[] = {
	[ANSWER_ACCEPTED] = "accepted",
	[ANSWER_FAILED] = "failed",
	[ANSWER_REFUSED] = "refused",
};

struct tally *tally_new(const char *const *names, size_t n)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (!tally)
		return NULL;
	pthread_mutex_init(&tally->lock, NULL);
	tally->names = names;
	tally->names_n = n;
	return tally;
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	pthread_mutex_destroy(&tally->lock);
	free(tally);
}

static uint64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void reason_set(struct reason *reason, size_t endpoint, const char *method, const struct answer *answer)
{
	*reason = (struct reason){
		.endpoint = endpoint,
		.status = answer->status,
		.code = answer->code,
		.outcome = answer->outcome,
		.at_ms = wall_ms(),
	};
	snprintf(reason->method, sizeof(reason->method), "%s", method);
	answer_clean(reason->method);
	memcpy(reason->text, answer->reason, sizeof(reason->text));
}

void tally_count(struct tally *tally, size_t endpoint, const char *method, const struct answer *answer)
{
	pthread_mutex_lock(&tally->lock);
	tally->counts[endpoint][answer->outcome]++;
	if (answer->outcome != ANSWER_ACCEPTED)
		reason_set(&tally->reasons[tally->reasons_n++ % TALLY_REASONS], endpoint, method, answer);
	pthread_mutex_unlock(&tally->lock);
}

void tally_clear(struct tally *tally)
{
	pthread_mutex_lock(&tally->lock);
	memset(tally->counts, 0, sizeof(tally->counts));
	tally->reasons_n = 0;
	pthread_mutex_unlock(&tally->lock);
}

static json_t *counts_json(const struct tally *tally)
{
	json_t *endpoints = json_object();

	for (size_t i = 0; i < tally->names_n; i++) {
		const uint64_t *count = tally->counts[i];
		json_t *row = json_object();
		uint64_t sum = 0;

		for (size_t o = 0; o < ANSWER_OUTCOMES; o++) {
			json_object_set_new(row, outcome_names[o], json_integer((json_int_t)count[o]));
			sum += count[o];
		}
		json_object_set_new(row, "requests", json_integer((json_int_t)sum));
		json_object_set_new(endpoints, tally->names[i], row);
	}
	return endpoints;
}

static json_t *reasons_json(const struct tally *tally)
{
	uint64_t first = tally->reasons_n > TALLY_REASONS ? tally->reasons_n - TALLY_REASONS : 0;
	json_t *list = json_array();

	for (uint64_t i = first; i < tally->reasons_n; i++) {
		const struct reason *reason = &tally->reasons[i % TALLY_REASONS];

		json_array_append_new(list,
				      json_pack("{s:I, s:s, s:s, s:s, s:i, s:i, s:s}", "at", (json_int_t)reason->at_ms,
						"endpoint", tally->names[reason->endpoint], "method", reason->method,
						"outcome", outcome_names[reason->outcome], "status",
						(int)reason->status, "code", reason->code, "reason", reason->text));
	}
	return list;
}

json_t *tally_json(struct tally *tally)
{
	json_t *json;

	pthread_mutex_lock(&tally->lock);
	json = json_pack("{s:o, s:o}", "endpoints", counts_json(tally), "refused", reasons_json(tally));
	pthread_mutex_unlock(&tally->lock);
	return json;
}
