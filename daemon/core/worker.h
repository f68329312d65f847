/*
 * Runs jobs on the store. All jobs that are queued run as one transaction, so that throughput grows with load instead
 * of stopping at the disk's fsync rate; if one of them fails, each is run again by itself. A job's done() is called on
 * the loop's thread after the commit.
 */
#pragma once

#include "daemon/core/store.h"

#include <systemd/sd-event.h>

/*
 * A group is closed when the loop has read what its connections sent, so it comes behind them; what lets new
 * connections in must come behind it (a higher number), or a flood of them would keep every group open.
 */
#define WORKER_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 10)

#define WORKER_LAZY_USEC 20000

struct worker;

struct job {
	/* Changes the database and fills the job's answer; touches nothing that the loop's thread may touch. 0 or
	 * -errno. May be run a second time after nothing of the first was kept, and begins its answer anew then. */
	int (*run)(struct job *job, struct tx *tx);
	/* result: 0 if what run() did is durable, -errno if nothing of it happened. Called once; the job is the
	 * callee's. */
	void (*done)(struct job *job, int result);
	/* Nobody waits for it: it joins the next group, or makes one of its own with others, after WORKER_LAZY_USEC or
	 * when they are many. */
	bool lazy;
	struct job *next;
	int result;
};

int worker_new(sd_event *event, struct store *store, struct worker **ret);
/* Finishes what is queued, then stops; a done() that runs meanwhile must not submit. */
void worker_free(struct worker *worker);
void worker_submit(struct worker *worker, struct job *job);
