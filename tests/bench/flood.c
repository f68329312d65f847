/*
 * flood LOGIN-SOCKET BURST RATE SECONDS HOLD: BURST people at once and then RATE people a second begin a login, each
 * another one, and wait at the prompt for HOLD seconds. JSON with how many they were, the rate, and how long the core
 * took to ask those behind the burst.
 */
#include "tests/bench/people.h"
#include "tests/bench/stopwatch.h"
#include "tests/bench/visitor.h"
#include "wire/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_A_TURN 64
#define STEP_NS 1000000

struct visit {
	int fd;
	int64_t began;
};

struct flood {
	const char *login_socket;
	int epoll;
	struct visit *visits; /* by person */
	size_t burst, begun, asked, left;
	struct samples times;
};

static void begin(struct flood *flood)
{
	struct visit *visit = &flood->visits[flood->begun];
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = flood->begun};

	visit->began = stopwatch_now();
	visit->fd = visitor_begin(flood->login_socket, flood->begun, NULL);
	if (epoll_ctl(flood->epoll, EPOLL_CTL_ADD, visit->fd, &event) < 0)
		give_up(errno, "epoll_ctl");
	flood->begun++;
}

/* Hears all that the core asks within a moment. */
static void listen_for(struct flood *flood, int64_t ns)
{
	const struct timespec timeout = {.tv_nsec = ns};
	struct epoll_event events[EVENTS_A_TURN];
	int count = epoll_pwait2(flood->epoll, events, EVENTS_A_TURN, &timeout, NULL);

	for (int i = 0; i < count; i++) {
		struct visit *visit = &flood->visits[events[i].data.u64];
		struct ask ask;

		visitor_wait(visit->fd, &ask);
		if (events[i].data.u64 >= flood->burst)
			samples_add(&flood->times, (double)(stopwatch_now() - visit->began) / 1e6);
		epoll_ctl(flood->epoll, EPOLL_CTL_DEL, visit->fd, NULL);
		flood->asked++;
	}
}

/* Those who came before then hang up. */
static void leave(struct flood *flood, int64_t before)
{
	while (flood->left < flood->begun && flood->visits[flood->left].began < before) {
		close(flood->visits[flood->left].fd);
		flood->left++;
	}
}

static int64_t due(const struct flood *flood, int64_t began, double rate)
{
	size_t waits = flood->begun > flood->burst ? flood->begun - flood->burst : 0;

	return began + (int64_t)((double)waits * 1e9 / rate);
}

static void run(struct flood *flood, double rate, size_t count, int64_t hold)
{
	int64_t began = stopwatch_now();

	while (flood->left < count) {
		int64_t now = stopwatch_now(), wait = STEP_NS;

		if (flood->begun < count) {
			wait = due(flood, began, rate) - now;
			wait = wait < 0 ? 0 : wait < STEP_NS ? wait : STEP_NS;
			if (wait == 0)
				begin(flood);
		}
		listen_for(flood, wait);
		leave(flood, now - hold);
	}
}

int main(int argc, char **argv)
{
	struct flood flood = {0};
	double rate, seconds;
	int64_t began;
	size_t count;

	if (argc != 6) {
		fprintf(stderr, "usage: flood LOGIN-SOCKET BURST RATE SECONDS HOLD\n");
		return 2;
	}
	flood.login_socket = argv[1];
	flood.burst = strtoul(argv[2], NULL, 10);
	rate = atof(argv[3]);
	seconds = atof(argv[4]);
	count = flood.burst + (size_t)(rate * seconds);
	flood.visits = calloc(count + 1, sizeof(*flood.visits));
	flood.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!flood.visits || flood.epoll < 0)
		give_up(errno, "the flood");
	began = stopwatch_now();
	run(&flood, rate, count, (int64_t)(atof(argv[5]) * 1e9));
	if (flood.asked != count)
		give_up(0, "%zu of %zu were not asked in time", count - flood.asked, count);
	printf("{\"logins\": %zu, \"per_second\": %.1f, \"begin_p50_ms\": %.3f, \"begin_p99_ms\": %.3f}\n", count,
	       (double)(count - flood.burst) * 1e9 / (double)(flood.visits[count - 1].began - began),
	       samples_at(&flood.times, 0.5), samples_at(&flood.times, 0.99));
	return 0;
}
