#include "wire/client.h"

#include "wire/peer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* How long a blocked Ctrl-C can stay unnoticed. */
#define SLICE_MS 100

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static bool host_is_stopping(void)
{
	static const int ends[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};
	sigset_t pending;

	if (sigpending(&pending) < 0)
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (sigismember(&pending, ends[i]) == 1)
			return true;
	return false;
}

/* 0 when fd has one of events, -ETIMEDOUT at the deadline, -EINTR when the host is to stop. */
static int wait_for(int fd, short events, uint64_t deadline)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = events};
		uint64_t now = now_ms();
		uint64_t left = deadline > now ? deadline - now : 0;
		int r = poll(&p, 1, left < SLICE_MS ? (int)left : SLICE_MS);

		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return -errno;
		if (host_is_stopping())
			return -EINTR;
		if (now_ms() >= deadline)
			return -ETIMEDOUT;
	}
}

static int server_is_trusted(int fd, uid_t server_uid)
{
	struct peer server;
	int r = peer_of(fd, &server);

	if (r < 0)
		return r;
	return server.uid == 0 || server.uid == server_uid || server.uid == geteuid() ? 0 : -EPERM;
}

int wire_connect(const char *path, uid_t server_uid, unsigned timeout_ms)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	uint64_t deadline = now_ms() + timeout_ms;
	size_t length = strlen(path);
	int fd, r;

	if (length == 0 || length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, length + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* A full backlog is EAGAIN on AF_UNIX, and cannot be polled for. */
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		r = -errno;
		if (r == -EINTR)
			continue;
		if (r == -EAGAIN) {
			uint64_t retry = now_ms() + 10;

			r = wait_for(-1, 0, retry < deadline ? retry : deadline);
			if (r == -ETIMEDOUT && now_ms() < deadline)
				continue;
		}
		close(fd);
		return r;
	}
	r = server_is_trusted(fd, server_uid);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

int wire_send_message(int fd, const struct wire_message *message, const void *in)
{
	char data[WIRE_DATAGRAM_MAX];
	ssize_t length = wire_encode(message, in, data, sizeof(data));
	int r = length < 0 ? (int)length : 0;

	while (r == 0 && send(fd, data, (size_t)length, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			r = -errno;
	explicit_bzero(data, sizeof(data));
	return r;
}

ssize_t wire_receive(int fd, char data[static WIRE_DATAGRAM_MAX], unsigned timeout_ms)
{
	uint64_t deadline = now_ms() + timeout_ms;

	for (;;) {
		/* MSG_TRUNC returns the datagram's real length: an oversized one is seen, not cut. */
		ssize_t n = recv(fd, data, WIRE_DATAGRAM_MAX, MSG_TRUNC);
		int r;

		if (n >= 0)
			return n <= WIRE_DATAGRAM_MAX ? n : -EMSGSIZE;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		r = wait_for(fd, POLLIN, deadline);
		if (r < 0)
			return r;
	}
}
