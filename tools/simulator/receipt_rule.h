/*
 * --receipt [PROVIDER:]SUFFIX=WHAT[:MS]: what becomes of messages to numbers that end with SUFFIX, after they were
 * accepted. WHAT is an error code, which the message then fails with, or one of the words of the table in
 * receipt_rule.c. Providers and codes are those of --fail.
 */
#pragma once

#include "tools/simulator/fault.h"

#define RECEIPT_RULES_MAX 256
#define RECEIPT_STEPS_MAX 8
#define RECEIPT_BATCH_MAX 1000

enum receipt_flag {
	RECEIPT_AGAIN = 1,  /* says what has been said before */
	RECEIPT_ALONE = 2,  /* a request of its own */
	RECEIPT_OLD = 4,    /* seven days ago */
	RECEIPT_FORGED = 8, /* signed with another secret */
};

struct receipt_step {
	enum status status;
	unsigned after; /* so many times the delay after the step before it */
	int flags;
};

struct receipt_script {
	const char *name; /* NULL: what happens without --receipt */
	struct receipt_step steps[RECEIPT_STEPS_MAX];
	size_t steps_n;
	bool wants_batch; /* the number behind the word is one of statuses */
};

struct receipt_rule {
	enum provider provider;
	char suffix[16];
	const struct receipt_script *script;
	char code[FAULT_CODE_MAX]; /* of a step that fails; empty: 131026 or what the provider calls it */
	bool has_delay;
	unsigned delay_ms;
	unsigned batch; /* so many statuses are collected for one request; 0: whatever has gathered */
};

/* NULL, or a sentence that says what is wrong with text. */
const char *receipt_rule_parse(const char *text, struct receipt_rule *ret);

/* The one with the longest suffix that fits, or NULL. */
const struct receipt_rule *receipt_rule_find(const struct receipt_rule *rules, size_t n, enum provider provider,
					     const char *to);

extern const struct receipt_script receipt_as_usual, receipt_never_arrives;
