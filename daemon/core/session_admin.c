#include "daemon/core/session_admin.h"

#include "daemon/base/log.h"
#include "daemon/core/admin.h"
#include "daemon/core/courier.h"
#include "daemon/core/session_webhook.h"

#include <errno.h>
#include <grp.h>
#include <openssl/crypto.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct session {
	bool busy;
	struct admin_request_job *rest; /* a list that goes on once the peer has read the page before */
	struct done probe_done;         /* the answer that waits for the channels */
};

struct admin_request_job {
	struct request request;
	const struct admin_op *op;
	char by[WIRE_USER_MAX];
	union admin_request asked;
	char after[ADMIN_AFTER_MAX]; /* where the page begins */
	struct admin_page page;
};

/* Who may what */

static bool in_group(const struct connection *c, const char *name)
{
	struct group entry, *found = NULL;
	char buffer[16384];

	return name[0] && getgrnam_r(name, &entry, buffer, sizeof(buffer), &found) == 0 && found &&
	       peer_in_group(c->fd, found->gr_gid);
}

static bool is_admin(const struct connection *c)
{
	return c->peer.uid == 0 || c->peer.uid == geteuid() || in_group(c, c->core->config->core.admin_group);
}

static bool may(const struct connection *c, const struct admin_op *op)
{
	return is_admin(c) || (op->reads && in_group(c, c->core->config->core.audit_group));
}

/* Whole numbers are for admins, also where auditors may read. */
static bool may_reveal(const struct connection *c, const struct admin_request_job *a)
{
	return a->op->item != &wire_enrolment || !a->asked.user.reveal || is_admin(c);
}

static void name_peer(const struct connection *c, char name[static WIRE_USER_MAX])
{
	struct passwd entry, *found = NULL;
	char buffer[4096];

	if (getpwuid_r(c->peer.uid, &entry, buffer, sizeof(buffer), &found) == 0 && found)
		snprintf(name, WIRE_USER_MAX, "%s", found->pw_name);
	else
		snprintf(name, WIRE_USER_MAX, "uid %u", (unsigned)c->peer.uid);
}

/* Answers */

/* The request is answered; the peer may ask again, or type a code. */
static void wait_for_more(struct connection *c)
{
	((struct session *)c->session)->busy = false;
	c->deadline = core_now(c->core) + CORE_PATIENCE;
}

static void answer_probe(void *userdata)
{
	struct connection *c = userdata;
	struct session *session = c->session;
	struct health items[COURIER_CHANNELS_MAX + 2]; /* the sender, its channels, the webhook */

	if (session) {
		size_t count = courier_health(c->core->courier, items);

		count += session_webhook_health(c->core, &items[count]);
		for (size_t i = 0; i < count; i++)
			connection_send(c, &wire_health, &items[i]);
		session = c->session; /* gone if a send failed */
		if (session) {
			struct done done = session->probe_done;

			wait_for_more(c);
			connection_send(c, &wire_done, &done);
		}
	}
	connection_unref(c);
}

/* The sender's part of an answer to health: now, or when the channels were probed. */
static void answer_health(struct admin_request_job *a)
{
	struct connection *c = a->request.connection;
	struct session *session = c->session;

	a->request.answered = true; /* by answer_probe() */
	session->probe_done = a->request.reply.done;
	session->busy = true;
	c->deadline = 0;
	connection_ref(c);
	if (a->asked.health.state[0] || courier_probe(c->core->courier, answer_probe, c) < 0)
		answer_probe(c);
}

static void send_page(struct admin_request_job *a)
{
	for (size_t i = 0; i < a->page.count; i++)
		if (connection_send(a->request.connection, a->op->item, &a->page.items[i]) < 0)
			return;
}

/* The next page begins where this one ended; at most one page waits in memory for a slow reader. */
static void go_on(struct admin_request_job *a)
{
	struct connection *c = a->request.connection;
	struct session *session = c->session;

	a->page.more = false;
	snprintf(a->after, sizeof(a->after), "%s", a->page.after);
	if (connection_is_full(c))
		session->rest = a; /* transferred */
	else
		request_submit(&a->request);
}

static void drained(struct connection *c)
{
	struct session *session = c->session;
	struct admin_request_job *rest = session ? session->rest : NULL;

	if (!rest)
		return;
	session->rest = NULL;
	request_submit(&rest->request);
}

static void admin_done(struct job *job, int result)
{
	struct admin_request_job *a = (struct admin_request_job *)job;
	struct connection *c = a->request.connection;
	struct session *session;

	if (result == 0)
		courier_publish(c->core->courier, &a->request);
	a->request.reply.note[0] = '\0';
	if (result == 0)
		send_page(a);
	session = c->session;
	if (session && result == 0 && a->page.more && !c->core->stopping) {
		go_on(a);
		return;
	}
	if (session)
		wait_for_more(c);
	if (session && result == 0 && a->op->request == &wire_health)
		answer_health(a);
	else
		request_answer(&a->request, result);
	request_free(&a->request);
}

/* Requests */

static int run_admin(struct job *job, struct tx *tx)
{
	struct admin_request_job *a = (struct admin_request_job *)job;
	struct admin admin = {.engine = &a->request.engine,
			      .tx = tx,
			      .by = a->by,
			      .request = &a->asked,
			      .page = &a->page,
			      .reply = &a->request.reply};

	request_restart(&a->request);
	a->page.count = 0;
	snprintf(a->page.after, sizeof(a->page.after), "%s", a->after);
	return a->op->run(&admin);
}

static void refuse(struct connection *c, const char *why)
{
	struct done done = {.result = RESULT_DENY};

	core_log_refusal(c->core, "admin.sock", c, why);
	snprintf(done.reason, sizeof(done.reason), "%s", why);
	connection_send(c, &wire_done, &done);
}

static const struct admin_op *find_op(const char *data, size_t length)
{
	for (size_t i = 0; i < admin_op_count; i++)
		if (wire_is(admin_ops[i].request, data, length))
			return &admin_ops[i];
	return NULL;
}

static void ask(struct connection *c, const struct admin_op *op, const char *data, size_t length)
{
	struct admin_request_job *a = request_new(sizeof(*a), c->core, c, run_admin, admin_done);
	char why[WIRE_WHY_MAX] = "";

	if (!a) {
		connection_close(c);
		return;
	}
	a->op = op;
	if (wire_decode(op->request, data, length, &a->asked, why) == 0 && !may_reveal(c, a))
		snprintf(why, sizeof(why), "only root and the group whatsapp-otp-admin may see whole numbers");
	if (why[0]) {
		refuse(c, why);
		a->request.answered = true;
		request_free(&a->request);
		return;
	}
	name_peer(c, a->by);
	((struct session *)c->session)->busy = true;
	c->deadline = 0;
	request_submit(&a->request);
}

static void received(struct connection *c, const char *data, size_t length)
{
	const struct admin_op *op = find_op(data, length);
	struct session *session;

	if (!c->session)
		c->session = calloc(1, sizeof(struct session));
	session = c->session;
	if (!session)
		connection_close(c);
	else if (!op)
		refuse(c, "not an op that this core knows");
	else if (!may(c, op))
		refuse(c, op->reads ? "only root and the groups whatsapp-otp-admin and whatsapp-otp-audit may ask this"
				    : "only root and the group whatsapp-otp-admin may do this");
	else if (session->busy)
		refuse(c, "a request came before the last one was answered");
	else
		ask(c, op, data, length);
}

static void closed(struct connection *c)
{
	struct session *session = c->session;

	c->session = NULL;
	if (session && session->rest) {
		session->rest->request.answered = true; /* nobody is there to hear it */
		request_free(&session->rest->request);
	}
	free(session);
}

const struct connection_ops session_admin_ops = {.received = received, .drained = drained, .closed = closed};
