#include "daemon/sender/dispatch.h"

#include "daemon/base/log.h"
#include "daemon/sender/links.h"
#include "daemon/sender/memory.h"
#include "daemon/sender/watcher.h"

#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#define RETRY_MIN_MS 100
#define RETRY_JITTER_MS 400
#define TRY_MIN_MS 300 /* less time is none */
#define PROBE_MS 5000
#define HOLD_MAX_SECONDS 86400 /* a provider that asks for more is not believed */
#define SHORT_ID "%.16s"       /* of an id, half of it time */

/* Runs what is due, no later than it was asked for. */
struct turn {
	sd_event_source *timer;
	uint64_t at; /* CLOCK_MONOTONIC, microseconds; UINT64_MAX: off */
};

struct dispatch {
	sd_event *event;
	struct watcher *watcher;
	struct links *links;
	struct turn watch_turn, link_turn;
	TAILQ_HEAD(job_list, job) jobs;
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
	TAILQ_ENTRY(job) link;
	struct dispatch *dispatch;
	struct delivery *delivery;
	struct channels *channels; /* a reference */
	struct channel *channel;
	struct send send;
	char *text, *subject;
	const char *text_lang; /* of the config, or built in */
	bool over;             /* the code is of no use any more */
	uint64_t began;        /* CLOCK_MONOTONIC, microseconds */
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
	bool polling;             /* the channel works, can it be asked for receipts? */
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

/* Messages are taken over; but maybe nobody tells what becomes of them. */
static void tell_well(struct dispatch *d, struct channel *channel, bool always)
{
	const char *refused = channel->polls.refused;

	tell_health(d, channel, *refused ? "degraded" : "ok", refused, always);
}

/* A recipient who cannot be reached, or is another one now, says nothing about the channel. */
static void learn_health(struct dispatch *d, struct channel *channel, const struct channel_answer *answer)
{
	if (answer->sent)
		tell_well(d, channel, false);
	else if (answer->why.failure == FAILURE_CONFIG)
		tell_health(d, channel, "failed", answer->why.detail, false);
	else if (answer->why.failure != FAILURE_UNDELIVERABLE && answer->why.failure != FAILURE_IDENTITY)
		tell_health(d, channel, "degraded", answer->why.detail, false);
}

static void on_poll_health(void *userdata, struct channels *channels, struct channel *channel)
{
	struct dispatch *d = userdata;

	if (channel->polls.refused[0])
		log_warning("channel %s: %s", channel->config->name, channel->polls.refused);
	if (channels == d->channels && strcmp(channel->health.state, "failed") != 0)
		tell_well(d, channel, false);
}

/* The answer. */

static void job_free(struct job *job)
{
	TAILQ_REMOVE(&job->dispatch->jobs, job, link);
	sd_event_source_disable_unref(job->retry);
	memory_free(job->text);
	memory_free(job->subject);
	channels_unref(job->channels);
	memory_free(job);
}

static void job_log(const struct job *job, const struct channel_answer *answer)
{
	uint64_t ms = (now_of(job->dispatch) - job->began) / 1000;
	const char *trace = answer->trace[0] ? ", trace " : "";

	if (answer->sent)
		log_info("delivery " SHORT_ID ": taken over by channel %s in %" PRIu64 " ms", job->send.id,
			 job->send.channel, ms);
	else
		log_write(answer->why.alarm == ALARM_NOW ? LOG_ALERT : LOG_WARNING,
			  "delivery " SHORT_ID ": channel %s failed (%s%s%s): %s%s%s; %u tries, %" PRIu64 " ms",
			  job->send.id, job->send.channel, failure_names[answer->why.failure],
			  answer->why.code[0] ? " " : "", answer->why.code, answer->why.detail, trace, answer->trace,
			  job->tries, ms);
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

/*
 * A provider that wants to be left alone for longer than a retry waits is skipped meanwhile, at the first time that it
 * says so; what waits for an admin or for a probe goes on waiting for that.
 */
static void hold_back(struct fault *why, int64_t retry_after)
{
	uint64_t seconds = retry_after < HOLD_MAX_SECONDS ? (uint64_t)retry_after : HOLD_MAX_SECONDS;
	bool open_ended = why->breaker != BREAKER_NONE && !why->often && why->breaker_seconds == 0;

	if (open_ended)
		return;
	if (why->breaker == BREAKER_NONE)
		why->breaker = BREAKER_CHANNEL;
	why->often = false;
	if (why->breaker_seconds < seconds)
		why->breaker_seconds = seconds;
}

static void watch_on(struct job *job, const struct channel_answer *answer)
{
	struct dispatch *d = job->dispatch;
	struct watch over = {.seconds = 0, .over = true};

	snprintf(job->channel->polls.last_sent, sizeof(job->channel->polls.last_sent), "%s", answer->message_id);
	watcher_begin(d->watcher, job->channels, job->channel, &job->send, answer->message_id);
	if (!job->over)
		return;
	memcpy(over.challenge, job->send.id, sizeof(over.challenge));
	watcher_order(d->watcher, &over);
}

static void finish(struct job *job, const struct channel_answer *answer)
{
	struct dispatch *d = job->dispatch;
	struct delivery *delivery = job->delivery;

	delivery->answer = *answer;
	if (!answer->sent && answer->retry_after > DISPATCH_RETRY_MAX_MS / 1000)
		hold_back(&delivery->answer.why, answer->retry_after);
	answer = &delivery->answer;
	job_log(job, answer);
	delivery->job = NULL;
	d->counts.under_way--;
	*(answer->sent ? &d->counts.sent : &d->counts.failed) += 1;
	remember(d, delivery);
	if (job->channel && job->channels == d->channels) /* a channel of before a reload tells nothing new */
		learn_health(d, job->channel, answer);
	if (answer->sent)
		watch_on(job, answer);
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
		.text_lang = job->text_lang ? job->text_lang : "",
		.subject = job->subject ? job->subject : "",
		.minutes = (int64_t)job->send.minutes,
		.seconds = (int64_t)job->send.seconds,
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
	TAILQ_INSERT_TAIL(&d->jobs, job, link);
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

/* Writes what the driver wants to be told. False: no memory. */
static bool write_texts(struct job *job)
{
	static const struct {
		bool text, subject;
		enum text_kind kind;
	} kinds[] = {
		[WANTS_CODE] = {false, false, TEXT_SMS},
		[WANTS_TEXT] = {true, false, TEXT_SMS},
		[WANTS_EMAIL] = {true, true, TEXT_EMAIL},
		[WANTS_VOICE] = {true, false, TEXT_VOICE},
	};
	enum channel_wants wants = job->channel->ops->wants;
	bool is_sms = job->channel->config->kind == CHANNEL_SMS;

	if (kinds[wants].text)
		job->text = channels_text(job->channels, kinds[wants].kind, &job->send, is_sms, &job->text_lang);
	if (kinds[wants].subject)
		job->subject = channels_text(job->channels, TEXT_SUBJECT, &job->send, false, NULL);
	return (job->text || !kinds[wants].text) && (job->subject || !kinds[wants].subject);
}

static void job_start(struct job *job)
{
	const struct channel *channel = job->channel;

	if (!channel) {
		finish_failed(job, FAILURE_CONFIG, "channel", "the sender's configuration has no such channel");
	} else if (!channel->ops) {
		finish_failed(job, FAILURE_CONFIG, "closed", channel->health.detail);
	} else if (!write_texts(job)) {
		finish_failed(job, FAILURE_CONFIG, "text", "the text could not be written");
	} else {
		log_debug("delivery " SHORT_ID ": ordered for channel %s", job->send.id, job->send.channel);
		job->call.channel = channel->state;
		job_try(job);
	}
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
	if (job)
		job_start(job);
	else
		answer_no_memory(d, send->id);
}

/* What comes after the sending. */

void dispatch_watch(struct dispatch *d, const struct watch *watch)
{
	size_t length = strlen(watch->challenge);
	struct job *job;

	TAILQ_FOREACH(job, &d->jobs, link)
	if (strncmp(job->send.id, watch->challenge, length) == 0) {
		job->send.watch_seconds = watch->seconds;
		job->over = watch->over;
	}
	watcher_order(d->watcher, watch);
}

void dispatch_link(struct dispatch *d, const struct link *link)
{
	links_order(d->links, link);
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

/* What a channel of before a reload answers says nothing about the one that has its name now, which is asked instead.
 */
static void probe_finish(struct probe *probe, const char *state, const char *detail)
{
	struct dispatch *d = probe->dispatch;
	bool outdated = probe->channels != d->channels;
	char name[WIRE_NAME_MAX];

	snprintf(name, sizeof(name), "%s", probe->channel->config->name);
	if (!outdated)
		tell_health(d, probe->channel, state, detail, true);
	probe_free(probe);
	if (outdated)
		dispatch_probe(d, name);
}

/* The second question: whether receipts = poll works. Needs a message to ask for. */
static void on_probe_polled(struct probe *probe, const struct channel_answer *answer)
{
	struct channel *channel = probe->channel;
	char detail[WIRE_TEXT_MAX];

	(void)watcher_learn(channel, answer, now_of(probe->dispatch));
	if (channel->polls.refused[0])
		snprintf(detail, sizeof(detail), "%s", channel->polls.refused);
	else if (answer->sent)
		snprintf(detail, sizeof(detail), "receipts can be polled");
	else
		snprintf(detail, sizeof(detail), "receipts could not be polled this time: %.180s", answer->why.detail);
	probe_finish(probe, channel->polls.refused[0] ? "degraded" : "ok", detail);
}

static void on_probe_works(struct probe *probe, const struct channel_answer *answer)
{
	struct channel *channel = probe->channel;

	if (answer->why.detail[0]) {
		probe_finish(probe, "degraded", answer->why.detail);
	} else if (!channel_is_polled(channel)) {
		probe_finish(probe, "ok", "");
	} else if (channel->polls.last_sent[0] == '\0') {
		probe_finish(probe, "ok", "receipts = poll was not tried yet: nothing has been sent since the start");
	} else {
		probe->polling = true;
		channel->ops->poll(&probe->call, channel->polls.last_sent, PROBE_MS);
	}
}

static void on_probed(struct channel_call *call, const struct channel_answer *answer)
{
	struct probe *probe = (struct probe *)call;

	if (probe->polling) {
		on_probe_polled(probe, answer);
	} else if (answer->sent) {
		on_probe_works(probe, answer);
	} else {
		log_warning("channel %s: probe: %s (%s)", probe->channel->config->name, answer->why.detail,
			    answer->why.code);
		probe_finish(probe, answer->why.failure == FAILURE_UNKNOWN_OUTCOME ? "degraded" : "failed",
			     answer->why.detail);
	}
}

static void probe_start(struct dispatch *d, struct channel *channel)
{
	struct probe *probe = NULL;

	if (!channel->ops)
		d->listener.health(d->listener.userdata, &channel->health);
	else if (!channel->probed)
		probe = calloc(1, sizeof(*probe));
	if (!probe)
		return; /* the one under way answers; without memory nobody does */
	*probe = (struct probe){
		.call = {.answered = on_probed, .channel = channel->state, .question = true},
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

static void on_receipt(void *userdata, const struct receipt *receipt)
{
	struct dispatch *d = userdata;

	d->listener.receipt(d->listener.userdata, receipt);
}

static void on_linked(void *userdata, const struct linked *linked)
{
	struct dispatch *d = userdata;

	d->listener.linked(d->listener.userdata, linked);
}

static uint64_t on_now(void *userdata)
{
	return now_of(userdata);
}

static void turn_at(struct turn *turn, uint64_t at)
{
	if (at >= turn->at)
		return;
	turn->at = at;
	sd_event_source_set_time(turn->timer, at);
	sd_event_source_set_enabled(turn->timer, SD_EVENT_ONESHOT);
}

static void on_wake_watcher(void *userdata, uint64_t at)
{
	turn_at(&((struct dispatch *)userdata)->watch_turn, at);
}

static void on_wake_links(void *userdata, uint64_t at)
{
	turn_at(&((struct dispatch *)userdata)->link_turn, at);
}

static int on_watch_turn(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct dispatch *d = userdata;

	(void)source, (void)usec;
	d->watch_turn.at = UINT64_MAX;
	watcher_run(d->watcher);
	return 0;
}

static int on_link_turn(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct dispatch *d = userdata;

	(void)source, (void)usec;
	d->link_turn.at = UINT64_MAX;
	links_run(d->links);
	return 0;
}

static int turn_new(sd_event *event, sd_event_time_handler_t handler, struct dispatch *d, struct turn *ret)
{
	int r = sd_event_add_time(event, &ret->timer, CLOCK_MONOTONIC, 0, 1, handler, d);

	ret->at = UINT64_MAX;
	return r < 0 ? r : sd_event_source_set_enabled(ret->timer, SD_EVENT_OFF);
}

static struct channels *on_channels(void *userdata)
{
	return ((struct dispatch *)userdata)->channels;
}

static int dispatch_setup(struct dispatch *d)
{
	const struct watcher_listener watching = {on_now, on_wake_watcher, on_receipt, on_poll_health, d};
	const struct links_listener linking = {on_now, on_wake_links, on_channels, on_linked, d};
	int r = watcher_new(&watching, &d->watcher);

	if (r >= 0)
		r = links_new(&linking, &d->links);
	if (r >= 0)
		r = turn_new(d->event, on_watch_turn, d, &d->watch_turn);
	return r < 0 ? r : turn_new(d->event, on_link_turn, d, &d->link_turn);
}

int dispatch_new(sd_event *event, struct channels *channels, const struct dispatch_listener *listener,
		 struct dispatch **ret)
{
	struct dispatch *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->event = sd_event_ref(event);
	d->channels = channels_ref(channels);
	d->listener = *listener;
	TAILQ_INIT(&d->jobs);
	r = dispatch_setup(d);
	if (r < 0) {
		dispatch_free(d);
		return r;
	}
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
	watcher_free(d->watcher);
	links_free(d->links);
	sd_event_source_disable_unref(d->watch_turn.timer);
	sd_event_source_disable_unref(d->link_turn.timer);
	channels_unref(d->channels);
	sd_event_unref(d->event);
	free(d);
}
