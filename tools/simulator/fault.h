/*
 * --fail [whatsapp:|sms:]SUFFIX=WHAT[:HTTP]: recipients whose number ends with SUFFIX get a failure instead of a
 * message. WHAT is an error code, with an HTTP status of one's own choice behind it, or one of the words of the table
 * in fault.c. Without a channel it is about WhatsApp: so an SMS to the same number still arrives.
 */
#pragma once

#include "tools/simulator/answer.h"
#include "tools/simulator/messages.h"

#define FAULTS_MAX 256

enum fault_kind {
	FAULT_CODE,   /* the provider's error body */
	FAULT_STATUS, /* Meta says accepted, but message_status holds the message back */
	FAULT_NO_ID,  /* accepted, says HTTP; no message id, says the body */
	FAULT_SILENT, /* accepted with an id, and nothing arrives */
	FAULT_HTTP,   /* something that is no answer of the API at all */
};

struct fault_word;

struct fault {
	enum channel channel;
	char suffix[16];
	const struct fault_word *word; /* NULL: a code */
	int code;
	unsigned status; /* 0: the provider's own for this code */
};

struct fault_word {
	const char *name;
	enum fault_kind kind;
	bool whatsapp_only;
	bool uncertain; /* the client cannot know whether it was sent: the same id again is refused */
	enum answer_how how;
	unsigned status;
	const char *text; /* the body, or message_status */
};

/* NULL, or a sentence that says what is wrong with text. */
const char *fault_parse(const char *text, struct fault *ret);

/* The one with the longest suffix that fits, or NULL. */
const struct fault *fault_find(const struct fault *faults, size_t n, enum channel channel, const char *to);

enum fault_kind fault_kind(const struct fault *fault);
bool fault_is_uncertain(const struct fault *fault);

/* The word or the code as text, for messages.json. */
const char *fault_name(const struct fault *fault, char name[static 16]);

/* Answers a FAULT_HTTP; elsewhere is where a redirect points. */
void fault_answer(const struct fault *fault, const char *elsewhere, struct answer *answer);
