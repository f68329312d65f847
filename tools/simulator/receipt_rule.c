#include "tools/simulator/receipt_rule.h"

#include <stdlib.h>
#include <string.h>

#define DELAY_MAX_MS 600000UL

const struct receipt_script receipt_as_usual = {
	.steps = {{STATUS_SENT, 1, 0}, {STATUS_DELIVERED, 1, 0}, {STATUS_READ, 1, 0}},
	.steps_n = 3,
};

const struct receipt_script receipt_never_arrives = {.steps = {{STATUS_SENT, 1, 0}}, .steps_n = 1};

static const struct receipt_script fails = {.steps = {{STATUS_FAILED, 1, 0}}, .steps_n = 1};

static const struct receipt_script scripts[] = {
	{"silent", {{0}}, 0, false},
	{"delivered-only", {{STATUS_DELIVERED, 1, 0}}, 1, false},
	{"read-only", {{STATUS_READ, 1, 0}}, 1, false},
	{"duplicate",
	 {{STATUS_SENT, 1, 0},
	  {STATUS_SENT, 0, RECEIPT_AGAIN},
	  {STATUS_DELIVERED, 1, 0},
	  {STATUS_DELIVERED, 0, RECEIPT_AGAIN},
	  {STATUS_READ, 1, 0},
	  {STATUS_READ, 0, RECEIPT_AGAIN}},
	 6,
	 false},
	{"disorder", {{STATUS_READ, 1, 0}, {STATUS_DELIVERED, 1, 0}, {STATUS_SENT, 1, 0}}, 3, false},
	{"delivered-then-failed", {{STATUS_SENT, 1, 0}, {STATUS_DELIVERED, 1, 0}, {STATUS_FAILED, 1, 0}}, 3, false},
	{"wrong-signature",
	 {{STATUS_SENT, 1, RECEIPT_ALONE | RECEIPT_FORGED},
	  {STATUS_DELIVERED, 1, RECEIPT_ALONE | RECEIPT_FORGED},
	  {STATUS_READ, 1, RECEIPT_ALONE | RECEIPT_FORGED}},
	 3,
	 false},
	{"replay",
	 {{STATUS_SENT, 1, RECEIPT_ALONE},
	  {STATUS_DELIVERED, 1, RECEIPT_ALONE},
	  {STATUS_SENT, 1, RECEIPT_ALONE | RECEIPT_AGAIN},
	  {STATUS_DELIVERED, 0, RECEIPT_ALONE | RECEIPT_AGAIN},
	  {STATUS_FAILED, 0, RECEIPT_ALONE | RECEIPT_AGAIN | RECEIPT_OLD}},
	 5,
	 false},
	{"batch", {{STATUS_SENT, 1, 0}, {STATUS_DELIVERED, 1, 0}, {STATUS_READ, 1, 0}}, 3, true},
};

/* "word" up to the end or a ":", which ret_rest is behind; "": there is no ":". */
static const struct receipt_script *script_find(const char *text, const char **ret_rest)
{
	size_t n = strcspn(text, ":");

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		if (strlen(scripts[i].name) == n && strncmp(scripts[i].name, text, n) == 0) {
			*ret_rest = text + n;
			return &scripts[i];
		}
	}
	return NULL;
}

/* ":MS" or ":N", or nothing. */
static bool parse_number(const char *text, unsigned long max, struct receipt_rule *ret)
{
	unsigned long value;
	char *end;

	if (!*text)
		return !ret->script->wants_batch;
	if (*text != ':' || text[1] < '0' || text[1] > '9')
		return false;
	value = strtoul(text + 1, &end, 10);
	if (*end || value > max)
		return false;
	if (ret->script->wants_batch) {
		ret->batch = (unsigned)value;
		return value > 0;
	}
	ret->has_delay = true;
	ret->delay_ms = (unsigned)value;
	return true;
}

const char *receipt_rule_parse(const char *text, struct receipt_rule *ret)
{
	const char *rest;

	*ret = (struct receipt_rule){0};
	text = fault_parse_provider(text, &ret->provider);
	text = fault_parse_suffix(text, ret->suffix);
	if (!text)
		return "must begin with 1 to 15 digits and \"=\", for example 0001=131026";
	ret->script = script_find(text, &rest);
	if (!ret->script) {
		rest = fault_parse_code(text, ret->provider, ret->code);
		ret->script = &fails;
	}
	if (!rest)
		return "wants an error code or one of the words of --help";
	if (!parse_number(rest, ret->script->wants_batch ? RECEIPT_BATCH_MAX : DELAY_MAX_MS, ret))
		return ret->script->wants_batch ? "wants batch:N, with N from 1 to 1000"
						: "wants milliseconds behind the colon, at most 600000";
	return NULL;
}

const struct receipt_rule *receipt_rule_find(const struct receipt_rule *rules, size_t n, enum provider provider,
					     const char *to)
{
	const struct receipt_rule *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (rules[i].provider == provider && fault_suffix_fits(rules[i].suffix, to) &&
		    (!best || strlen(rules[i].suffix) > strlen(best->suffix)))
			best = &rules[i];
	return best;
}
