/* daemon/core/worker: every job is answered once, after its commit, and stands or falls by itself. */
#include "daemon/core/store_rate.h"
#include "daemon/core/store_tx.h"
#include "daemon/core/worker.h"
#include "tests/unit/fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define JOBS 1000

struct row_job {
	struct job job; /* first */
	int number;
	int outcome;          /* of run(), after the row was written */
	int answers;          /* how often done() was called */
	int result;           /* what it was told */
	const char *sql;      /* run in front */
	struct row_job *then; /* submitted by done() */
};

static struct folder folder;
static struct test_clock boot;
static struct store *store;
static struct worker *worker;
static sd_event *event;
static struct row_job jobs[JOBS];
static int answered;

static void open_store(void)
{
	char why[512];

	if (store_open(folder.path, &boot.clock, &store, why, sizeof(why)) < 0)
		fail_msg("%s", why);
}

static int set_up(void **state)
{
	(void)state;
	folder_make(&folder);
	test_clock_init(&boot, "this-boot");
	boot.now = SECOND;
	open_store();
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(worker_new(event, store, &worker), 0);
	memset(jobs, 0, sizeof(jobs));
	answered = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	worker_free(worker);
	store_close(store);
	sd_event_unref(event);
	folder_remove(&folder);
	worker = NULL;
	return 0;
}

/* The job's row, as wide as a key can be. */
static struct rate row_of(const struct row_job *j)
{
	struct rate row = {.state = {{1, j->number}}};

	snprintf(row.key, sizeof(row.key), "job %06d %*d", j->number, (int)sizeof(row.key) - 20, 0);
	return row;
}

static int run_row(struct job *job, struct tx *tx)
{
	struct row_job *j = (struct row_job *)job;
	struct rate row = row_of(j);
	int r = j->sql ? tx_run(tx, j->sql, "") : 0;

	if (r >= 0)
		r = store_rate_put(tx, &row);
	return r < 0 ? r : j->outcome;
}

static void row_done(struct job *job, int result)
{
	struct row_job *j = (struct row_job *)job;

	j->answers++;
	j->result = result;
	answered++;
	if (j->then)
		worker_submit(worker, &j->then->job);
}

static struct row_job *job_of(int number)
{
	struct row_job *j = &jobs[number];

	j->job.run = run_row;
	j->job.done = row_done;
	j->number = number;
	return j;
}

static void run_until(int count)
{
	while (answered < count)
		assert_true(sd_event_run(event, 30 * 1000000ULL) > 0);
	assert_int_equal(answered, count);
}

static bool is_kept(const struct row_job *j)
{
	struct rate row = row_of(j);
	struct tx *tx;

	assert_int_equal(store_begin(store, &tx), 0);
	assert_int_equal(store_rate_get(tx, &row, 1), 0);
	store_rollback(tx);
	return row.state.arrival[0] == 1;
}

/* Every job was answered once; its row is there if, and only if, it was told so. */
static void expect_answers(int count)
{
	for (int i = 0; i < count; i++) {
		assert_int_equal(jobs[i].answers, 1);
		assert_int_equal(is_kept(&jobs[i]), jobs[i].result == 0);
	}
}

static void a_thousand_jobs_are_answered_once_each(void **state)
{
	(void)state;
	for (int i = 0; i < JOBS; i++)
		worker_submit(worker, &job_of(i)->job);
	run_until(JOBS);
	expect_answers(JOBS);
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(jobs[i].result, 0);
}

static void jobs_come_in_waves(void **state)
{
	int submitted = 0;

	(void)state;
	for (int wave = 1; submitted < JOBS; wave++) {
		for (int i = 0; i < wave % 17 && submitted < JOBS; i++)
			worker_submit(worker, &job_of(submitted++)->job);
		assert_true(sd_event_run(event, 0) >= 0);
	}
	run_until(JOBS);
	expect_answers(JOBS);
}

static void an_answer_may_bring_the_next_job(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		job_of(i)->then = i + 10 < 100 ? &jobs[i + 10] : NULL;
	for (int i = 0; i < 10; i++)
		worker_submit(worker, &jobs[i].job);
	run_until(100);
	expect_answers(100);
}

static void one_alone_is_durable_too(void **state)
{
	(void)state;
	worker_submit(worker, &job_of(0)->job);
	run_until(1);
	worker_free(worker);
	store_close(store);
	open_store();
	assert_int_equal(worker_new(event, store, &worker), 0);
	expect_answers(1);
	assert_int_equal(jobs[0].result, 0);
}

static void a_failing_job_undoes_itself_alone(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		job_of(i)->outcome = i % 7 == 3 ? -EPROTO : 0;
		worker_submit(worker, &jobs[i].job);
	}
	run_until(100);
	expect_answers(100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(jobs[i].result, i % 7 == 3 ? -EPROTO : 0);
	/* Also when it is alone. */
	job_of(100)->outcome = -EPROTO;
	worker_submit(worker, &jobs[100].job);
	run_until(101);
	expect_answers(101);
	assert_int_equal(jobs[100].result, -EPROTO);
}

/* The database may not grow any more: what does not fit is refused, nothing is half done, and later all is well. */
static void a_full_disk_refuses_what_does_not_fit(void **state)
{
	(void)state;
	job_of(0)->sql = "PRAGMA max_page_count = 20";
	for (int i = 0; i < 200; i++)
		worker_submit(worker, &job_of(i)->job);
	run_until(200);
	expect_answers(200);
	for (int i = 0; i < 200; i++)
		assert_true(jobs[i].result == 0 || jobs[i].result == -ENOSPC);
	assert_int_equal(jobs[199].result, -ENOSPC);
	job_of(200)->sql = "PRAGMA max_page_count = 100000";
	for (int i = 200; i < 210; i++)
		worker_submit(worker, &job_of(i)->job);
	run_until(210);
	expect_answers(210);
	assert_int_equal(jobs[209].result, 0);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Nobody knows what an fsync or a write that failed has left: nothing is promised before a restart has looked. */
static void after_a_failed_write_nothing_is_promised(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	limit_files(65536);
	for (int i = 0; i < 200; i++)
		worker_submit(worker, &job_of(i)->job);
	run_until(200);
	limit_files(RLIM_INFINITY);
	for (int i = 0; i < 200; i++)
		assert_true(jobs[i].result < 0 && jobs[i].answers == 1);
	worker_submit(worker, &job_of(200)->job);
	run_until(201);
	assert_true(jobs[200].result < 0);

	worker_free(worker);
	store_close(store);
	open_store();
	assert_int_equal(worker_new(event, store, &worker), 0);
	expect_answers(201);
	worker_submit(worker, &job_of(201)->job);
	run_until(202);
	expect_answers(202);
	assert_int_equal(jobs[201].result, 0);
}

/* A lazy job joins the next group; without one it comes by itself, soon. */
static void what_nobody_waits_for_comes_with_the_others(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		job_of(i)->job.lazy = true;
		worker_submit(worker, &jobs[i].job);
	}
	for (int i = 10; i < 13; i++)
		worker_submit(worker, &job_of(i)->job);
	run_until(13);
	expect_answers(13);
	for (int i = 13; i < 16; i++) {
		job_of(i)->job.lazy = true;
		worker_submit(worker, &jobs[i].job);
	}
	run_until(16);
	expect_answers(16);
}

static void whoever_waits_at_the_end_is_answered(void **state)
{
	(void)state;
	for (int turn = 0; turn < 3; turn++) {
		memset(jobs, 0, sizeof(jobs));
		answered = 0;
		for (int i = 0; i < 300; i++) {
			job_of(i)->job.lazy = i % 10 == 0;
			worker_submit(worker, &jobs[i].job);
		}
		for (int i = 0; i < turn; i++) /* nothing begun; under way; some answered */
			assert_true(sd_event_run(event, 1000000) >= 0);
		worker_free(worker);
		assert_int_equal(answered, 300);
		expect_answers(300);
		assert_int_equal(worker_new(event, store, &worker), 0);
	}
}

static void an_idle_worker_ends_at_once(void **state)
{
	(void)state;
	worker_free(NULL);
	for (int i = 0; i < 50; i++) {
		worker_free(worker);
		assert_int_equal(worker_new(event, store, &worker), 0);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_thousand_jobs_are_answered_once_each),   TEST(jobs_come_in_waves),
		TEST(an_answer_may_bring_the_next_job),         TEST(one_alone_is_durable_too),
		TEST(a_failing_job_undoes_itself_alone),        TEST(a_full_disk_refuses_what_does_not_fit),
		TEST(after_a_failed_write_nothing_is_promised), TEST(what_nobody_waits_for_comes_with_the_others),
		TEST(whoever_waits_at_the_end_is_answered),     TEST(an_idle_worker_ends_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
