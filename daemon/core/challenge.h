/*
 * A challenge: one login that waits for its code. Pure: no I/O, no clock; times are CLOCK_BOOTTIME microseconds.
 * There is one live challenge for each (user, service, source), so that a host that starts over (sshd forks a process
 * for each wrong answer: HOSTS.md 2.2, item 5) meets the same one, and no second message is sent.
 */
#pragma once

#include "daemon/base/config.h"
#include "daemon/core/keys.h"
#include "wire/proto.h"

enum challenge_state { CHALLENGE_OPEN, CHALLENGE_USED, CHALLENGE_BURNED, CHALLENGE_EXPIRED, CHALLENGE_CANCELLED };
enum challenge_purpose { CHALLENGE_LOGIN, CHALLENGE_ENROLMENT, CHALLENGE_TEST };

extern const char *const challenge_state_names[];

struct challenge {
	unsigned char id[KEYS_ID_SIZE];
	char user[WIRE_USER_MAX];
	char service[WIRE_NAME_MAX];
	char source[WIRE_USER_MAX]; /* the client's address, or the terminal */
	int64_t purpose, state;
	int64_t generation; /* an explicit resend raises it and so voids the code before */
	int64_t code_length;
	int64_t tries, tries_max;
	int64_t sends;                            /* codes that were sent, or that a decoy pretends to have sent */
	int64_t created, ttl, expires, last_send; /* a send starts the code's life anew */
	int64_t decoy; /* nobody to send to, or no proof of a first factor: it looks alike, sends nothing, accepts
			  nothing */
	int64_t keep_fallback; /* a receipt that says delivered does not cancel the further channels */
	int64_t counts;        /* a wrong answer counts towards the account's lock-out */
};

/* What was typed. */
enum answer_kind { ANSWER_EMPTY, ANSWER_RESEND, ANSWER_NEXT_CHANNEL, ANSWER_HELP, ANSWER_CODE, ANSWER_OTHER };

/*
 * Sorts an answer. A code may hold spaces and dashes between digits ("123 456") and Arabic-Indic, Persian or Devanagari
 * digits; it comes back as ASCII digits in code, which the caller wipes.
 */
enum answer_kind answer_parse(const char *text, char code[static WIRE_CODE_MAX]);

/* Microseconds until a new code may be sent, 0 if now. */
int64_t challenge_resend_wait(const struct challenge *challenge, const struct config_limits *limits, int64_t now);

/* How long the account is locked after this many consecutive failures, 0 if it is not; microseconds. */
int64_t challenge_lock_time(const struct config_limits *limits, int64_t failures);

void challenge_id_format(const unsigned char id[static KEYS_ID_SIZE], char text[static WIRE_ID_MAX]);
/* 0 or -EINVAL. */
int challenge_id_parse(const char *text, unsigned char id[static KEYS_ID_SIZE]);
