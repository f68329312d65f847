/* The body of a request to /messages: one authentication template with a copy-code button, checked to the last key. */
#pragma once

#include "tools/simulator/account.h"

#define TEMPLATE_CODE_MAX 15
#define TEMPLATE_CALLBACK_MAX 512
#define TEMPLATE_TEXT_MAX 512

/* Strings are borrowed from the JSON, except to. */
struct template_message {
	const char *input; /* the recipient as it was sent */
	char to[20];       /* the same as E.164 with + */
	const char *language;
	const char *code;
	const char *callback; /* empty: none */
};

struct refusal {
	int code; /* Meta's */
	char details[160];
};

/* Returns 0, or -EBADMSG with why. */
int template_message_parse(const json_t *body, struct account *account, struct template_message *ret,
			   struct refusal *why);

/* The same of the template alone: fills language and code. */
int template_parse(const json_t *template, struct account *account, struct template_message *ret, struct refusal *why);

/* What the phone shows: the text that Meta fixes for authentication templates, in English where there is no other. */
void template_message_print(const struct template_message *message, char text[static TEMPLATE_TEXT_MAX]);
