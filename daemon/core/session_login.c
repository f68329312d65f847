#include "daemon/core/session_login.h"

#include "daemon/base/log.h"
#include "daemon/core/courier.h"
#include "daemon/core/engine.h"
#include "wire/name.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

struct session {
	struct caller caller;
	struct login_begin begin;
	char challenge[WIRE_ID_MAX]; /* the one asked for, empty before the first ask */
	bool busy;                   /* a request is under way */
};

struct login_request {
	struct request request;
	struct caller caller;
	struct login_begin begin;
	struct login_answer answer;
};

static bool is_listed(char *const *names, const char *name)
{
	for (; name[0] && *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static void identify(const struct connection *c, struct caller *caller)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];

	*caller = (struct caller){.uid = c->peer.uid, .trusted = c->peer.uid == 0};
	if (caller->trusted)
		return;
	if (getpwuid_r(c->peer.uid, &entry, buffer, sizeof(buffer), &found) == 0 && found)
		snprintf(caller->name, sizeof(caller->name), "%s", found->pw_name);
	caller->trusted = is_listed(c->core->config->core.trusted_users, caller->name);
}

static struct session *session_of(struct connection *c)
{
	if (!c->session) {
		struct session *session = calloc(1, sizeof(*session));

		if (session)
			identify(c, &session->caller);
		c->session = session;
	}
	return c->session;
}

/* Does another connection wait at this challenge's prompt? */
static bool is_awaited(const struct connection_list *list, const struct connection *except, const char *challenge)
{
	for (const struct connection *c = list->first; c; c = c->next) {
		const struct session *session = c->session;

		if (c != except && c->ops == &session_login_ops && session &&
		    strcmp(session->challenge, challenge) == 0)
			return true;
	}
	return false;
}

/* Leaving */

struct leave_request {
	struct request request;
	char challenge[WIRE_ID_MAX];
};

static int run_leave(struct job *job, struct tx *tx)
{
	struct leave_request *l = (struct leave_request *)job;

	request_restart(&l->request);
	return engine_leave(&l->request.engine, tx, l->challenge, &l->request.reply);
}

static void leave_done(struct job *job, int result)
{
	struct request *request = (struct request *)job;

	if (result == 0) /* else the worker has logged it, and nobody waits */
		courier_publish(request->core->courier, request);
	request_free(request);
}

static void leave(struct connection *c, const char *challenge)
{
	struct leave_request *l;

	if (c->core->stopping || is_awaited(&c->core->connections, c, challenge))
		return;
	l = request_new(sizeof(*l), c->core, NULL, run_leave, leave_done);
	if (!l)
		return;
	snprintf(l->challenge, sizeof(l->challenge), "%s", challenge);
	request_submit(&l->request);
}

static void closed(struct connection *c)
{
	struct session *session = c->session;

	if (!session)
		return;
	if (session->challenge[0] && !session->busy)
		leave(c, session->challenge);
	OPENSSL_cleanse(session, sizeof(*session));
	free(session);
	c->session = NULL;
}

/* Requests */

/*
 * One line a decision. What a caller that may not speak for others says of itself is no evidence: of such a login the
 * line names the uid instead (THREATS.md 3.3).
 */
static void log_decision(const struct login_request *l, enum result result, const char *reason)
{
	char user[NAME_QUOTED_MAX], by[NAME_QUOTED_MAX];
	int priority = result == RESULT_UNAVAILABLE ? LOG_ERR : LOG_NOTICE;
	const struct login_begin *b = &l->begin;
	bool after = b->first_factor != FIRST_FACTOR_NONE;

	name_quote(b->user, user);
	if (!l->caller.trusted) {
		log_write(priority, "%s: unprivileged %s by uid %u: %s: %s", user, name_quote(b->service, by),
			  (unsigned)l->caller.uid, result_names[result], reason);
		return;
	}
	log_write(priority, "%s: %s from %s%s%s%s%s%s%s: %s: %s", user, b->service,
		  b->rhost[0] ? b->rhost
		  : b->tty[0] ? b->tty
			      : "no terminal",
		  b->ruser[0] ? " by " : "", b->ruser[0] ? name_quote(b->ruser, by) : "", after ? " after " : "",
		  after ? first_factor_names[b->first_factor] : "", b->key_fingerprint[0] ? " " : "",
		  b->key_fingerprint, result_names[result], reason);
}

static void count_decision(struct core *core, const struct done *done)
{
	if (done->result == RESULT_ALLOW)
		core->accepted_logins++;
	else
		core->refused_logins++;
}

/* The connection that asked is still there: it goes on with what the reply says. */
static void proceed(struct connection *c, const struct reply *reply, int result)
{
	struct session *session = c->session;

	session->busy = false;
	log_debug("login.sock: pid %d: %s", (int)c->peer.pid,
		  result == 0 && reply->kind == REPLY_ASK ? "asked" : "done");
	if (result == 0 && reply->kind == REPLY_ASK)
		snprintf(session->challenge, sizeof(session->challenge), "%s", reply->ask.challenge);
	else
		session->challenge[0] = '\0';
	c->deadline = core_now(c->core) + CORE_PATIENCE;
}

static void login_done(struct job *job, int result)
{
	struct login_request *l = (struct login_request *)job;
	struct reply *reply = &l->request.reply;
	struct connection *c = l->request.connection;

	if (result < 0) {
		log_decision(l, RESULT_UNAVAILABLE, "the database failed");
		l->request.core->refused_logins++;
	} else {
		if (reply->kind == REPLY_DONE) {
			log_decision(l, (enum result)reply->done.result, reply->done.reason);
			count_decision(l->request.core, &reply->done);
		}
		courier_publish(l->request.core->courier, &l->request);
	}
	if (c->fd >= 0)
		proceed(c, reply, result);
	else if (result == 0 && reply->kind == REPLY_ASK)
		leave(c, reply->ask.challenge);
	request_answer(&l->request, result);
	if (result < 0 || reply->kind != REPLY_ASK)
		connection_close(c); /* a connection carries one login, and it is over */
	request_free(&l->request);
}

static int run_begin(struct job *job, struct tx *tx)
{
	struct login_request *l = (struct login_request *)job;

	request_restart(&l->request);
	return engine_begin(&l->request.engine, tx, &l->begin, &l->caller, &l->request.reply);
}

static int run_answer(struct job *job, struct tx *tx)
{
	struct login_request *l = (struct login_request *)job;

	request_restart(&l->request);
	return engine_answer(&l->request.engine, tx, &l->begin, &l->caller, &l->answer, &l->request.reply);
}

static void submit(struct connection *c, const struct login_answer *answer)
{
	struct session *session = c->session;
	struct login_request *l = request_new(sizeof(*l), c->core, c, answer ? run_answer : run_begin, login_done);

	if (!l) {
		connection_close(c);
		return;
	}
	l->caller = session->caller;
	l->begin = session->begin;
	if (answer)
		l->answer = *answer;
	session->busy = true;
	c->deadline = 0;
	log_debug("login.sock: pid %d: %s", (int)c->peer.pid, answer ? "login-answer" : "login-begin");
	request_submit(&l->request);
}

static void refuse(struct connection *c, const char *why)
{
	struct done done = {.result = RESULT_UNAVAILABLE};

	core_log_refusal(c->core, "login.sock", c, why);
	snprintf(done.reason, sizeof(done.reason), "%s", why);
	if (connection_send(c, &wire_done, &done) == 0)
		connection_close(c);
}

/* A user's own processes wait for each other, so that a flood of them cannot fill the groups that root's logins are in.
 */
static bool has_busy_sibling(const struct connection *c)
{
	for (const struct connection *other = c->core->connections.first; other; other = other->next) {
		const struct session *session = other->session;

		if (other != c && other->ops == &session_login_ops && other->peer.uid == c->peer.uid && session &&
		    session->busy)
			return true;
	}
	return false;
}

static void begin(struct connection *c, const char *data, size_t length)
{
	struct session *session = c->session;
	char why[WIRE_WHY_MAX];

	if (session->begin.user[0])
		refuse(c, "a connection carries one login");
	else if (wire_decode(&wire_login_begin, data, length, &session->begin, why) < 0)
		refuse(c, why);
	else if (!session->caller.trusted && has_busy_sibling(c))
		refuse(c, "another login of this uid is being answered");
	else if (!session->begin.user[0] || !session->begin.service[0])
		refuse(c, "op=login-begin: user and service must not be empty");
	else
		submit(c, NULL);
}

static void answer(struct connection *c, const char *data, size_t length)
{
	struct session *session = c->session;
	struct login_answer typed;
	char why[WIRE_WHY_MAX];

	if (wire_decode(&wire_login_answer, data, length, &typed, why) < 0)
		refuse(c, why);
	else if (!session->challenge[0] || strcmp(session->challenge, typed.challenge) != 0)
		refuse(c, "op=login-answer: this connection was not asked for that challenge");
	else
		submit(c, &typed);
	OPENSSL_cleanse(&typed, sizeof(typed));
}

static void received(struct connection *c, const char *data, size_t length)
{
	struct session *session = session_of(c);

	if (!session)
		connection_close(c);
	else if (session->busy)
		refuse(c, "a request came before the last one was answered");
	else if (wire_is(&wire_login_begin, data, length))
		begin(c, data, length);
	else if (wire_is(&wire_login_answer, data, length))
		answer(c, data, length);
	else
		refuse(c, "not an op=login-begin or op=login-answer datagram");
}

const struct connection_ops session_login_ops = {.drop_on_hangup = true, .received = received, .closed = closed};
