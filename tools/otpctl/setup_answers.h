/* What setup wants to know: one row a question, answered by a person, by a file (--answers), or by what there was. */
#pragma once

#include <stdbool.h>

enum setup_key {
	SETUP_TOKEN,
	SETUP_PHONE_NUMBER_ID,
	SETUP_WABA_ID,
	SETUP_TEMPLATE,
	SETUP_LANGUAGES, /* words; the first one serves all others */
	SETUP_CREATE_TEMPLATE,
	SETUP_SMS, /* a driver, or none */
	SETUP_SMS_BASE_URL,
	SETUP_SMS_ACCOUNT,
	SETUP_SMS_USER,
	SETUP_SMS_SENDER,
	SETUP_SMS_TOKEN,
	SETUP_HOSTNAME,
	SETUP_COUNTRIES,
	SETUP_UNENROLLED,
	SETUP_API_VERSION, /* from here on never asked for, only taken from a file or from what there was */
	SETUP_BASE_URL,
	SETUP_CA_FILE,
	SETUP_KEYS,
};

struct setup_answers {
	bool unattended;
	char *given[SETUP_KEYS];   /* by the file */
	char *present[SETUP_KEYS]; /* what there was, offered as the default; NULL: nothing */
	char *value[SETUP_KEYS];   /* the answers; NULL: not asked yet */
};

/* The file of --answers, "-" for standard input. Prints its errors and returns an exit_status. */
int setup_answers_read(const char *file, struct setup_answers *ret);
void setup_answers_clear(struct setup_answers *answers);

/* Sets what there was; copied. */
void setup_answers_offer(struct setup_answers *answers, enum setup_key key, const char *text);

/*
 * Asks until there is an answer of the right form, or takes the file's. Prints its errors and returns an exit_status:
 * EXIT_USAGE for an answer of the file that is missing or wrong, EXIT_REFUSED at the end of the input.
 */
int setup_answers_ask(struct setup_answers *answers, enum setup_key key);
/* Takes what there is without a question; the answer is empty if there is nothing. The same status. */
int setup_answers_take(struct setup_answers *answers, enum setup_key key);

const char *setup_answers_name(enum setup_key key);
/* Never NULL. */
const char *setup_answers_value(const struct setup_answers *answers, enum setup_key key);

/* SMS gateways that setup knows. */
struct setup_gateway {
	const char *driver;
	bool base_url, account, user; /* what it needs besides sender and secret */
	const char *secret_key;       /* "token" or "password" */
};
/* NULL: none of these. */
const struct setup_gateway *setup_gateway_find(const char *driver);
