#include "daemon/sender/dispatch.h"

#include "daemon/base/log.h"
#include "daemon/sender/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define RETRY_MIN_MS 100
#define RETRY_JITTER_MS 400
#define TRY_MIN_MS 300 /* less time is none */
#define PROBE_MS 5000
#define SHORT_ID "%.16s" /* of an id, half of it time */

struct dispatch {
	sd_event *event;
	struct channels *channels;
	struct dispatch_listener listener;
	void *deliveries;                              /* tsearch(3), by id */
	struct delivery *answered[DISPATCH_KNOWN_MAX]; /* a ring, the oldest is forgotten */
	size_t next;
	struct probe *probes;
	struct dispatch_counts counts;
};

/* A delivery while it is under way: the only place that holds code and number. */
struct job {
	struct channel_call call; /* first */
	struct dispatch *dispatch;
	struct delivery *delivery;
	struct channels *channels; /* a reference */
	struct channel *channel;
	struct send send;
	char *text;
	uint64_t began; /* CLOCK_MONOTONIC, microseconds */
	unsigned tries;
	sd_event_source *retry;
};

struct delivery {
	char id[WIRE_ID_MAX];
	struct job *job; /* NULL: answered */
	struct channel_answer answer;
};

struct probe {
	struct channel_call call; /* first */
	struct dispatch *dispatch;
	struct channels *channels; /* a reference */
	struct channel *channel;
	struct probe *next, **previous;
};

static uint64_t now_of(const struct dispatch *d)
{
	uint64_t now = 0;

	sd_event_now(d->event, CLOCK_MONOTONIC, &now);
	return now;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(((const struct delivery *)a)->id, ((const struct delivery *)b)->id);
}

/* Health: what an answer says about its channel. */

static void tell_health(struct dispatch *d, struct channel *channel, const char *state, const char *detail, bool always)
{
	bool changed = strcmp(channel->health.state, state) != 0;

	snprintf(channel->health.state, sizeof(channel->health.state), "%s", state);
	snprintf(channel->health.detail, sizeof(channel->health.detail), "%s", detail);
	if (changed || always)
		d->listener.health(d->listener.userdata, &channel->health);
}

/* A recipient who cannot be reached says nothing about the channel. */
static void learn_health(struct dispatch *d, struct channel *channel, const struct channel_answer *answer)
{
	if (answer->sent)
		tell_health(d, channel, "ok", "", false);
	else if (answer->why.failure == FAILURE_CONFIG)
		tell_health(d, channel, "failed", answer->why.detail, false);
	else if (answer->why.failure != FAILURE_UNDELIVERABLE)
		tell_health(d, channel, "degraded", answer->why.detail, false);
}

/* The answer. */

static void job_free(struct job *job)
{
	sd_event_source_disable_unref(job->retry);
	memory_free(job->text);
	channels_unref(job->channels);
	memory_free(job);
}

static void job_log(const struct job *job, const struct channel_answer *answer)
{
	uint64_t ms = (now_of(job->dispatch) - job->began) / 1000;
	const char *trace = answer->trace[0] ? ", fbtrace_id " : "";

	if (answer->sent)
		log_info("delivery " SHORT_ID ": taken over by channel %s in %" PRIu64 " ms", job->send.id,
			 job->send.channel, ms);
	else
		log_write(answer->why.alarm == ALARM_NOW ? LOG_ALERT : LOG_WARNING,
			  "delivery " SHORT_ID ": channel %s failed (%s%s%s): %s%s%s; %u tries, %" PRIu64 " ms",
			  job->send.id, job->send.channel, failure_names[answer->why.failure], answer->why.code[0] ? " " : "",
			  answer->why.code, answer->why.detail, trace, answer->trace, job->tries, ms);
}

static void forget(struct dispatch *d, struct delivery *delivery)
{
	if (!delivery)
		return;
	tdelete(delivery, &d->deliveries, compare_ids);
	memory_free(delivery);
}

static void remember(struct dispatch *d, struct delivery *delivery)
{
	forget(d, d->answered[d->next]);
	d->answered[d->next] = delivery;
	d->next = (d->next + 1) % DISPATCH_KNOWN_MAX;
}

static void finish(struct job *job, const struct channel_answer *answer)
{
	struct dispatch *d = job->dispatch;
	struct delivery *delivery = job->delivery;

	job_log(job, answer);
	delivery->answer = *answer;
	delivery->job = NULL;
	d->counts.under_way--;
	*(answer->sent ? &d->counts.sent : &d->counts.failed) += 1;
	remember(d, delivery);
	if (job->channel && job->channels == d->channels) /* a channel of before a reload tells nothing new */
		learn_health(d, job->channel, answer);
	job_free(job);
	d->listener.answered(d->listener.userdata, delivery->id, &delivery->answer);
}

static void finish_failed(struct job *job, enum failure failure, const char *code, const char *detail)
{
	struct channel_answer answer = {.why = {.failure = (int)failure}};

	answer.why.alarm = failure == FAILURE_CONFIG ? ALARM_NOW : ALARM_NONE;
	snprintf(answer.why.code, sizeof(answer.why.code), "%s", code);
	snprintf(answer.why.detail, sizeof(answer.why.detail), "%s", detail);
	finish(job, &answer);
}

/* The tries: one, and a second one after a moment where nothing was sent and the provider's table allows it. */

static int64_t time_left_ms(const struct job *job)
{
	int64_t deadline = (int64_t)job->began / 1000 + job->channel->config->timeout * 1000;

	return deadline - (int64_t)now_of(job->dispatch) / 1000;
}

static void job_try(struct job *job)
{
	const struct channel_message message = {
		.id = job->send.id,
		.to = job->send.to,
		.code = job->send.code,
		.lang = job->send.lang,
		.text = job->text ? job->text : "",
		.timeout_ms = time_left_ms(job),
	};

	job->tries++;
	job->channel->ops->send(&job->call, &message); /* which may answer and free the job */
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct job *job = userdata;

	(void)usec;
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	job_try(job);
	return 0;
}

/* Milliseconds until the second try, -1: there is none. */
static int64_t retry_delay(const struct job *job, const struct channel_answer *answer)
{
	unsigned jitter = 0;
	int64_t delay;

	if (answer->sent || !answer->retry || job->tries > 1)
		return -1;
	if (getrandom(&jitter, sizeof(jitter), GRND_NONBLOCK) < 0)
		jitter = 0;
	delay = RETRY_MIN_MS + jitter % RETRY_JITTER_MS;
	if (answer->retry_after > DISPATCH_RETRY_MAX_MS / 1000)
		return -1;
	if (delay < answer->retry_after * 1000)
		delay = answer->retry_after * 1000;
	return delay + TRY_MIN_MS <= time_left_ms(job) ? delay : -1;
}

static void on_answered(struct channel_call *call, const struct channel_answer *answer)
{
	struct job *job = (struct job *)call;
	int64_t delay = retry_delay(job, answer);

	if (delay < 0 || sd_event_add_time_relative(job->dispatch->event, &job->retry, CLOCK_MONOTONIC,
						    (uint64_t)delay * 1000, 1, on_retry, job) < 0) {
		finish(job, answer);
		return;
	}
	log_notice("delivery " SHORT_ID ": channel %s failed (%s %s): %s; another try in %" PRId64 " ms", job->send.id,
		   job->send.channel, failure_names[answer->why.failure], answer->why.code, answer->why.detail, delay);
}

/* The request. */

static struct job *job_new(struct dispatch *d, const struct send *send)
{
	struct job *job = calloc(1, sizeof(*job));
	struct delivery *delivery = calloc(1, sizeof(*delivery));

	if (!job || !delivery)
		goto fail;
	snprintf(delivery->id, sizeof(delivery->id), "%s", send->id);
	delivery->job = job;
	if (!tsearch(delivery, &d->deliveries, compare_ids))
		goto fail;
	*job = (struct job){
		.call.answered = on_answered,
		.dispatch = d,
		.delivery = delivery,
		.channels = channels_ref(d->channels),
		.channel = channels_find(d->channels, send->channel),
		.send = *send,
		.began = now_of(d),
	};
	d->counts.under_way++;
	return job;
fail:
	free(job);
	free(delivery);
	return NULL;
}

static void answer_no_memory(struct dispatch *d, const char *id)
{
	static const struct channel_answer answer = {
		.why = {.failure = FAILURE_TRANSIENT, .code = "memory", .detail = "the sender is out of memory"}};

	log_error("delivery " SHORT_ID ": out of memory", id);
	d->listener.answered(d->listener.userdata, id, &answer);
}

static void repeat(struct dispatch *d, const struct delivery *delivery)
{
	log_notice("delivery " SHORT_ID ": asked for again, not sent again", delivery->id);
	if (!delivery->job)
		d->listener.answered(d->listener.userdata, delivery->id, &delivery->answer);
}

void dispatch_send(struct dispatch *d, const struct send *send)
{
	struct delivery key;
	struct delivery **known;
	struct job *job;

	memcpy(key.id, send->id, sizeof(key.id));
	known = tfind(&key, &d->deliveries, compare_ids);
	if (known) {
		repeat(d, *known);
		return;
	}
	job = job_new(d, send);
	if (!job) {
		answer_no_memory(d, send->id);
		return;
	}
	if (!job->channel) {
		finish_failed(job, FAILURE_CONFIG, "channel", "the sender's configuration has no such channel");
		return;
	}
	log_debug("delivery " SHORT_ID ": ordered for channel %s", send->id, send->channel);
	if (job->channel->ops->wants != WANTS_CODE)
		job->text = channels_text(job->channels, TEXT_SMS, send);
	if (job->channel->ops->wants != WANTS_CODE && !job->text) {
		finish_failed(job, FAILURE_CONFIG, "text", "the text could not be written");
		return;
	}
	job->call.channel = job->channel->state;
	job_try(job);
}

/* Probes. */

static void probe_free(struct probe *probe)
{
	*probe->previous = probe->next;
	if (probe->next)
		probe->next->previous = probe->previous;
	probe->channel->probed = false;
	channels_unref(probe->channels);
	free(probe);
}

static void on_probed(struct channel_call *call, const struct channel_answer *answer)
{
	struct probe *probe = (struct probe *)call;
	const char *state = "failed";

	if (answer->sent)
		state = "ok";
	else if (answer->why.failure == FAILURE_UNKNOWN_OUTCOME)
		state = "degraded";
	if (!answer->sent)
		log_warning("channel %s: probe: %s (%s)", probe->channel->config->name, answer->why.detail, answer->why.code);
	tell_health(probe->dispatch, probe->channel, state, answer->why.detail, true);
	probe_free(probe);
}

static void probe_start(struct dispatch *d, struct channel *channel)
{
	struct probe *probe = channel->probed ? NULL : calloc(1, sizeof(*probe));

	if (!probe)
		return; /* the one under way answers; without memory nobody does */
	*probe = (struct probe){
		.call = {.answered = on_probed, .channel = channel->state},
		.dispatch = d,
		.channels = channels_ref(d->channels),
		.channel = channel,
		.next = d->probes,
		.previous = &d->probes,
	};
	if (d->probes)
		d->probes->previous = &probe->next;
	d->probes = probe;
	channel->probed = true;
	channel->ops->probe(&probe->call, PROBE_MS);
}

void dispatch_probe(struct dispatch *d, const char *name)
{
	struct health unknown = {.state = "failed", .detail = "the sender's configuration has no such channel"};
	struct channel *channel = channels_find(d->channels, name);

	if (channel) {
		probe_start(d, channel);
	} else if (*name) {
		snprintf(unknown.name, sizeof(unknown.name), "%s", name);
		d->listener.health(d->listener.userdata, &unknown);
	} else {
		for (size_t i = 0; i < d->channels->count; i++)
			probe_start(d, &d->channels->channel[i]);
	}
}

void dispatch_tell_health(struct dispatch *d)
{
	for (size_t i = 0; i < d->channels->count; i++)
		d->listener.health(d->listener.userdata, &d->channels->channel[i].health);
}

/* The whole. */

struct dispatch_counts dispatch_counts(const struct dispatch *d)
{
	return d->counts;
}

void dispatch_use(struct dispatch *d, struct channels *channels)
{
	struct channels *old = d->channels;

	d->channels = channels_ref(channels);
	channels_unref(old);
}

int dispatch_new(sd_event *event, struct channels *channels, const struct dispatch_listener *listener,
		 struct dispatch **ret)
{
	struct dispatch *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->event = sd_event_ref(event);
	d->channels = channels_ref(channels);
	d->listener = *listener;
	*ret = d; /* transferred */
	return 0;
}

static void cancel(const struct channel *channel, struct channel_call *call)
{
	if (channel && channel->ops->cancel)
		channel->ops->cancel(call);
}

static void delivery_free(void *node)
{
	struct delivery *delivery = node;

	if (delivery->job) {
		cancel(delivery->job->channel, &delivery->job->call);
		job_free(delivery->job);
	}
	memory_free(delivery);
}

void dispatch_free(struct dispatch *d)
{
	if (!d)
		return;
	tdestroy(d->deliveries, delivery_free);
	while (d->probes) {
		cancel(d->probes->channel, &d->probes->call);
		probe_free(d->probes);
	}
	channels_unref(d->channels);
	sd_event_unref(d->event);
	free(d);
}
