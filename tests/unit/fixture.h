/*
 * A core without sockets: a store in a folder of its own, a clock that the test moves, and the people of a story. A
 * transaction is always open; what a person does is one of its own.
 */
#pragma once

#include "daemon/core/dialogue.h"
#include "daemon/core/engine.h"
#include "daemon/core/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct test_clock {
	struct clock clock; /* first */
	int64_t now, wall;
};
void test_clock_init(struct test_clock *clock, const char *boot_id);

/* A folder for one test; removed with all that is in it. */
struct folder {
	char path[64];
};
void folder_make(struct folder *folder);
void folder_remove(const struct folder *folder);
/* Writes a file of the folder with this mode; returns its path, valid until the next call. */
const char *folder_write(const struct folder *folder, const char *name, const char *text, unsigned mode);

/* 32 bytes 00 01 … 1f in hex. */
extern const char master_key_text[];
struct keys *test_keys(const struct folder *folder);

struct fixture {
	struct folder folder;
	struct test_clock clock;
	struct config *config;
	struct keys *keys;
	struct store *store;
	struct tx *tx;
	bool batch; /* acts share a transaction until fixture_commit(); none of them may fail */
	struct engine engine;
	unsigned messages; /* handed to the sender so far */
	struct send last;  /* the last of them */
};

/* config: what stands beside the channels "whatsapp" and "sms"; group "wheel" holds "root" only, "broken" is an error.
 */
void fixture_open(struct fixture *f, const char *config);
void fixture_close(struct fixture *f);
void fixture_configure(struct fixture *f, const char *config);
void fixture_commit(struct fixture *f);
/* The core ends and starts again, in this boot or another. */
void fixture_restart(struct fixture *f, const char *boot_id);
void fixture_advance(struct fixture *f, int64_t seconds);

void fixture_enroll(struct fixture *f, const char *user, const char *phone);
struct enrolment fixture_enrolment(struct fixture *f, const char *user);
struct challenge fixture_challenge(struct fixture *f, const char *id);
/* The state of the newest generation's delivery at a position, -1 if there is none. */
int64_t fixture_delivery(struct fixture *f, const char *challenge, int64_t position);
/* What the timer does: hands over what is due. Returns how many. */
size_t fixture_deliver(struct fixture *f);
/* The sender's report on the last message. */
void fixture_report_sent(struct fixture *f);
void fixture_report_failed(struct fixture *f, enum failure failure);

/* Somebody who logs in. */
struct person {
	struct fixture *f;
	struct login_begin begin;
	struct caller caller;
	struct reply reply;
	char challenge[WIRE_ID_MAX]; /* of the last prompt */
	char code[WIRE_CODE_MAX];    /* of the last message that this person's doings caused */
};

/* By ssh with a key, from 192.0.2.1; the host is root. */
struct person person_by_ssh(struct fixture *f, const char *user);
/* By sudo on a terminal. */
struct person person_by_sudo(struct fixture *f, const char *user);
/* A program of the user's own, without privileges. */
struct person person_unprivileged(struct fixture *f, const char *user, uid_t uid);

/* The reply is in person->reply; the result is that of the engine, which undid all if it is negative. */
int person_begins(struct person *p);
int person_types(struct person *p, const char *text);
void person_leaves(struct person *p);

/* What the person sees. */
void expect_prompt(const struct person *p, const char *part);
void expect_result(const struct person *p, enum result result);
/* What a person types who has the code wrong. */
const char *wrong_code(const struct person *p);
