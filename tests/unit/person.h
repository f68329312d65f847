/* The people of a story: who logs in, what they type, what they see. */
#pragma once

#include "tests/unit/fixture.h"

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
