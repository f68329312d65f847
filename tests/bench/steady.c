/*
 * steady LOGIN-SOCKET SENDER-SOCKET FIRST PEOPLE: one login after the other, by bare protocol and with a moment to
 * type, of the people from FIRST on, until its standard input ends. JSON with how long the core took for each: begin
 * until it asked, and the answer.
 */
#include "tests/bench/people.h"
#include "tests/bench/post.h"
#include "tests/bench/stopwatch.h"
#include "tests/bench/visitor.h"
#include "wire/client.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP 20
#define TYPING_NS 1000000

static void take_code(int post, size_t person, struct send *send)
{
	do {
		int r = post_take(post, send, WIRE_REPLY_MS);

		if (r < 0)
			give_up(-r, "no code came");
	} while (people_of_phone(send->to) != person);
}

/* Milliseconds. */
static double log_in(const char *login_socket, int post, size_t person)
{
	const struct timespec moment = {.tv_nsec = TYPING_NS};
	int64_t began = stopwatch_now(), asked, typed;
	int fd = visitor_begin(login_socket, person, NULL);
	struct send send;
	struct ask ask;

	visitor_wait(fd, &ask);
	asked = stopwatch_now();
	take_code(post, person, &send);
	nanosleep(&moment, NULL);
	typed = stopwatch_now();
	visitor_answer(fd, &ask, send.code);
	close(fd);
	return (double)(asked - began + stopwatch_now() - typed) / 1e6;
}

static bool has_ended(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) != 0;
}

int main(int argc, char **argv)
{
	struct samples times = {0};
	size_t first, people;
	int post;

	if (argc != 5 || (people = strtoul(argv[4], NULL, 10)) == 0) {
		fprintf(stderr, "usage: steady LOGIN-SOCKET SENDER-SOCKET FIRST PEOPLE\n");
		return 2;
	}
	first = strtoul(argv[3], NULL, 10);
	post = post_open(argv[2]);
	for (size_t n = 0; n < WARM_UP; n++)
		log_in(argv[1], post, first + n % people);
	for (size_t n = WARM_UP; !has_ended(STDIN_FILENO); n++)
		samples_add(&times, log_in(argv[1], post, first + n % people));
	printf("{\"logins\": %zu, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"most_ms\": %.3f}\n", times.count,
	       samples_at(&times, 0.5), samples_at(&times, 0.99), samples_at(&times, 1));
	samples_free(&times);
	return 0;
}
