#include "daemon/core/session_webhook.h"

#include "daemon/base/log.h"
#include "daemon/core/core.h"
#include "daemon/core/courier.h"
#include "daemon/core/outcome.h"
#include "daemon/core/signals.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * So many wait for the database before the socket is left to fill: what waits there, and then in the webhook's queue,
 * takes a tenth of the memory.
 */
#define WAITING_MAX 512

struct session {
	size_t waiting;
	bool closed; /* freed with the last that waits */
};

struct heard_request {
	struct request request;
	struct session *session;
	bool is_signal;
	union {
		struct receipt receipt;
		struct signal signal;
	};
};

static int run_heard(struct job *job, struct tx *tx)
{
	struct heard_request *h = (struct heard_request *)job;

	request_restart(&h->request);
	return h->is_signal ? signal_take(&h->request.engine, tx, &h->signal, &h->request.reply)
			    : outcome_receipt(&h->request.engine, tx, &h->receipt, &h->request.reply);
}

static void heard_done(struct job *job, int result)
{
	struct heard_request *h = (struct heard_request *)job;
	struct connection *c = h->request.connection;
	struct session *s = h->session;

	if (result == 0)
		courier_publish(h->request.core->courier, &h->request);
	s->waiting--;
	if (s->closed && s->waiting == 0)
		free(s);
	else if (!s->closed && s->waiting == WAITING_MAX / 2)
		connection_hold(c, false);
	request_free(&h->request);
}

static void received(struct connection *c, const char *data, size_t length)
{
	bool is_signal = wire_is(&wire_signal, data, length);
	struct heard_request *h;
	char why[WIRE_WHY_MAX];

	if (!c->session)
		c->session = calloc(1, sizeof(struct session));
	h = c->session ? request_new(sizeof(*h), c->core, c, run_heard, heard_done) : NULL;
	if (!h) {
		connection_close(c);
		return;
	}
	c->deadline = 0;
	h->request.answered = true; /* there are no answers */
	h->session = c->session;
	h->is_signal = is_signal;
	if (wire_decode(is_signal ? &wire_signal : &wire_receipt, data, length,
			is_signal ? (void *)&h->signal : (void *)&h->receipt, why) < 0) {
		core_log_refusal(c->core, "webhook.sock", c, why);
		request_free(&h->request);
		return;
	}
	/* What follows a failure cannot wait. */
	h->request.job.lazy = !is_signal && h->receipt.state != RECEIPT_FAILED;
	if (++h->session->waiting == WAITING_MAX)
		connection_hold(c, true);
	request_submit(&h->request);
}

void session_webhook_connected(struct connection *c)
{
	struct webhook_presence *webhook = &c->core->webhook;
	struct connection *old = webhook->connection;

	webhook->connection = c;
	webhook->missed = false;
	if (old)
		connection_close(old);
	log_info("the webhook is connected (pid %d)", (int)c->peer.pid);
}

static void closed(struct connection *c)
{
	struct webhook_presence *webhook = &c->core->webhook;
	struct session *s = c->session;

	if (webhook->connection == c) {
		webhook->connection = NULL;
		webhook->gone_at = core_now(c->core);
		if (!c->core->stopping)
			log_error("the webhook has gone: no receipts are heard until it is back");
	}
	c->session = NULL;
	if (s && s->waiting == 0)
		free(s);
	else if (s)
		s->closed = true;
}

const struct connection_ops session_webhook_ops = {.received = received, .closed = closed};

/* Its absence */

void session_webhook_tick(struct core *core)
{
	struct webhook_presence *webhook = &core->webhook;

	/* The minute begins with the core, and with a config that wants a webhook. */
	if (webhook->gone_at == 0 || !*core->config->webhook.listen)
		webhook->gone_at = core_now(core);
	else if (!webhook->connection && !webhook->missed)
		webhook->missed = courier_missed(core, webhook->gone_at, "webhook",
						 "the webhook has not been connected for a minute: no receipts are "
						 "heard: systemctl status whatsapp-otp-webhook");
}

bool session_webhook_health(const struct core *core, struct health *item)
{
	bool there = core->webhook.connection;

	*item = (struct health){.name = "webhook"};
	snprintf(item->state, sizeof(item->state), "%s", there ? "ok" : "failed");
	snprintf(item->detail, sizeof(item->detail), "%s",
		 there ? "connected" : "not connected: is whatsapp-otp-webhook running? see its log");
	return *core->config->webhook.listen || there;
}
