#include "daemon/core/courier.h"

#include "daemon/base/log.h"
#include "daemon/core/addresses.h"
#include "daemon/core/alarms.h"
#include "daemon/core/outbox.h"
#include "daemon/core/outcome.h"
#include "daemon/core/siren.h"
#include "daemon/core/statistics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A sender that survived reports what it did within this time of its connection. */
#define REPORT_USEC (2 * SECOND)
#define PROBE_USEC (12 * SECOND)
#define MISSED_USEC (60 * SECOND) /* a restart takes less */
#define RETRY_USEC (5 * SECOND)   /* after the store failed */

struct courier {
	struct core *core;
	struct connection *sender;
	int64_t connected_at, gone_at;
	bool missed; /* an alarm says that it is gone */
	sd_event_source *due_timer, *recover_timer, *probe_timer;
	int64_t next_due; /* INT64_MAX: the timer is off */
	bool claiming;
	struct health channels[COURIER_CHANNELS_MAX];
	bool probed[COURIER_CHANNELS_MAX], asked[COURIER_CHANNELS_MAX]; /* by whom waits for all; by the prober */
	size_t channel_count;
	void (*probe_ready)(void *userdata);
	void *probe_userdata;
	void (*works)(void *userdata, const char *channel);
	void *works_userdata;
};

static void claim(struct courier *courier);

static int64_t now(const struct courier *courier)
{
	return core_now(courier->core);
}

/* The timer */

static void arm(struct courier *courier, int64_t due)
{
	int64_t left = due - now(courier);

	courier->next_due = due;
	sd_event_source_set_time_relative(courier->due_timer, left > 0 ? (uint64_t)left : 0);
	sd_event_source_set_enabled(courier->due_timer, SD_EVENT_ONESHOT);
}

static int on_due(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct courier *courier = userdata;

	(void)source;
	(void)usec;
	courier->next_due = INT64_MAX;
	claim(courier);
	return 0;
}

static void expect(struct courier *courier, int64_t due)
{
	if (due < courier->next_due)
		arm(courier, due);
}

static void hand_over(struct courier *courier, const struct send *send)
{
	log_debug("delivery %.16s: to the sender, by channel %s", send->id, send->channel);
	/* A sender that went away in between: nobody reports on it, so it counts as unknown once one is back. */
	if (!courier->sender || connection_send(courier->sender, &wire_send, send) < 0)
		log_warning("%s: a message could not be handed to the sender", send->channel);
}

void courier_publish(struct courier *courier, const struct request *request)
{
	const struct reply *reply = &request->reply;

	if (reply->note[0])
		log_write(reply->note_priority, "%s", reply->note);
	if (reply->has_send)
		hand_over(courier, &reply->send);
	if (reply->has_watch && courier->sender)
		connection_send(courier->sender, &wire_watch, &reply->watch);
	if (reply->has_link && courier->sender)
		connection_send(courier->sender, &wire_link, &reply->link);
	for (size_t i = 0; i < reply->alarm_count; i++)
		siren_sound(courier->core->siren, &reply->alarm[i]);
	statistics_add(courier->core->statistics, &reply->events);
	if (reply->due)
		expect(courier, reply->due);
}

/* Claiming what is due */

struct claim_request {
	struct request request;
	struct outbox_batch batch;
};

static int run_claim(struct job *job, struct tx *tx)
{
	struct claim_request *c = (struct claim_request *)job;

	request_restart(&c->request);
	return outbox_claim(&c->request.engine, tx, &c->batch, &c->request.reply);
}

static void claim_done(struct job *job, int result)
{
	struct claim_request *c = (struct claim_request *)job;
	struct courier *courier = c->request.core->courier;

	courier->claiming = false;
	if (result == 0)
		courier_publish(courier, &c->request);
	for (size_t i = 0; result == 0 && i < c->batch.count; i++)
		hand_over(courier, &c->batch.sends[i]);
	if (result < 0)
		expect(courier, now(courier) + RETRY_USEC);
	else if (courier->sender && c->batch.next_due != INT64_MAX)
		expect(courier, c->batch.next_due);
	outbox_batch_wipe(&c->batch);
	request_free(&c->request);
}

static void claim(struct courier *courier)
{
	struct claim_request *c;

	if (!courier->sender || courier->claiming || courier->core->stopping)
		return; /* a sender that comes, or the claim that ends, looks again */
	c = request_new(sizeof(*c), courier->core, NULL, run_claim, claim_done);
	if (!c)
		return;
	courier->claiming = true;
	request_submit(&c->request);
}

/* What the sender reports */

union report {
	struct sent sent;
	struct failed failed;
	struct receipt receipt;
	struct linked linked;
};

struct report_request {
	struct request request;
	const struct report_kind *kind;
	union report report;
};

typedef int take_report(const struct engine *engine, struct tx *tx, const union report *report, struct reply *reply);

static int take_sent(const struct engine *engine, struct tx *tx, const union report *report, struct reply *reply)
{
	return outcome_sent(engine, tx, &report->sent, reply);
}

static int take_failed(const struct engine *engine, struct tx *tx, const union report *report, struct reply *reply)
{
	return outcome_failed(engine, tx, &report->failed, reply);
}

static int take_receipt(const struct engine *engine, struct tx *tx, const union report *report, struct reply *reply)
{
	return outcome_receipt(engine, tx, &report->receipt, reply);
}

static int take_linked(const struct engine *engine, struct tx *tx, const union report *report, struct reply *reply)
{
	return addresses_linked(engine, tx, &report->linked, reply);
}

static const struct report_kind {
	const struct wire_message *message;
	bool lazy; /* nobody waits for what follows it */
	take_report *take;
} report_kinds[] = {
	{&wire_sent, true, take_sent},
	{&wire_failed, false, take_failed},
	{&wire_receipt, false, take_receipt},
	{&wire_linked, false, take_linked},
};

static int run_report(struct job *job, struct tx *tx)
{
	struct report_request *r = (struct report_request *)job;

	request_restart(&r->request);
	return r->kind->take(&r->request.engine, tx, &r->report, &r->request.reply);
}

static void report_done(struct job *job, int result)
{
	struct request *request = (struct request *)job;

	if (result == 0)
		courier_publish(request->core->courier, request);
	request_free(request);
}

static void on_report(struct connection *c, const char *data, size_t length, const struct report_kind *kind)
{
	char why[WIRE_WHY_MAX];
	struct report_request *r = request_new(sizeof(*r), c->core, NULL, run_report, report_done);

	if (!r)
		return;
	r->kind = kind;
	r->request.job.lazy = kind->lazy;
	if (wire_decode(kind->message, data, length, &r->report, why) < 0) {
		log_warning("sender: a report is dropped: %s", why);
		request_free(&r->request);
		return;
	}
	request_submit(&r->request);
}

/* How the channels are */

static void end_probe(struct courier *courier)
{
	void (*ready)(void *) = courier->probe_ready;

	courier->probe_ready = NULL;
	sd_event_source_set_enabled(courier->probe_timer, SD_EVENT_OFF);
	if (ready)
		ready(courier->probe_userdata);
}

static int on_probe_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	end_probe(userdata);
	return 0;
}

static struct health *channel_named(struct courier *courier, const char *name)
{
	for (size_t i = 0; i < courier->channel_count; i++)
		if (strcmp(courier->channels[i].name, name) == 0)
			return &courier->channels[i];
	return courier->channel_count < COURIER_CHANNELS_MAX ? &courier->channels[courier->channel_count++] : NULL;
}

static void on_health(struct connection *c, const char *data, size_t length)
{
	struct courier *courier = c->core->courier;
	char why[WIRE_WHY_MAX];
	struct health health, *channel;
	bool all = true;

	if (wire_decode(&wire_health, data, length, &health, why) < 0) {
		log_warning("sender: a message is dropped: %s", why);
		return;
	}
	channel = channel_named(courier, health.name);
	if (!channel)
		return;
	*channel = health;
	if (courier->asked[channel - courier->channels] && strcmp(health.state, "ok") == 0)
		courier->works(courier->works_userdata, health.name);
	courier->asked[channel - courier->channels] = false;
	courier->probed[channel - courier->channels] = true;
	for (size_t i = 0; i < courier->channel_count; i++)
		all = all && courier->probed[i];
	if (all && courier->probe_ready)
		end_probe(courier);
}

size_t courier_health(const struct courier *courier, struct health items[static COURIER_CHANNELS_MAX + 1])
{
	size_t count = 0;
	struct health *sender = &items[count++];

	*sender = (struct health){.name = "sender"};
	snprintf(sender->state, sizeof(sender->state), "%s", courier->sender ? "ok" : "failed");
	snprintf(sender->detail, sizeof(sender->detail), "%s",
		 courier->sender ? "connected" : "not connected: is whatsapp-otp-sender running? see its log");
	for (size_t i = 0; courier->sender && i < courier->channel_count; i++)
		items[count++] = courier->channels[i];
	return count;
}

void courier_listen(struct courier *courier, void (*works)(void *userdata, const char *channel), void *userdata)
{
	courier->works = works;
	courier->works_userdata = userdata;
}

void courier_probe_channel(struct courier *courier, const char *channel)
{
	struct health one = {0};

	snprintf(one.name, sizeof(one.name), "%s", channel);
	for (size_t i = 0; i < courier->channel_count; i++)
		if (strcmp(courier->channels[i].name, channel) == 0)
			courier->asked[i] = true;
	if (courier->sender)
		(void)connection_send(courier->sender, &wire_health, &one);
}

int courier_probe(struct courier *courier, void (*ready)(void *userdata), void *userdata)
{
	struct health all = {0};

	if (courier->probe_ready)
		return -EBUSY;
	if (!courier->sender || courier->channel_count == 0)
		return -ENOTCONN;
	memset(courier->probed, 0, sizeof(courier->probed));
	courier->probe_ready = ready;
	courier->probe_userdata = userdata;
	sd_event_source_set_time_relative(courier->probe_timer, PROBE_USEC);
	sd_event_source_set_enabled(courier->probe_timer, SD_EVENT_ONESHOT);
	/* If the sender is gone its closed() has told ready() by now. */
	(void)connection_send(courier->sender, &wire_health, &all);
	return 0;
}

/* The connection */

static void received(struct connection *c, const char *data, size_t length)
{
	if (c->core->courier->sender != c)
		return;
	for (size_t i = 0; i < sizeof(report_kinds) / sizeof(report_kinds[0]); i++)
		if (wire_is(report_kinds[i].message, data, length)) {
			on_report(c, data, length, &report_kinds[i]);
			return;
		}
	if (wire_is(&wire_health, data, length))
		on_health(c, data, length);
	else
		log_warning("sender: an unknown message is dropped");
}

static void closed(struct connection *c)
{
	struct courier *courier = c->core->courier;

	if (courier->sender != c)
		return;
	courier->sender = NULL;
	courier->gone_at = now(courier);
	courier->core->sender_ready = false;
	courier->channel_count = 0;
	memset(courier->asked, 0, sizeof(courier->asked));
	sd_event_source_set_enabled(courier->recover_timer, SD_EVENT_OFF);
	if (!c->core->stopping)
		log_error("the sender has gone: no code is sent until it is back");
	end_probe(courier);
}

const struct connection_ops courier_connection_ops = {.received = received, .closed = closed};

struct recover_request {
	struct request request;
	int64_t before;
	int found;
};

static int run_recover(struct job *job, struct tx *tx)
{
	struct recover_request *r = (struct recover_request *)job;

	request_restart(&r->request);
	r->request.reply.due = r->before;
	r->found = outcome_recover(&r->request.engine, tx, r->before, &r->request.reply);
	return r->found < 0 ? r->found : 0;
}

static void recover(struct courier *courier);

static void recover_done(struct job *job, int result)
{
	const struct recover_request *r = (const struct recover_request *)job;
	struct courier *courier = r->request.core->courier;
	bool more = result == 0 && r->found == OUTCOME_BATCH_MAX;

	report_done(job, result);
	if (more && !courier->core->stopping)
		recover(courier);
}

static void recover(struct courier *courier)
{
	struct recover_request *r = request_new(sizeof(*r), courier->core, NULL, run_recover, recover_done);

	if (!r)
		return;
	r->before = courier->connected_at;
	request_submit(&r->request);
}

static int on_recover(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	recover(userdata);
	return 0;
}

void courier_connected(struct courier *courier, struct connection *connection)
{
	struct connection *old = courier->sender;

	courier->sender = connection;
	courier->core->sender_ready = true;
	courier->missed = false;
	courier->connected_at = now(courier);
	courier->channel_count = 0;
	memset(courier->asked, 0, sizeof(courier->asked));
	if (old)
		connection_close(old);
	log_info("the sender is connected (pid %d)", (int)connection->peer.pid);
	sd_event_source_set_time_relative(courier->recover_timer, REPORT_USEC);
	sd_event_source_set_enabled(courier->recover_timer, SD_EVENT_ONESHOT);
	claim(courier);
}

struct missed_request {
	struct request request;
	const char *kind, *text;
};

static int run_missed(struct job *job, struct tx *tx)
{
	struct missed_request *m = (struct missed_request *)job;

	request_restart(&m->request);
	return alarm_raise(&m->request.engine, tx, &m->request.reply, m->kind, "", "%s", m->text);
}

bool courier_missed(struct core *core, int64_t gone_at, const char *kind, const char *text)
{
	struct missed_request *m;

	if (core_now(core) - gone_at < MISSED_USEC)
		return false;
	m = request_new(sizeof(*m), core, NULL, run_missed, report_done);
	if (!m)
		return false;
	m->kind = kind;
	m->text = text;
	request_submit(&m->request);
	return true;
}

void courier_tick(struct courier *courier)
{
	if (!courier->sender && !courier->missed)
		courier->missed = courier_missed(courier->core, courier->gone_at, "sender",
						 "the sender has not been connected for a minute: no code is sent: "
						 "systemctl status whatsapp-otp-sender");
}

int courier_new(struct core *core, struct courier **ret)
{
	struct courier *courier = calloc(1, sizeof(*courier));
	int r;

	if (!courier)
		return -ENOMEM;
	courier->core = core;
	courier->gone_at = core_now(core);
	courier->next_due = INT64_MAX;
	/* Accuracy 0 would mean sd-event's default of 250 ms. */
	r = sd_event_add_time(core->event, &courier->due_timer, CLOCK_BOOTTIME, 0, 1, on_due, courier);
	if (r >= 0)
		r = sd_event_add_time(core->event, &courier->recover_timer, CLOCK_BOOTTIME, 0, 1000, on_recover,
				      courier);
	if (r >= 0)
		r = sd_event_add_time(core->event, &courier->probe_timer, CLOCK_BOOTTIME, 0, 1000, on_probe_timeout,
				      courier);
	if (r >= 0) {
		sd_event_source_set_enabled(courier->due_timer, SD_EVENT_OFF);
		sd_event_source_set_enabled(courier->recover_timer, SD_EVENT_OFF);
		sd_event_source_set_enabled(courier->probe_timer, SD_EVENT_OFF);
		*ret = courier;
		return 0;
	}
	courier_free(courier);
	return r;
}

void courier_free(struct courier *courier)
{
	if (!courier)
		return;
	sd_event_source_disable_unref(courier->due_timer);
	sd_event_source_disable_unref(courier->recover_timer);
	sd_event_source_disable_unref(courier->probe_timer);
	free(courier);
}
