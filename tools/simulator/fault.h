/*
 * --fail [PROVIDER:]SUFFIX=WHAT[:HTTP]: recipients whose number ends with SUFFIX get a failure instead of a message.
 * PROVIDER is a name of provider_names, or "whatsapp" (Meta) or "sms" (the gateway at /sms); without one it is about
 * Meta: so an SMS to the same number still arrives. WHAT is the provider's error code (a number, or for others than
 * Meta also a word in capitals), with an HTTP status of one's own choice behind it, or one of the words of the table in
 * fault.c.
 */
#pragma once

#include "tools/simulator/answer.h"
#include "tools/simulator/messages.h"

#define FAULTS_MAX 256
#define FAULT_CODE_MAX 48 /* of an error code, with its NUL */

enum fault_kind {
	FAULT_CODE,   /* the provider's error body */
	FAULT_STATUS, /* Meta says accepted, but message_status holds the message back */
	FAULT_NO_ID,  /* accepted, says HTTP; no message id, says the body */
	FAULT_SILENT, /* accepted with an id, and nothing arrives */
	FAULT_HTTP,   /* something that is no answer of the API at all */
};

struct fault_word;

struct fault {
	enum provider provider;
	char suffix[16];
	const struct fault_word *word; /* NULL: a code */
	char code[FAULT_CODE_MAX];
	unsigned status; /* 0: the provider's own for this code */
};

struct fault_word {
	const char *name;
	enum fault_kind kind;
	bool meta_only;
	bool uncertain; /* the client cannot know whether it was sent: the same id again is refused */
	enum answer_how how;
	unsigned status;
	const char *text; /* the body, or message_status */
};

/* NULL, or a sentence that says what is wrong with text. */
const char *fault_parse(const char *text, struct fault *ret);

/* The one with the longest suffix that fits, or NULL. */
const struct fault *fault_find(const struct fault *faults, size_t n, enum provider provider, const char *to);

enum fault_kind fault_kind(const struct fault *fault);
bool fault_is_uncertain(const struct fault *fault);

/* The word or the code, for messages.json. */
const char *fault_name(const struct fault *fault);

/* What both --fail and --receipt begin with: takes "PROVIDER:" off, if it is there. */
const char *fault_parse_provider(const char *text, enum provider *ret);
/* Takes "SUFFIX=" off; NULL: it is not there. */
const char *fault_parse_suffix(const char *text, char ret[static 16]);
/* Takes an error code of provider off; NULL: there is none. */
const char *fault_parse_code(const char *text, enum provider provider, char ret[static FAULT_CODE_MAX]);
/* True if the digits of a number end with suffix. */
bool fault_suffix_fits(const char *suffix, const char *to);

/* Answers a FAULT_HTTP; elsewhere is where a redirect points. */
void fault_answer(const struct fault *fault, const char *elsewhere, struct answer *answer);
