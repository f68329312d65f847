/* wire/client: every wait ends, no signal is raised, and only a trusted server is spoken to. */
#include "wire/client.h"
#include "wire/peer.h"
#include "wire/proto.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define NOBODY 65534

struct bed {
	char folder[32];
	char path[64];
	int listener;
	int pair[2];
};

static unsigned ms_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned)((now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000);
}

static int bound(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int make_bed(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	strcpy(bed->folder, "/tmp/otp-client-XXXXXX");
	if (!mkdtemp(bed->folder))
		return -1;
	snprintf(bed->path, sizeof(bed->path), "%s/core.sock", bed->folder);
	bed->listener = bound(bed->path, SOCK_SEQPACKET);
	*state = bed;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, bed->pair);
}

static int remove_bed(void **state)
{
	struct bed *bed = *state;

	close(bed->listener);
	close(bed->pair[0]);
	close(bed->pair[1]);
	unlink(bed->path);
	rmdir(bed->folder);
	free(bed);
	return 0;
}

static void a_path_that_cannot_be_a_socket_is_refused(void **state)
{
	char path[200];

	(void)state;
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(wire_connect(path, 0, 100), -ENAMETOOLONG);
	assert_int_equal(wire_connect("", 0, 100), -ENAMETOOLONG);
	assert_int_equal(wire_connect("/nonexistent/core.sock", 0, 100), -ENOENT);
}

static void a_socket_where_nobody_listens_is_told_at_once(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(wire_connect(bed->path, 0, 100), -ECONNREFUSED);
}

static void a_socket_of_another_kind_is_refused(void **state)
{
	struct bed *bed = *state;
	int stream;

	unlink(bed->path);
	stream = bound(bed->path, SOCK_STREAM);
	listen(stream, 1);
	assert_int_equal(wire_connect(bed->path, 0, 100), -EPROTOTYPE);
	close(stream);
}

static void a_connection_is_closed_on_exec_and_never_blocks(void **state)
{
	struct bed *bed = *state;
	int fd;

	listen(bed->listener, 1);
	fd = wire_connect(bed->path, NOBODY, 100);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	close(fd);
}

static void a_full_queue_is_waited_for_until_the_deadline(void **state)
{
	struct bed *bed = *state;
	struct timespec start;
	int crowd[2];

	listen(bed->listener, 0);
	crowd[0] = wire_connect(bed->path, 0, 50);
	crowd[1] = wire_connect(bed->path, 0, 50);
	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(wire_connect(bed->path, 0, 300), -ETIMEDOUT);
	assert_in_range(ms_since(&start), 295, 2000);
	close(crowd[0]);
	close(crowd[1]);
}

/* The kernel notes the credentials of whoever calls listen(2). */
static void listen_as(int fd, uid_t uid)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(setuid(uid) || listen(fd, 4));
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
}

static void only_root_the_core_and_oneself_are_trusted(void **state)
{
	struct bed *bed = *state;
	int fd;

	if (geteuid() != 0)
		skip();
	chmod(bed->folder, 0755);
	chmod(bed->path, 0666);
	listen_as(bed->listener, NOBODY);
	assert_int_equal(wire_connect(bed->path, 0, 100), -EPERM);
	assert_int_equal(wire_connect(bed->path, NOBODY - 1, 100), -EPERM);
	fd = wire_connect(bed->path, NOBODY, 100);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(seteuid(NOBODY), 0);
	fd = wire_connect(bed->path, NOBODY - 1, 100);
	assert_int_equal(seteuid(0), 0);
	assert_true(fd >= 0);
	close(fd);
}

static void peer_credentials_are_the_kernels(void **state)
{
	struct bed *bed = *state;
	struct peer peer;

	assert_int_equal(peer_of(bed->pair[0], &peer), 0);
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(peer.pid, getpid());
	assert_true(peer_in_group(bed->pair[0], getegid()));
	assert_false(peer_in_group(bed->pair[0], 54321));
	assert_int_equal(peer_of(-1, &peer), -EBADF);
}

static void a_message_arrives_as_one_datagram(void **state)
{
	struct bed *bed = *state;
	struct login_answer in = {.challenge = "c1", .text = "123456"}, out;
	char data[WIRE_DATAGRAM_MAX], why[WIRE_WHY_MAX];
	ssize_t length;

	assert_int_equal(wire_send_message(bed->pair[0], &wire_login_answer, &in), 0);
	length = wire_receive(bed->pair[1], data, 1000);
	assert_true(length > 0);
	assert_int_equal(wire_decode(&wire_login_answer, data, (size_t)length, &out, why), 0);
	assert_memory_equal(&in, &out, sizeof(in));
}

static void what_may_not_travel_is_not_sent(void **state)
{
	struct bed *bed = *state;
	struct login_answer in = {.challenge = "c1", .text = "\x1b"};
	char data[WIRE_DATAGRAM_MAX];

	assert_int_equal(wire_send_message(bed->pair[0], &wire_login_answer, &in), -EINVAL);
	assert_int_equal(wire_receive(bed->pair[1], data, 0), -ETIMEDOUT);
}

static void a_server_that_has_gone_raises_no_signal(void **state)
{
	struct bed *bed = *state;
	struct login_answer in = {.challenge = "c1"};
	char data[WIRE_DATAGRAM_MAX];

	close(bed->pair[1]);
	assert_int_equal(wire_send_message(bed->pair[0], &wire_login_answer, &in), -EPIPE);
	assert_int_equal(wire_receive(bed->pair[0], data, 1000), 0);
}

static void a_server_that_went_with_our_words_unread_is_told(void **state)
{
	struct bed *bed = *state;
	struct login_answer in = {.challenge = "c1"};
	char data[WIRE_DATAGRAM_MAX];

	assert_int_equal(wire_send_message(bed->pair[0], &wire_login_answer, &in), 0);
	close(bed->pair[1]);
	assert_int_equal(wire_receive(bed->pair[0], data, 1000), -ECONNRESET);
}

static void a_datagram_that_is_too_large_is_seen_not_cut(void **state)
{
	struct bed *bed = *state;
	char large[WIRE_DATAGRAM_MAX + 1], data[WIRE_DATAGRAM_MAX];

	memset(large, 'x', sizeof(large));
	assert_int_equal(send(bed->pair[1], large, sizeof(large), 0), sizeof(large));
	assert_int_equal(wire_receive(bed->pair[0], data, 1000), -EMSGSIZE);
	assert_int_equal(send(bed->pair[1], large, WIRE_DATAGRAM_MAX, 0), WIRE_DATAGRAM_MAX);
	assert_int_equal(wire_receive(bed->pair[0], data, 1000), WIRE_DATAGRAM_MAX);
}

static void silence_ends_at_the_deadline(void **state)
{
	struct bed *bed = *state;
	struct timespec start;
	char data[WIRE_DATAGRAM_MAX];

	clock_gettime(CLOCK_MONOTONIC, &start);
	assert_int_equal(wire_receive(bed->pair[0], data, 250), -ETIMEDOUT);
	assert_in_range(ms_since(&start), 245, 2000);
}

static void note(int signal)
{
	(void)signal;
}

static void a_signal_that_the_host_handles_does_not_end_a_wait(void **state)
{
	struct bed *bed = *state;
	struct sigaction action = {.sa_handler = note}, before;
	struct itimerval soon = {.it_value.tv_usec = 30000, .it_interval.tv_usec = 30000}, never = {0};
	struct timespec start;
	char data[WIRE_DATAGRAM_MAX];

	sigaction(SIGALRM, &action, &before);
	clock_gettime(CLOCK_MONOTONIC, &start);
	setitimer(ITIMER_REAL, &soon, NULL);
	assert_int_equal(wire_receive(bed->pair[0], data, 250), -ETIMEDOUT);
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &before, NULL);
	assert_in_range(ms_since(&start), 245, 2000);
}

static void a_blocked_signal_to_stop_ends_a_wait_soon(void **state)
{
	static const int stops[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
	struct bed *bed = *state;
	char data[WIRE_DATAGRAM_MAX];
	struct timespec start;
	sigset_t set, before;
	int taken;

	for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
		sigemptyset(&set);
		sigaddset(&set, stops[i]);
		sigprocmask(SIG_BLOCK, &set, &before);
		raise(stops[i]);
		clock_gettime(CLOCK_MONOTONIC, &start);
		assert_int_equal(wire_receive(bed->pair[0], data, 5000), -EINTR);
		assert_in_range(ms_since(&start), 0, 1000);
		assert_int_equal(sigwait(&set, &taken), 0);
		sigprocmask(SIG_SETMASK, &before, NULL);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_bed, remove_bed)
	const struct CMUnitTest tests[] = {
		TEST(a_path_that_cannot_be_a_socket_is_refused),
		TEST(a_socket_where_nobody_listens_is_told_at_once),
		TEST(a_socket_of_another_kind_is_refused),
		TEST(a_connection_is_closed_on_exec_and_never_blocks),
		TEST(a_full_queue_is_waited_for_until_the_deadline),
		TEST(only_root_the_core_and_oneself_are_trusted),
		TEST(peer_credentials_are_the_kernels),
		TEST(a_message_arrives_as_one_datagram),
		TEST(what_may_not_travel_is_not_sent),
		TEST(a_server_that_has_gone_raises_no_signal),
		TEST(a_server_that_went_with_our_words_unread_is_told),
		TEST(a_datagram_that_is_too_large_is_seen_not_cut),
		TEST(silence_ends_at_the_deadline),
		TEST(a_signal_that_the_host_handles_does_not_end_a_wait),
		TEST(a_blocked_signal_to_stop_ends_a_wait_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
