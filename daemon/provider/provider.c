#include "daemon/provider/provider.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_number(const char *code, long long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(code, &end, 10);
	return *code != '\0' && *end == '\0' && errno == 0;
}

const struct provider_error *provider_error_find(const struct provider *provider, const char *code)
{
	long long number = 0;
	bool numeric = is_number(code, &number);

	for (size_t i = 0; i < provider->error_count; i++) {
		const struct provider_error *row = &provider->errors[i];

		if (row->word ? strcmp(row->word, code) == 0 : numeric && number >= row->first && number <= row->last)
			return row;
	}
	return NULL;
}

void provider_explain(const struct provider_error *error, const char *code, struct fault *ret)
{
	*ret = (struct fault){
		.failure = (int)error->failure,
		.alarm = (int)error->alarm,
		.breaker = (int)error->breaker,
		.often = error->often,
		.breaker_seconds = error->seconds,
	};
	snprintf(ret->code, sizeof(ret->code), "%s", code);
	snprintf(ret->detail, sizeof(ret->detail), "%s", error->meaning);
}

void provider_judge(const struct provider *provider, const char *code, struct fault *ret)
{
	static const struct provider_error unknown = {
		.failure = FAILURE_UNDELIVERABLE,
		.alarm = ALARM_NOW,
		.meaning = "an error that this version does not know",
	};
	static const struct provider_error silent = {
		.failure = FAILURE_UNDELIVERABLE,
		.alarm = ALARM_OFTEN,
		.meaning = "not delivered, the provider does not say why",
	};
	const struct provider_error *row = provider_error_find(provider, code);

	if (!row)
		row = *code ? &unknown : &silent;
	provider_explain(row, code, ret);
}

int provider_state_of(const struct provider *provider, const char *word)
{
	for (const struct provider_state *s = provider->states; s->word; s++)
		if (strcasecmp(s->word, word) == 0)
			return (int)s->state;
	return -ENOENT;
}
