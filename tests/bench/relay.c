/*
 * relay PROVIDER-PORT LOGIN-SOCKET ROUNDS: how long a login-begin takes to become the first byte of a request at the
 * provider.
 *
 * It stands between the sender and a provider on 127.0.0.1, and passes on what comes from either side. Its own port is
 * the first line that it prints; with the first line that it reads it begins: somebody's login, then the moment that
 * bytes come from the sender. JSON with the times, in milliseconds.
 */
#include "tests/bench/stopwatch.h"
#include "tests/bench/visitor.h"
#include "wire/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS_MAX 64
#define WARM_UP 20
#define QUIET_MS 3 /* between two logins: all is sent, answered and reported */

/* fds[0] is the listening socket; behind it pairs, the sender's side first. */
struct relay {
	in_port_t provider; /* network order */
	struct pollfd fds[1 + 2 * PAIRS_MAX];
	nfds_t count;
	int64_t from_sender; /* when bytes of the sender came last */
};

static int listen_anywhere(in_port_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, PAIRS_MAX) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		give_up(errno, "127.0.0.1");
	*port = ntohs(address.sin_port);
	return fd;
}

static void add_end(struct relay *relay, int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	relay->fds[relay->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

static void add_pair(struct relay *relay)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = relay->provider};
	int sender = accept4(relay->fds[0].fd, NULL, NULL, SOCK_CLOEXEC);
	int provider = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (sender < 0 || provider < 0 || relay->count + 2 > sizeof(relay->fds) / sizeof(relay->fds[0]) ||
	    connect(provider, (struct sockaddr *)&address, sizeof(address)) < 0)
		give_up(errno, "a connection of the sender");
	add_end(relay, sender);
	add_end(relay, provider);
}

static void pass_on(struct relay *relay, nfds_t i)
{
	bool from_sender = i % 2 == 1;
	int *from = &relay->fds[i].fd, *to = &relay->fds[from_sender ? i + 1 : i - 1].fd;
	int64_t now = stopwatch_now();
	char data[16384];
	ssize_t n = read(*from, data, sizeof(data));

	if (n <= 0) {
		close(*from);
		close(*to);
		*from = *to = -1; /* poll(2) skips it */
		return;
	}
	if (from_sender)
		relay->from_sender = now;
	for (ssize_t done = 0, w; done < n; done += w) {
		w = write(*to, data + done, (size_t)(n - done));
		if (w < 0)
			give_up(errno, "write");
	}
}

/* Waits for whatever comes next and passes it on; false if nothing has come for so long. */
static bool step(struct relay *relay, int timeout_ms)
{
	nfds_t count = relay->count;

	if (poll(relay->fds, count, timeout_ms) <= 0)
		return false;
	if (relay->fds[0].revents)
		add_pair(relay);
	for (nfds_t i = 1; i < count; i++)
		if (relay->fds[i].revents && relay->fds[i].fd >= 0)
			pass_on(relay, i);
	return true;
}

static void run_until_quiet(struct relay *relay)
{
	while (step(relay, QUIET_MS))
		;
}

/* Passes on until bytes of the sender have come; the milliseconds since a moment. */
static double wait_for_sender(struct relay *relay, int64_t since)
{
	while (relay->from_sender < since) {
		if (stopwatch_now() - since > (int64_t)WIRE_REPLY_MS * 1000000)
			give_up(0, "a login caused no request");
		step(relay, 100);
	}
	return (double)(relay->from_sender - since) / 1e6;
}

static double one_login(struct relay *relay, const char *socket, size_t person)
{
	int64_t began;
	int fd = visitor_begin(socket, person, &began);
	double ms = wait_for_sender(relay, began);
	struct ask ask;

	visitor_wait(fd, &ask);
	run_until_quiet(relay);
	close(fd);
	run_until_quiet(relay);
	return ms;
}

int main(int argc, char **argv)
{
	static struct relay relay;
	struct samples times = {0};
	in_port_t port;
	long rounds;

	if (argc != 4) {
		fprintf(stderr, "usage: relay PROVIDER-PORT LOGIN-SOCKET ROUNDS\n");
		return 2;
	}
	relay.provider = htons((in_port_t)atoi(argv[1]));
	rounds = atol(argv[3]);
	relay.fds[0] = (struct pollfd){.fd = listen_anywhere(&port), .events = POLLIN};
	relay.count = 1;
	printf("{\"port\": %d}\n", port);
	fflush(stdout);
	if (getchar() == EOF)
		return 1;
	for (long round = -WARM_UP; round < rounds; round++) {
		double ms = one_login(&relay, argv[2], (size_t)(round + WARM_UP));

		if (round >= 0)
			samples_add(&times, ms);
	}
	printf("{\"p50_ms\": %.3f, \"p99_ms\": %.3f}\n", samples_at(&times, 0.5), samples_at(&times, 0.99));
	samples_free(&times);
	return 0;
}
