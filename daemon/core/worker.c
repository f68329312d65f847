#include "daemon/core/worker.h"

#include "daemon/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define GROUP_MAX 256
#define GROUP_LAZY_MAX 32 /* so that a flood of lazy jobs makes nobody's group long */

struct queue {
	struct job *first, **last;
	size_t count;
};

struct worker {
	struct store *store;
	sd_event_source *flush; /* runs when the loop has read all that is there to read */
	sd_event_source *completed;
	int event_fd;
	struct queue lazy; /* in no hurry; the loop's thread only */
	sd_event_source *lazy_timer;
	struct queue fresh; /* of this turn of the loop; the loop's thread only */
	pthread_t thread, sync_thread;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t wake, sync_wake;
	struct queue queued, queued_lazy, committed, finished;
	bool busy;    /* the thread holds the store */
	bool syncing; /* the other thread waits for the disk */
	bool drained; /* the thread has ended */
	bool stopping;
	unsigned quiet; /* how many turns in a row had a single job; the loop's thread only */
};

static void queue_init(struct queue *q)
{
	*q = (struct queue){.last = &q->first};
}

static void queue_push(struct queue *q, struct job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
	q->count++;
}

static struct job *queue_pop(struct queue *q)
{
	struct job *job = q->first;

	if (job && --q->count == 0)
		queue_init(q);
	else if (job)
		q->first = job->next;
	return job;
}

static void log_failure(struct store *store, const char *what, int r)
{
	const char *error = store_error(store);

	if (error[0])
		log_error("%s: %s (%s): logins are refused until this is mended", what, error, strerror(-r));
	else
		log_error("%s: %s: it was refused", what, strerror(-r));
}

/* Runs count jobs from first on as one transaction. 0, or -errno with nothing done; *culprit: a job that failed. */
static int run_together(struct store *store, struct job *first, size_t count, struct job **culprit)
{
	struct job *job = first;
	struct tx *tx;
	int r = store_begin(store, &tx);

	*culprit = NULL;
	if (r < 0) {
		log_failure(store, "the database cannot be written", r);
		return r;
	}
	for (; count > 0 && r == 0; count--, job = job->next) {
		r = job->run(job, tx);
		if (r < 0)
			*culprit = job;
	}
	if (r == 0) {
		r = store_commit(tx);
		if (r < 0)
			log_failure(store, "the database could not be written", r);
		return r;
	}
	log_failure(store, "a request failed", r);
	if (store_is_open(tx)) /* a full disk can have ended it */
		store_rollback(tx);
	return r;
}

/*
 * A job that fails must not take the others with it: then each has a transaction of its own. That is rare, so the
 * common case pays for no savepoints.
 */
static void run_group(struct store *store, struct job *first, size_t count)
{
	struct job *culprit;
	int r = run_together(store, first, count, &culprit);
	bool again = r < 0 && culprit && count > 1;

	for (struct job *job = first; job; job = job->next)
		job->result = again ? run_together(store, job, 1, &culprit) : r;
}

static void finish(struct queue *finished)
{
	struct job *job;

	while ((job = queue_pop(finished)))
		job->done(job, job->result);
}

static void queue_move(struct queue *to, struct queue *from, size_t most)
{
	struct job *job;

	for (; most > 0 && (job = queue_pop(from)); most--)
		queue_push(to, job);
}

/* The first thread runs groups, the second waits for the disk, so that one group runs while the last is synced. */
static void *work(void *userdata)
{
	struct worker *w = userdata;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct queue group;

		while (!w->queued.first && !w->queued_lazy.first && !w->stopping)
			pthread_cond_wait(&w->wake, &w->lock);
		if (!w->queued.first && !w->queued_lazy.first)
			break;
		queue_init(&group);
		queue_move(&group, &w->queued, GROUP_MAX);
		queue_move(&group, &w->queued_lazy, GROUP_LAZY_MAX);
		w->busy = true;
		pthread_mutex_unlock(&w->lock);
		run_group(w->store, group.first, group.count);
		pthread_mutex_lock(&w->lock);
		w->busy = false;
		queue_move(&w->committed, &group, SIZE_MAX);
		pthread_cond_signal(&w->sync_wake);
	}
	w->drained = true;
	pthread_cond_signal(&w->sync_wake);
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void sync_group(struct store *store, struct job *first)
{
	int r = store_sync(store);

	if (r < 0)
		log_failure(store, "the database could not be written", r);
	for (struct job *job = first; job && r < 0; job = job->next)
		job->result = r;
}

static void *sync_work(void *userdata)
{
	struct worker *w = userdata;
	uint64_t one = 1;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		struct queue group;

		while (!w->committed.first && !w->drained)
			pthread_cond_wait(&w->sync_wake, &w->lock);
		if (!w->committed.first)
			break;
		queue_init(&group);
		queue_move(&group, &w->committed, SIZE_MAX);
		w->syncing = true;
		pthread_mutex_unlock(&w->lock);
		sync_group(w->store, group.first);
		pthread_mutex_lock(&w->lock);
		w->syncing = false;
		queue_move(&w->finished, &group, SIZE_MAX);
		if (write(w->event_fd, &one, sizeof(one)) < 0)
			log_error("the loop cannot be woken: %m");
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static int on_completed(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct worker *w = userdata;
	struct queue finished;
	uint64_t count;

	(void)source;
	(void)revents;
	if (read(fd, &count, sizeof(count)) < 0)
		return 0;
	queue_init(&finished);
	pthread_mutex_lock(&w->lock);
	queue_move(&finished, &w->finished, SIZE_MAX);
	pthread_mutex_unlock(&w->lock);
	finish(&finished);
	return 0;
}

/*
 * The choice: where one job at a time is all there is, it runs here and now, which spares the hand-overs (a login alone
 * is twice as fast); any other goes to the threads, where it joins the group that is next. A single job in the middle
 * of many goes there, too: the loop must not wait for the disk while others knock.
 */
static bool runs_inline(struct worker *w)
{
	bool idle;

	pthread_mutex_lock(&w->lock);
	idle = w->fresh.count == 1 && !w->queued.first && !w->queued_lazy.first && !w->busy && !w->committed.first &&
	       !w->syncing;
	pthread_mutex_unlock(&w->lock);
	w->quiet = idle ? w->quiet + 1 : 0;
	return w->quiet > 1;
}

/* All that waits on the loop's side becomes a group of the thread's. */
static void hand_over(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	queue_move(&w->queued, &w->fresh, SIZE_MAX);
	queue_move(&w->queued_lazy, &w->lazy, SIZE_MAX);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

static int on_flush(sd_event_source *source, void *userdata)
{
	struct worker *w = userdata;

	(void)source;
	if (runs_inline(w)) {
		struct queue alone;

		queue_init(&alone);
		queue_move(&alone, &w->fresh, 1);
		run_group(w->store, alone.first, 1);
		sync_group(w->store, alone.first);
		finish(&alone);
		return 0;
	}
	hand_over(w);
	return 0;
}

static int on_lazy(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	hand_over(userdata);
	return 0;
}

void worker_submit(struct worker *w, struct job *job)
{
	if (!job->lazy) {
		queue_push(&w->fresh, job);
		sd_event_source_set_enabled(w->flush, SD_EVENT_ONESHOT);
		return;
	}
	if (!w->lazy.first) {
		sd_event_source_set_time_relative(w->lazy_timer, WORKER_LAZY_USEC);
		sd_event_source_set_enabled(w->lazy_timer, SD_EVENT_ONESHOT);
	}
	queue_push(&w->lazy, job);
	if (w->lazy.count == GROUP_MAX) /* enough to be worth a group of their own now */
		sd_event_source_set_enabled(w->flush, SD_EVENT_ONESHOT);
}

static void stop_threads(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	if (w->sync_thread)
		pthread_join(w->sync_thread, NULL);
}

static int start_threads(struct worker *w)
{
	sigset_t all, old;
	int r;

	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&w->thread, NULL, work, w);
	if (r == 0) {
		r = pthread_create(&w->sync_thread, NULL, sync_work, w);
		if (r != 0)
			stop_threads(w);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -r;
}

int worker_new(sd_event *event, struct store *store, struct worker **ret)
{
	struct worker *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->store = store;
	queue_init(&w->fresh);
	queue_init(&w->lazy);
	queue_init(&w->queued);
	queue_init(&w->queued_lazy);
	queue_init(&w->committed);
	queue_init(&w->finished);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	pthread_cond_init(&w->sync_wake, NULL);
	w->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = w->event_fd < 0 ? -errno : sd_event_add_io(event, &w->completed, w->event_fd, EPOLLIN, on_completed, w);
	if (r >= 0)
		r = sd_event_add_defer(event, &w->flush, on_flush, w);
	if (r >= 0)
		r = sd_event_source_set_priority(w->flush, WORKER_PRIORITY);
	if (r >= 0)
		r = sd_event_source_set_enabled(w->flush, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time(event, &w->lazy_timer, CLOCK_MONOTONIC, 0, 1000, on_lazy, w);
	if (r >= 0)
		r = sd_event_source_set_enabled(w->lazy_timer, SD_EVENT_OFF);
	if (r >= 0)
		r = start_threads(w);
	if (r < 0) {
		sd_event_source_disable_unref(w->flush);
		sd_event_source_disable_unref(w->lazy_timer);
		sd_event_source_disable_unref(w->completed);
		if (w->event_fd >= 0)
			close(w->event_fd);
		free(w);
		return r;
	}
	*ret = w;
	return 0;
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	hand_over(w);
	stop_threads(w);
	finish(&w->finished);
	sd_event_source_disable_unref(w->flush);
	sd_event_source_disable_unref(w->lazy_timer);
	sd_event_source_disable_unref(w->completed);
	close(w->event_fd);
	pthread_cond_destroy(&w->wake);
	pthread_cond_destroy(&w->sync_wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
