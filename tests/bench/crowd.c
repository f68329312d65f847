/*
 * crowd (LOGIN-SOCKET SENDER-SOCKET PEOPLE PENDING) twice, ROUNDS
 *
 * Two cores. At each, PENDING people begin a login and wait at the prompt with their connection open; then others log
 * in, at one core and the other in turn, and each begin is timed, from the connection to the prompt. It prints JSON
 * with the times and goes on waiting at the prompts until its standard input ends.
 */
#include "tests/bench/people.h"
#include "tests/bench/post.h"
#include "tests/bench/stopwatch.h"
#include "tests/bench/visitor.h"
#include "wire/client.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CORES 2
#define WORDS 4 /* for each */
#define WARM_UP 50

struct core {
	const char *login_socket;
	int post;
	size_t people, pending;
	size_t next; /* who logs in next */
	struct samples begins;
};

/* The code that was sent to a person. */
static void take_code(const struct core *core, size_t person, struct send *send)
{
	do {
		int r = post_take(core->post, send, WIRE_REPLY_MS);

		if (r < 0)
			give_up(-r, "no code came");
	} while (people_of_phone(send->to) != person);
}

/* One whole login of somebody who has none pending. */
static void log_in(struct core *core, bool counts)
{
	size_t person = core->pending + core->next++ % (core->people - core->pending);
	int64_t began = stopwatch_now();
	int fd = visitor_begin(core->login_socket, person, NULL);
	struct send send;
	struct ask ask;

	visitor_wait(fd, &ask);
	if (counts)
		samples_add(&core->begins, (double)(stopwatch_now() - began) / 1000);
	take_code(core, person, &send);
	visitor_answer(fd, &ask, send.code);
	close(fd);
}

/* The connections stay open until this program ends. */
static void wait_at_prompt(const struct core *core)
{
	struct send send;
	struct ask ask;

	for (size_t person = 0; person < core->pending; person++) {
		visitor_wait(visitor_begin(core->login_socket, person, NULL), &ask);
		take_code(core, person, &send);
	}
}

static void open_core(struct core *core, char **words)
{
	core->login_socket = words[0];
	core->post = post_open(words[1]);
	core->people = strtoul(words[2], NULL, 10);
	core->pending = strtoul(words[3], NULL, 10);
	if (core->people <= core->pending)
		give_up(0, "PEOPLE must be more than PENDING");
	wait_at_prompt(core);
}

static void print_times(struct core *core)
{
	printf("{\"pending\": %zu, \"begin_p50_us\": %.1f, \"begin_p99_us\": %.1f}\n", core->pending,
	       samples_at(&core->begins, 0.5), samples_at(&core->begins, 0.99));
	samples_free(&core->begins);
}

int main(int argc, char **argv)
{
	struct core cores[CORES] = {0};
	long rounds;

	if (argc != 2 + WORDS * CORES) {
		fprintf(stderr, "usage: crowd (LOGIN-SOCKET SENDER-SOCKET PEOPLE PENDING) twice, ROUNDS\n");
		return 2;
	}
	rounds = atol(argv[argc - 1]);
	for (size_t i = 0; i < CORES; i++)
		open_core(&cores[i], argv + 1 + WORDS * i);
	for (long round = -WARM_UP; round < rounds; round++)
		for (size_t i = 0; i < CORES; i++)
			log_in(&cores[i], round >= 0);
	for (size_t i = 0; i < CORES; i++)
		print_times(&cores[i]);
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
