/*
 * Every word that a user sees. A prompt is complete in itself, at most two lines and 400 bytes, ends with ": ", and
 * never begins with "Password:", which sudo would replace (HOSTS.md 2.3). Pure.
 */
#pragma once

#include "daemon/base/config.h"
#include "wire/proto.h"

enum prompt_kind {
	PROMPT_UNSENT, /* Enter sends a code */
	PROMPT_SENT,
	PROMPT_RESUMED, /* the same login again, its code is on the way */
	PROMPT_WRONG,   /* after a wrong code */
	PROMPT_RESENT,
	PROMPT_NEXT,        /* sent by the next channel */
	PROMPT_NO_NEXT,     /* there is no other channel left */
	PROMPT_WAIT,        /* too soon for a new code */
	PROMPT_LIMITED,     /* too many codes */
	PROMPT_UNDELIVERED, /* no channel could deliver it */
	PROMPT_DELAYED,     /* the sender is away, for whomever */
	PROMPT_NO_CHANNEL,  /* every channel is kept out, broken or too dear just now */
	PROMPT_HELP,
};

struct prompt {
	enum prompt_kind kind;
	const char *host;
	const char *channel; /* label of the channel of the code */
	const char *digits;  /* the number's last two, empty where they must not be shown */
	const char *next;    /* label of the fallback, NULL if none is planned */
	int64_t next_seconds;
	int64_t seconds;    /* PROMPT_WAIT, PROMPT_LIMITED */
	int64_t tries_left; /* PROMPT_WRONG */
	bool unsent;        /* PROMPT_HELP: Enter would send */
};

void prompt_format(const struct prompt *prompt, char text[static WIRE_PROMPT_MAX]);
