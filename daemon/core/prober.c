#include "daemon/core/prober.h"

#include "daemon/base/log.h"
#include "daemon/core/courier.h"
#include "daemon/core/learning.h"
#include "daemon/core/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANNELS_MAX 32

struct prober {
	struct core *core;
	int64_t looked_at;
	char waiting[CHANNELS_MAX][WIRE_NAME_MAX]; /* channels whose breaker waits for a probe */
	int64_t asked_at;
	size_t count;
};

/* Looking */

struct look_request {
	struct request request;
	char channels[CHANNELS_MAX][WIRE_NAME_MAX];
	int count;
};

static int run_look(struct job *job, struct tx *tx)
{
	struct look_request *l = (struct look_request *)job;

	l->count = learning_waiting(tx, core_now(l->request.core), l->channels, CHANNELS_MAX);
	return l->count < 0 ? l->count : 0;
}

static void look_done(struct job *job, int result)
{
	struct look_request *l = (struct look_request *)job;
	struct prober *p = l->request.core->prober;

	if (result == 0 && p) {
		p->count = (size_t)l->count;
		p->asked_at = core_now(p->core);
		memcpy(p->waiting, l->channels, sizeof(p->waiting));
		for (size_t i = 0; i < p->count; i++)
			courier_probe_channel(p->core->courier, p->waiting[i]);
	}
	request_free(&l->request);
}

void prober_tick(struct prober *p)
{
	struct look_request *l;

	if (core_now(p->core) - p->looked_at < PROBER_USEC)
		return;
	p->looked_at = core_now(p->core);
	l = request_new(sizeof(*l), p->core, NULL, run_look, look_done);
	if (!l)
		return;
	l->request.job.lazy = true;
	request_submit(&l->request);
}

/* Closing */

struct close_request {
	struct request request;
	char channel[WIRE_NAME_MAX];
	int64_t before;
	int closed;
};

static int run_close(struct job *job, struct tx *tx)
{
	struct close_request *c = (struct close_request *)job;

	c->closed = learn_recovery(tx, c->channel, c->before);
	return c->closed < 0 ? c->closed : 0;
}

static void close_done(struct job *job, int result)
{
	struct close_request *c = (struct close_request *)job;

	if (result == 0 && c->closed > 0)
		log_notice("channel %s: works again, its breaker is closed", c->channel);
	request_free(&c->request);
}

/* The sender says that a channel works. */
static void on_works(void *userdata, const char *channel)
{
	struct prober *p = userdata;
	struct close_request *c;
	size_t i = 0;

	while (i < p->count && strcmp(p->waiting[i], channel) != 0)
		i++;
	if (i == p->count)
		return;
	c = request_new(sizeof(*c), p->core, NULL, run_close, close_done);
	if (!c)
		return;
	memmove(p->waiting[i], p->waiting[p->count - 1], sizeof(p->waiting[i]));
	p->count--;
	snprintf(c->channel, sizeof(c->channel), "%s", channel);
	c->before = p->asked_at; /* one that opened since is not meant */
	request_submit(&c->request);
}

int prober_new(struct core *core, struct prober **ret)
{
	struct prober *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->core = core;
	p->looked_at = core_now(core);
	courier_listen(core->courier, on_works, p);
	*ret = p;
	return 0;
}

void prober_free(struct prober *p)
{
	free(p);
}
