/* daemon/base/line: it finds the core, and finds it again, and what waited meanwhile arrives whole and in order. */
#include "daemon/base/line.h"
#include "wire/proto.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 5000 /* of a test that is about to fail */

/* A core that does nothing by itself, and a line to it. */
static struct {
	char folder[32], path[64], other_path[64];
	int listener, connection;
	sd_event *event;
	struct line *line;
	unsigned connected, received;
	bool full;
	char last[64];
} bed;

static void on_connected(void *userdata)
{
	assert_ptr_equal(userdata, &bed);
	bed.connected++;
}

static void on_received(void *userdata, const char *data, size_t length)
{
	assert_ptr_equal(userdata, &bed);
	bed.received++;
	snprintf(bed.last, sizeof(bed.last), "%.*s", (int)length, data);
}

static bool on_wants(void *userdata)
{
	assert_ptr_equal(userdata, &bed);
	return !bed.full;
}

static const struct line_ops ops = {on_connected, on_received, on_wants}, deaf = {0};

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static int make_bed(void **state)
{
	(void)state;
	memset(&bed, 0, sizeof(bed));
	bed.listener = bed.connection = -1;
	strcpy(bed.folder, "/tmp/otp-line-XXXXXX");
	assert_non_null(mkdtemp(bed.folder));
	snprintf(bed.path, sizeof(bed.path), "%s/core.sock", bed.folder);
	snprintf(bed.other_path, sizeof(bed.other_path), "%s/other.sock", bed.folder);
	assert_true(sd_event_new(&bed.event) >= 0);
	assert_int_equal(line_new(bed.event, bed.path, &ops, &bed, &bed.line), 0);
	return 0;
}

static void core_stops(void)
{
	if (bed.connection >= 0)
		close(bed.connection);
	if (bed.listener >= 0)
		close(bed.listener);
	bed.listener = bed.connection = -1;
	unlink(bed.path);
	unlink(bed.other_path);
}

static int remove_bed(void **state)
{
	(void)state;
	line_free(bed.line);
	core_stops();
	sd_event_unref(bed.event);
	rmdir(bed.folder);
	return 0;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Runs the loop until it is so. */
#define UNTIL(condition)                                                                                               \
	for (uint64_t end = now_ms() + PATIENCE_MS; !(condition);) {                                                   \
		assert_true(now_ms() < end);                                                                           \
		assert_true(sd_event_run(bed.event, 10000) >= 0);                                                      \
	}

/* All that is due now. */
static void settle(void)
{
	while (sd_event_run(bed.event, 0) > 0)
		;
}

static void core_accepts(void)
{
	UNTIL((bed.connection = accept4(bed.listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
	UNTIL(line_is_connected(bed.line))
}

static void core_starts(const char *path)
{
	bed.listener = listen_at(path);
	core_accepts();
}

static void tell(unsigned number)
{
	struct sent sent = {0};

	snprintf(sent.id, sizeof(sent.id), "%06x", number);
	assert_int_equal(line_send(bed.line, &wire_sent, &sent), 0);
}

/* The number of the next message that the core finds; -1: there is none. */
static int core_hears(void)
{
	char data[WIRE_DATAGRAM_MAX], why[WIRE_WHY_MAX];
	ssize_t n = recv(bed.connection, data, sizeof(data), MSG_DONTWAIT);
	struct sent sent;

	if (n < 0)
		return -1;
	assert_int_equal(wire_decode(&wire_sent, data, (size_t)n, &sent, why), 0);
	return (int)strtol(sent.id, NULL, 16);
}

static void a_core_that_is_there_hears_at_once(void **state)
{
	(void)state;
	core_starts(bed.path);
	assert_int_equal(bed.connected, 1);
	tell(7);
	assert_int_equal(core_hears(), 7);
	assert_int_equal(line_waiting(bed.line), 0);
}

static void what_was_said_before_the_core_came_waits_for_it_in_order(void **state)
{
	(void)state;
	tell(1);
	tell(2);
	settle();
	tell(3);
	assert_false(line_is_connected(bed.line));
	assert_int_equal(line_waiting(bed.line), 3);
	core_starts(bed.path);
	for (int i = 1; i <= 3; i++)
		assert_int_equal(core_hears(), i);
	assert_int_equal(core_hears(), -1);
	assert_int_equal(line_waiting(bed.line), 0);
}

static void a_batch_arrives_whole_however_large_it_is(void **state)
{
	struct batch *batch = batch_new();
	struct sent sent = {0};

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		snprintf(sent.id, sizeof(sent.id), "%06x", i);
		assert_int_equal(batch_add(batch, &wire_sent, &sent), 0);
	}
	line_take(bed.line, batch);
	tell(200);
	assert_int_equal(line_waiting(bed.line), 201);
	core_starts(bed.path);
	for (int i = 0; i <= 200; i++) {
		int heard;

		UNTIL((heard = core_hears()) >= 0)
		assert_int_equal(heard, i);
	}
	assert_int_equal(line_waiting(bed.line), 0);
}

static void a_core_that_does_not_read_loses_nothing_and_holds_nobody_up(void **state)
{
	unsigned said = 0;
	int heard;

	(void)state;
	core_starts(bed.path);
	while (line_waiting(bed.line) < 100)
		tell(said++);
	settle();
	assert_in_range(said, 101, 100000);
	for (unsigned i = 0; i < said; i++) {
		UNTIL((heard = core_hears()) >= 0)
		assert_int_equal(heard, i);
	}
	assert_int_equal(core_hears(), -1);
	assert_int_equal(line_waiting(bed.line), 0);
}

static void the_oldest_can_be_dropped_and_the_others_stay(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 3; i++)
		tell(i);
	line_drop_oldest(bed.line);
	assert_int_equal(line_waiting(bed.line), 2);
	core_starts(bed.path);
	assert_int_equal(core_hears(), 2);
	assert_int_equal(core_hears(), 3);
	assert_int_equal(core_hears(), -1);
}

static void a_value_that_may_not_travel_is_told_and_nothing_waits(void **state)
{
	const struct sent sent = {.id = "a\nb"};

	(void)state;
	assert_int_equal(line_send(bed.line, &wire_sent, &sent), -EINVAL);
	assert_int_equal(line_waiting(bed.line), 0);
	core_starts(bed.path);
	assert_int_equal(line_send(bed.line, &wire_sent, &sent), -EINVAL);
	assert_int_equal(core_hears(), -1);
}

static void a_core_that_starts_again_is_found_again(void **state)
{
	(void)state;
	core_starts(bed.path);
	tell(1);
	assert_int_equal(core_hears(), 1);
	core_stops();
	UNTIL(!line_is_connected(bed.line))
	tell(2);
	core_starts(bed.path);
	assert_int_equal(bed.connected, 2);
	assert_int_equal(core_hears(), 2);
}

/* It has not noticed yet that the core has gone: the message that finds out is the next core's. */
static void the_message_that_finds_nobody_is_not_lost(void **state)
{
	(void)state;
	core_starts(bed.path);
	core_stops();
	tell(1);
	assert_false(line_is_connected(bed.line));
	assert_int_equal(line_waiting(bed.line), 1);
	core_starts(bed.path);
	assert_int_equal(core_hears(), 1);
}

/* 20 ms, 40 and 80: four connections take 140 at least. */
static void a_core_that_hangs_up_at_once_is_not_called_without_pause(void **state)
{
	uint64_t start = now_ms();

	(void)state;
	bed.listener = listen_at(bed.path);
	for (unsigned i = 0; i < 4; i++) {
		core_accepts();
		close(bed.connection);
		bed.connection = -1;
		UNTIL(!line_is_connected(bed.line))
	}
	assert_in_range(now_ms() - start, 20 + 40 + 80 - 2, PATIENCE_MS);
	assert_int_equal(bed.connected, 4);
}

static void what_the_core_says_is_heard_as_it_was_said(void **state)
{
	char large[WIRE_DATAGRAM_MAX + 1];

	(void)state;
	core_starts(bed.path);
	assert_int_equal(send(bed.connection, "op=a\n", 5, 0), 5);
	UNTIL(bed.received == 1)
	assert_string_equal(bed.last, "op=a\n");
	/* Too long: of this one nothing is heard, but of the next. */
	memset(large, 'x', sizeof(large));
	assert_int_equal(send(bed.connection, large, sizeof(large), 0), sizeof(large));
	assert_int_equal(send(bed.connection, "op=b\n", 5, 0), 5);
	UNTIL(bed.received == 2)
	assert_string_equal(bed.last, "op=b\n");
	assert_true(line_is_connected(bed.line));
}

static void nothing_is_read_while_it_is_not_wanted(void **state)
{
	(void)state;
	core_starts(bed.path);
	bed.full = true;
	tell(1); /* which asks again */
	assert_int_equal(send(bed.connection, "op=a\n", 5, 0), 5);
	settle();
	assert_int_equal(bed.received, 0);
	bed.full = false;
	tell(2);
	UNTIL(bed.received == 1)
	/* Nor is it overheard that the core goes. */
	bed.full = true;
	tell(3);
	core_stops();
	UNTIL(!line_is_connected(bed.line))
}

static void a_line_without_ears_notices_that_the_core_goes(void **state)
{
	(void)state;
	line_free(bed.line);
	assert_int_equal(line_new(bed.event, bed.path, &deaf, NULL, &bed.line), 0);
	core_starts(bed.path);
	assert_int_equal(send(bed.connection, "op=a\n", 5, 0), 5);
	settle();
	assert_true(line_is_connected(bed.line));
	core_stops();
	UNTIL(!line_is_connected(bed.line))
}

static void a_socket_that_has_moved_is_followed(void **state)
{
	(void)state;
	core_starts(bed.path);
	assert_int_equal(line_use(bed.line, bed.path), 0);
	assert_true(line_is_connected(bed.line));
	assert_int_equal(line_use(bed.line, bed.other_path), 0);
	assert_false(line_is_connected(bed.line));
	tell(1);
	core_stops();
	core_starts(bed.other_path);
	assert_int_equal(core_hears(), 1);
}

/* The kernel notes who calls listen(2). */
static void nobody_else_is_taken_for_the_core(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int status;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	bed.listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
	strcpy(address.sun_path, bed.path);
	assert_int_equal(bind(bed.listener, (struct sockaddr *)&address, sizeof(address)), 0);
	child = fork();
	if (child == 0)
		_exit(setuid(65534) || listen(bed.listener, 8));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	tell(1);
	UNTIL((bed.connection = accept4(bed.listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
	assert_false(line_is_connected(bed.line));
	assert_int_equal(recv(bed.connection, &status, sizeof(status), 0), 0);
	assert_int_equal(line_waiting(bed.line), 1);
	assert_int_equal(bed.connected, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_bed, remove_bed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_core_that_is_there_hears_at_once),
		TEST(what_was_said_before_the_core_came_waits_for_it_in_order),
		TEST(a_batch_arrives_whole_however_large_it_is),
		TEST(a_core_that_does_not_read_loses_nothing_and_holds_nobody_up),
		TEST(the_oldest_can_be_dropped_and_the_others_stay),
		TEST(a_value_that_may_not_travel_is_told_and_nothing_waits),
		TEST(a_core_that_starts_again_is_found_again),
		TEST(the_message_that_finds_nobody_is_not_lost),
		TEST(a_core_that_hangs_up_at_once_is_not_called_without_pause),
		TEST(what_the_core_says_is_heard_as_it_was_said),
		TEST(nothing_is_read_while_it_is_not_wanted),
		TEST(a_line_without_ears_notices_that_the_core_goes),
		TEST(a_socket_that_has_moved_is_followed),
		TEST(nobody_else_is_taken_for_the_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
