/*
 * The protocol of pam_whatsapp_otp: which messages exist, with which keys (whatsapp-otp-protocol(7) is this header in
 * prose). AF_UNIX, SOCK_SEQPACKET, one message a datagram, coded by wire/codec.h. Both sides check SO_PEERCRED.
 *
 *   login.sock   module → core   login-begin, login-answer            core answers   ask, done
 *   admin.sock   tool   → core   enroll … stats                       core answers   ask, enrolment … stat, done
 *   sender.sock  sender → core   sent, failed, receipt, linked,       core sends     send, watch, link, health
 *                                health
 *   webhook.sock webhook → core  receipt, signal                      core answers   nothing
 *
 * Every request on login.sock and admin.sock is answered by one ask or by one done; a list is a stream of datagrams in
 * front of its done. Wall-clock times are seconds since the epoch, 0 where there is none. Money is in millionths of the
 * one currency that the config has.
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
#define WIRE_RECIPIENT_MAX 256 /* a number, an e-mail address, a chat */

enum first_factor { FIRST_FACTOR_NONE, FIRST_FACTOR_PUBLICKEY, FIRST_FACTOR_PASSWORD };
enum result { RESULT_DENY, RESULT_ALLOW, RESULT_IGNORE, RESULT_LOCKED, RESULT_UNAVAILABLE };

/* What went wrong, and so what follows: the next channel at once, but for the last, after which nothing is sent. */
enum failure {
	FAILURE_UNDELIVERABLE,   /* this recipient cannot be reached by this channel */
	FAILURE_TRANSIENT,       /* it passes */
	FAILURE_CONFIG,          /* an admin must mend it */
	FAILURE_UNKNOWN_OUTCOME, /* it may have been sent: never again by this channel */
	FAILURE_IDENTITY,        /* somebody else may hold the number: the enrolment is suspended */
};
enum alarm { ALARM_NONE, ALARM_OFTEN, ALARM_NOW };
/* What is to be skipped for a while after a failure. */
enum breaker { BREAKER_NONE, BREAKER_CHANNEL, BREAKER_TEMPLATE, BREAKER_RECIPIENT, BREAKER_COUNTRY };
/* What became of a message. They only move forward, and nothing follows delivered or read but read. */
enum receipt_state { RECEIPT_ACCEPTED, RECEIPT_SENT, RECEIPT_DELIVERED, RECEIPT_READ, RECEIPT_FAILED };
enum signal_kind {
	SIGNAL_NOT_REQUESTED,  /* the recipient says that they did not ask for the code */
	SIGNAL_NUMBER_CHANGED, /* the account moved to another number */
	SIGNAL_IDENTITY,       /* another device or SIM answers to the number */
	SIGNAL_TEMPLATE,       /* subject: its name; event: what happened to it, in the provider's word */
	SIGNAL_ACCOUNT,        /* subject: what it is about; event: what happened */
};

extern const char *const first_factor_names[];
extern const char *const result_names[];
extern const char *const failure_names[];
extern const char *const alarm_names[];
extern const char *const breaker_names[];
extern const char *const receipt_state_names[];
extern const char *const signal_kind_names[];

/* Why a message failed and what is to be done about it: a row of a provider's table of errors. */
struct fault {
	int failure, alarm, breaker;
	bool often;               /* the breaker opens only when it happens often */
	uint64_t breaker_seconds; /* 0: until a probe, a delivery or an admin closes it */
	char code[WIRE_NAME_MAX]; /* the provider's, or a word of ours ("network") */
	char detail[WIRE_TEXT_MAX];
};

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

/*
 * show, suspend, resume, unlock, remove, test; verify, which sends a code to the enrolled number and asks for it as
 * enroll does; list, challenges, alarms and breakers take no user
 */
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

/* An address of a user's besides the number. */
struct address_set {
	char user[WIRE_USER_MAX];
	char kind[WIRE_NAME_MAX];       /* email, telegram */
	char value[WIRE_RECIPIENT_MAX]; /* empty: forget it */
};

/* A user makes an address known by opening a link (Telegram): done.reason holds it. */
struct link_begin {
	char user[WIRE_USER_MAX];
	char channel[WIRE_NAME_MAX];
};

struct alarms_ack {
	char kind[WIRE_NAME_MAX]; /* empty: all */
};

struct breaker_close {
	char channel[WIRE_NAME_MAX]; /* empty: all */
};

/* since: wall clock; by: channel, country, provider, hour, or empty for one line */
struct stats {
	uint64_t since;
	char by[WIRE_NAME_MAX];
};

struct route_explain {
	char user[WIRE_USER_MAX];
	char service[WIRE_NAME_MAX]; /* empty: the policy "default" */
};

struct enrolment_item {
	char user[WIRE_USER_MAX];
	char state[WIRE_NAME_MAX];  /* active, suspended, locked, disabled */
	char phone[WIRE_PHONE_MAX]; /* masked unless revealed */
	char channel[WIRE_NAME_MAX];
	char lang[WIRE_LANG_MAX];
	char consent[WIRE_TEXT_MAX];
	char consent_by[WIRE_USER_MAX];
	char email[WIRE_RECIPIENT_MAX]; /* show: masked unless revealed; empty: none */
	bool telegram;                  /* show: a chat is known */
	bool verified;                  /* the code that was sent to the number came back */
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
	char state[WIRE_NAME_MAX]; /* planned, paused, sending, sent, failed, unknown, cancelled, delivered, read,
				      spared */
	char code[WIRE_NAME_MAX];  /* the provider's error code */
	char detail[WIRE_TEXT_MAX];
	uint64_t wait_ms; /* planned: until it is due */
};

struct alarm_item {
	char kind[WIRE_NAME_MAX];    /* channel, template, country, not-requested, identity, account, cost, … */
	char subject[WIRE_TEXT_MAX]; /* which one: a channel, a user … */
	char text[WIRE_TEXT_MAX];
	uint64_t count, first_at, last_at;
	uint64_t acked_at; /* 0: nobody has */
	char acked_by[WIRE_USER_MAX];
};

struct breaker_item {
	char channel[WIRE_NAME_MAX];
	int scope;                   /* enum breaker */
	char subject[WIRE_NAME_MAX]; /* template: its language; country: "+966"; recipient: "…34" */
	char code[WIRE_NAME_MAX];
	char detail[WIRE_TEXT_MAX];
	uint64_t opened_at;
	uint64_t seconds_left; /* 0: until a probe, a delivery or an admin closes it */
};

struct stat_item {
	char key[WIRE_NAME_MAX]; /* of what it was asked by: a channel, "+966", a provider, an hour's wall time */
	uint64_t sent;           /* handed to a provider */
	uint64_t accepted, delivered, read, failed;
	uint64_t fallback;                         /* was followed by another channel */
	uint64_t verified;                         /* the code was typed */
	uint64_t send_ms_p50, send_ms_p95;         /* handed over → accepted */
	uint64_t delivery_ms_p50, delivery_ms_p95; /* accepted → delivered */
	uint64_t answer_ms_p50, answer_ms_p95;     /* handed over → the right code */
	uint64_t cost;                             /* millionths */
	char currency[WIRE_CODE_MAX];
};

/* One channel of a route for a user, in the order in which they would be tried. */
struct route_step {
	char channel[WIRE_NAME_MAX];
	bool used;                  /* false: it would be skipped */
	uint64_t after_seconds;     /* used: how long after the first */
	char reason[WIRE_TEXT_MAX]; /* why here, or why skipped */
};

/* sender.sock */

struct send {
	char id[WIRE_ID_MAX]; /* delivery, with 128 random bits: the provider's callback data */
	char channel[WIRE_NAME_MAX];
	char to[WIRE_RECIPIENT_MAX]; /* E.164 with +; an e-mail address; a chat's id: as the channel's driver wants it
				      */
	char code[WIRE_CODE_MAX];
	char lang[WIRE_LANG_MAX];
	char host[WIRE_NAME_MAX];
	char service[WIRE_NAME_MAX];
	char address[WIRE_ADDRESS_MAX]; /* where the login comes from; empty: local */
	uint64_t minutes;               /* how long the code lives, for people: rounded up */
	uint64_t seconds;               /* the same, exact: no provider may hold the message for longer */
	uint64_t watch_seconds;         /* how long somebody waits for news of it: receipts = poll asks no longer */
};

/*
 * How long somebody still waits for what was sent for a challenge. 0: nobody does, the sender stops asking; over: the
 * code is of no use any more, what can be taken back may be.
 */
struct watch {
	char challenge[WIRE_ID_MAX]; /* how the ids of its deliveries begin */
	uint64_t seconds;
	bool over;
};

/* Wait so long for somebody who starts the channel's bot with this word; and that somebody did. */
struct link {
	char channel[WIRE_NAME_MAX];
	char nonce[WIRE_ID_MAX];
	uint64_t seconds;
};

struct linked {
	char nonce[WIRE_ID_MAX];
	char address[WIRE_RECIPIENT_MAX];
};

struct sent {
	char id[WIRE_ID_MAX];
	char message_id[WIRE_TEXT_MAX]; /* the provider's; personal data (a wamid holds the number) */
};

struct failed {
	char id[WIRE_ID_MAX];
	struct fault why;
};

/* What a provider says about a message that it has taken over, by a webhook or when it was asked. */
struct receipt {
	char provider[WIRE_NAME_MAX];
	char id[WIRE_ID_MAX];           /* ours, echoed; empty: only message_id is known */
	char message_id[WIRE_TEXT_MAX]; /* the provider's */
	int state;                      /* enum receipt_state */
	uint64_t at;                    /* wall clock of the provider */
	struct fault why;               /* RECEIPT_FAILED */
};

/* webhook.sock: receipt, and what else a provider tells */
struct signal {
	char provider[WIRE_NAME_MAX];
	int kind;                       /* enum signal_kind */
	char message_id[WIRE_TEXT_MAX]; /* what it is about; may be empty, as may the rest */
	char phone[WIRE_PHONE_MAX];     /* E.164 with +: whose */
	char subject[WIRE_TEXT_MAX];
	char lang[WIRE_LANG_MAX];
	char event[WIRE_NAME_MAX];
	char detail[WIRE_TEXT_MAX]; /* our words */
	int alarm;                  /* enum alarm */
	bool healthy;               /* the event is good news: what it is about works (again) */
	bool stops;                 /* what it is about cannot be used until a healthy event */
	uint64_t at;
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
	wire_resume, wire_unlock, wire_remove, wire_verify, wire_test, wire_challenges, wire_deliveries, wire_address,
	wire_link_begin, wire_alarms, wire_alarms_ack, wire_breakers, wire_breaker_close, wire_stats,
	wire_route_explain;
extern const struct wire_message wire_enrolment, wire_challenge, wire_delivery, wire_alarm, wire_breaker, wire_stat,
	wire_route_step;
extern const struct wire_message wire_send, wire_watch, wire_link, wire_sent, wire_failed, wire_receipt, wire_linked,
	wire_signal, wire_health;
