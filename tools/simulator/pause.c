#include "tools/simulator/pause.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct pauses {
	pthread_mutex_t lock;
	int timer;
	bool stopped;
	uint64_t changes;
	size_t for_messages; /* held ones that wait for messages */
	struct pause queue;  /* ring with a sentinel, the first due first */
};

uint64_t pause_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct pauses *pauses_new(void)
{
	struct pauses *pauses = calloc(1, sizeof(*pauses));

	if (!pauses)
		return NULL;
	pauses->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (pauses->timer < 0) {
		free(pauses);
		return NULL;
	}
	pthread_mutex_init(&pauses->lock, NULL);
	pauses->queue.previous = pauses->queue.next = &pauses->queue;
	return pauses;
}

void pauses_free(struct pauses *pauses)
{
	if (!pauses)
		return;
	close(pauses->timer);
	pthread_mutex_destroy(&pauses->lock);
	free(pauses);
}

int pauses_fd(const struct pauses *pauses)
{
	return pauses->timer;
}

/* Sets the timer for the first of the queue. */
static void arm(struct pauses *pauses)
{
	const struct pause *first = pauses->queue.next;
	struct itimerspec when = {0};

	if (first != &pauses->queue && first->until_ms != PAUSE_FOR_EVER) {
		when.it_value.tv_sec = (time_t)(first->until_ms / 1000);
		when.it_value.tv_nsec = (long)(first->until_ms % 1000) * 1000000;
	}
	timerfd_settime(pauses->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void release(struct pauses *pauses, struct pause *pause)
{
	pause->previous->next = pause->next;
	pause->next->previous = pause->previous;
	pauses->for_messages -= pause->for_messages;
	MHD_resume_connection(pause->connection);
}

/* From the end, where a constant delay always belongs. */
static void insert(struct pauses *pauses, struct pause *pause)
{
	struct pause *before = pauses->queue.previous;

	while (before != &pauses->queue && before->until_ms > pause->until_ms)
		before = before->previous;
	pause->previous = before;
	pause->next = before->next;
	before->next->previous = pause;
	before->next = pause;
	pauses->for_messages += pause->for_messages;
}

static int hold(struct pauses *pauses, struct pause *pause, uint64_t until_ms, bool for_messages)
{
	if (pauses->stopped)
		return -ESHUTDOWN;
	pause->until_ms = until_ms;
	pause->for_messages = for_messages;
	MHD_suspend_connection(pause->connection);
	insert(pauses, pause);
	if (pauses->queue.next == pause)
		arm(pauses);
	return 0;
}

int pauses_hold(struct pauses *pauses, struct pause *pause, uint64_t until_ms)
{
	int r;

	pthread_mutex_lock(&pauses->lock);
	r = hold(pauses, pause, until_ms, false);
	pthread_mutex_unlock(&pauses->lock);
	return r;
}

int pauses_hold_for_messages(struct pauses *pauses, struct pause *pause, uint64_t until_ms, uint64_t seen)
{
	int r;

	pthread_mutex_lock(&pauses->lock);
	r = pauses->changes == seen ? hold(pauses, pause, until_ms, true) : -EAGAIN;
	pthread_mutex_unlock(&pauses->lock);
	return r;
}

void pauses_expire(struct pauses *pauses)
{
	uint64_t now = pause_now_ms(), expirations;

	if (read(pauses->timer, &expirations, sizeof(expirations)) < 0)
		expirations = 0; /* armed anew since: the queue tells who is due */
	pthread_mutex_lock(&pauses->lock);
	while (pauses->queue.next != &pauses->queue && pauses->queue.next->until_ms <= now)
		release(pauses, pauses->queue.next);
	arm(pauses);
	pthread_mutex_unlock(&pauses->lock);
}

uint64_t pauses_seen(struct pauses *pauses)
{
	uint64_t changes;

	pthread_mutex_lock(&pauses->lock);
	changes = pauses->changes;
	pthread_mutex_unlock(&pauses->lock);
	return changes;
}

void pauses_wake(struct pauses *pauses)
{
	struct pause *next;

	pthread_mutex_lock(&pauses->lock);
	pauses->changes++;
	for (struct pause *pause = pauses->queue.next; pauses->for_messages && pause != &pauses->queue; pause = next) {
		next = pause->next;
		if (pause->for_messages)
			release(pauses, pause);
	}
	pthread_mutex_unlock(&pauses->lock);
}

void pauses_stop(struct pauses *pauses)
{
	pthread_mutex_lock(&pauses->lock);
	pauses->stopped = true;
	while (pauses->queue.next != &pauses->queue)
		release(pauses, pauses->queue.next);
	pthread_mutex_unlock(&pauses->lock);
}
