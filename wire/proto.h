/*
 * The protocol of pam_whatsapp_otp: which messages exist, with which keys (whatsapp-otp-protocol(7) is this header in
 * prose). AF_UNIX, SOCK_SEQPACKET, one message a datagram, coded by wire/codec.h. Both sides check SO_PEERCRED.
 *
 *   login.sock   module → core   login-begin, login-answer            core answers   ask, done
 *   admin.sock   tool   → core   enroll … health                      core answers   ask, enrolment, challenge,
 *                                                                                    delivery, health, done
 *   sender.sock  sender → core   sent, failed, health                 core sends     send, health
 *
 * Every request on login.sock and admin.sock is answered by one ask or by one done; a list is a stream of datagrams in
 * front of its done. Wall-clock times are seconds since the epoch, 0 where there is none.
 */
#pragma once

#include "wire/codec.h"

#define WIRE_USER_MAX 256
#define WIRE_NAME_MAX 64    /* services, channels, policies, tty names */
#define WIRE_ADDRESS_MAX 64 /* an IP literal */
#define WIRE_ID_MAX 56      /* a challenge, or one of its deliveries, in hex */
#define WIRE_LANG_MAX 16
#define WIRE_PHONE_MAX 24 /* E.164 or its mask */
#define WIRE_TEXT_MAX 256
#define WIRE_PROMPT_MAX 401 /* at most 400 bytes and 2 lines */
#define WIRE_ANSWER_MAX 65  /* no code and no command is longer */
#define WIRE_CODE_MAX 16

enum first_factor { FIRST_FACTOR_NONE, FIRST_FACTOR_PUBLICKEY, FIRST_FACTOR_PASSWORD };
enum result { RESULT_DENY, RESULT_ALLOW, RESULT_IGNORE, RESULT_LOCKED, RESULT_UNAVAILABLE };
enum failure { FAILURE_UNDELIVERABLE, FAILURE_TRANSIENT, FAILURE_CONFIG, FAILURE_UNKNOWN_OUTCOME };

extern const char *const first_factor_names[];
extern const char *const result_names[];
extern const char *const failure_names[];

/* login.sock */

struct login_begin {
	char user[WIRE_USER_MAX];    /* PAM_USER: whose factor is asked for */
	char service[WIRE_NAME_MAX]; /* PAM_SERVICE */
	char tty[WIRE_NAME_MAX];     /* PAM_TTY */
	char ruser[WIRE_USER_MAX];   /* PAM_RUSER */
	char rhost[256];             /* SSH_CONNECTION's client address, else PAM_RHOST; set: the login is remote */
	char lang[WIRE_LANG_MAX];    /* reserved: prompts are in English */
	int first_factor;            /* what was proven before this module ran */
	char key_fingerprint[WIRE_NAME_MAX + 16]; /* "SHA256:…" of the public key that proved it */
	char policy[WIRE_NAME_MAX];               /* the module's policy=: this policy, not the first that matches */
	bool nullok;                              /* the module's nullok: a user who is not enrolled is ignored */
	bool blind; /* the host answers prompts by itself (sshd's password method): send only when asked */
};

struct login_answer {
	char challenge[WIRE_ID_MAX];
	char text[WIRE_ANSWER_MAX];
};

struct ask {
	char challenge[WIRE_ID_MAX];
	char prompt[WIRE_PROMPT_MAX]; /* everything the user must know */
};

struct done {
	int result;
	char reason[WIRE_TEXT_MAX];  /* for a log or an admin, never shown to who logs in */
	char challenge[WIRE_ID_MAX]; /* test: where its deliveries are found */
};

/* admin.sock */

struct enroll {
	char user[WIRE_USER_MAX];
	char phone[WIRE_PHONE_MAX];
	char channel[WIRE_NAME_MAX]; /* preferred; empty: the route's order */
	char lang[WIRE_LANG_MAX];
	char consent[WIRE_TEXT_MAX]; /* the text that the user agreed to */
	bool no_verify;              /* no code is sent: the admin vouches for the number */
};

struct enroll_answer {
	char challenge[WIRE_ID_MAX];
	char text[WIRE_ANSWER_MAX];
};

/* show, suspend, resume, unlock, remove, test; list and challenges take no user */
struct admin_user {
	char user[WIRE_USER_MAX];
	char channel[WIRE_NAME_MAX]; /* test: only this channel */
	bool reveal;                 /* show, list: the whole number; is logged */
};

struct admin_set {
	char user[WIRE_USER_MAX];
	char channel[WIRE_NAME_MAX]; /* "auto" takes the preference away; empty: as it is */
	char lang[WIRE_LANG_MAX];    /* empty: as it is */
};

struct deliveries {
	char challenge[WIRE_ID_MAX];
};

struct enrolment_item {
	char user[WIRE_USER_MAX];
	char state[WIRE_NAME_MAX];  /* active, suspended, locked, disabled */
	char phone[WIRE_PHONE_MAX]; /* masked unless revealed */
	char channel[WIRE_NAME_MAX];
	char lang[WIRE_LANG_MAX];
	char consent[WIRE_TEXT_MAX];
	char consent_by[WIRE_USER_MAX];
	bool verified; /* the code that was sent to the number came back */
	uint64_t enrolled_at;
	uint64_t last_login_at;  /* last accepted code */
	uint64_t failures;       /* consecutive */
	uint64_t locked_seconds; /* left */
};

struct challenge_item {
	char challenge[WIRE_ID_MAX];
	char user[WIRE_USER_MAX];
	char service[WIRE_NAME_MAX];
	char source[WIRE_USER_MAX];
	char state[WIRE_NAME_MAX]; /* open, used, burned, expired */
	uint64_t tries;            /* taken */
	uint64_t sends;
	uint64_t seconds_left;
};

struct delivery_item {
	char channel[WIRE_NAME_MAX];
	char state[WIRE_NAME_MAX]; /* planned, paused, sending, sent, failed, unknown, cancelled */
	char code[WIRE_NAME_MAX];  /* the provider's error code */
	char detail[WIRE_TEXT_MAX];
	uint64_t wait_ms; /* planned: until it is due */
};

/* sender.sock */

struct send {
	char id[WIRE_ID_MAX]; /* delivery, with 128 random bits: the provider's callback data */
	char channel[WIRE_NAME_MAX];
	char to[WIRE_PHONE_MAX]; /* E.164 with + */
	char code[WIRE_CODE_MAX];
	char lang[WIRE_LANG_MAX];
	char host[WIRE_NAME_MAX];
	char service[WIRE_NAME_MAX];
	char address[WIRE_ADDRESS_MAX]; /* where the login comes from; empty: local */
	uint64_t minutes;               /* how long the code lives */
};

struct sent {
	char id[WIRE_ID_MAX];
	char message_id[WIRE_TEXT_MAX]; /* the provider's; personal data (a wamid holds the number) */
};

struct failed {
	char id[WIRE_ID_MAX];
	int failure;
	char code[WIRE_NAME_MAX];
	char detail[WIRE_TEXT_MAX];
};

/*
 * Sender → core, and in answer to an admin: how something is. Asked with an empty state it wants a fresh look: the core
 * has the sender probe the channel named (empty: all); an admin who is content with what is known asks with "known".
 */
struct health {
	char name[WIRE_NAME_MAX];  /* a channel, or store, sender, key … */
	char state[WIRE_NAME_MAX]; /* ok, degraded, failed */
	char detail[WIRE_TEXT_MAX];
};

extern const struct wire_message wire_login_begin, wire_login_answer, wire_ask, wire_done;
extern const struct wire_message wire_enroll, wire_enroll_answer, wire_list, wire_show, wire_set, wire_suspend,
	wire_resume, wire_unlock, wire_remove, wire_test, wire_challenges, wire_deliveries;
extern const struct wire_message wire_enrolment, wire_challenge, wire_delivery;
extern const struct wire_message wire_send, wire_sent, wire_failed, wire_health;
