#include "tests/unit/person.h"

#include <stdio.h>
#include <string.h>

static struct person person(struct fixture *f, const char *user, const char *service, const char *tty)
{
	struct person p = {.f = f};

	snprintf(p.begin.user, sizeof(p.begin.user), "%s", user);
	snprintf(p.begin.service, sizeof(p.begin.service), "%s", service);
	snprintf(p.begin.tty, sizeof(p.begin.tty), "%s", tty);
	p.caller = (struct caller){.uid = 0, .trusted = true, .name = "root"};
	return p;
}

struct person person_by_ssh(struct fixture *f, const char *user)
{
	struct person p = person(f, user, "sshd", "ssh");

	snprintf(p.begin.rhost, sizeof(p.begin.rhost), "192.0.2.1");
	p.begin.first_factor = FIRST_FACTOR_PUBLICKEY;
	return p;
}

struct person person_by_sudo(struct fixture *f, const char *user)
{
	struct person p = person(f, user, "sudo", "/dev/pts/1");

	snprintf(p.begin.ruser, sizeof(p.begin.ruser), "%s", user);
	return p;
}

struct person person_unprivileged(struct fixture *f, const char *user, uid_t uid)
{
	struct person p = person(f, user, "locker", ":0");

	p.caller = (struct caller){.uid = uid};
	snprintf(p.caller.name, sizeof(p.caller.name), "%s", user);
	return p;
}

/* Each act is a transaction of its own unless a batch of them shares one. */
static void prepare(struct person *p)
{
	memset(&p->reply, 0, sizeof(p->reply));
	if (!p->f->batch)
		fixture_commit(p->f);
}

static int settle(struct person *p, int r)
{
	if (r < 0) {
		assert_false(p->f->batch);
		store_rollback(p->f->tx);
		fixture_begin(p->f);
		return r;
	}
	assert_int_not_equal(p->reply.kind, REPLY_NONE);
	if (p->reply.kind == REPLY_ASK)
		snprintf(p->challenge, sizeof(p->challenge), "%s", p->reply.ask.challenge);
	if (p->reply.has_send) {
		fixture_carry(p->f, &p->reply.send);
		snprintf(p->code, sizeof(p->code), "%s", p->reply.send.code);
	}
	return 0;
}

int person_begins(struct person *p)
{
	prepare(p);
	return settle(p, engine_begin(&p->f->engine, p->f->tx, &p->begin, &p->caller, &p->reply));
}

int person_types(struct person *p, const char *text)
{
	struct login_answer answer = {0};

	snprintf(answer.challenge, sizeof(answer.challenge), "%s", p->challenge);
	snprintf(answer.text, sizeof(answer.text), "%s", text);
	prepare(p);
	return settle(p, engine_answer(&p->f->engine, p->f->tx, &p->begin, &p->caller, &answer, &p->reply));
}

void person_leaves(struct person *p)
{
	assert_int_equal(engine_leave(&p->f->engine, p->f->tx, p->challenge, &p->reply), 0);
}

void expect_prompt(const struct person *p, const char *part)
{
	if (p->reply.kind != REPLY_ASK)
		fail_msg("no prompt but: %s (%s)", result_names[p->reply.done.result], p->reply.done.reason);
	if (!strstr(p->reply.ask.prompt, part))
		fail_msg("\"%s\" is not in \"%s\"", part, p->reply.ask.prompt);
}

void expect_result(const struct person *p, enum result result)
{
	if (p->reply.kind != REPLY_DONE)
		fail_msg("asked again: %s", p->reply.ask.prompt);
	if (p->reply.done.result != (int)result)
		fail_msg("%s (%s) instead of %s", result_names[p->reply.done.result], p->reply.done.reason,
			 result_names[result]);
}

const char *wrong_code(const struct person *p)
{
	return strcmp(p->code, "111111") == 0 ? "222222" : "111111";
}
