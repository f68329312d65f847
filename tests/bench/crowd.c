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
#include "wire/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CORES 2
#define WARM_UP 50

struct core {
	const char *login_socket;
	int post;
	size_t people, pending;
	size_t next; /* who begins next */
	struct samples begins;
};

static ssize_t hear(int fd, char data[static WIRE_DATAGRAM_MAX], const char *what)
{
	ssize_t length = wire_receive(fd, data, WIRE_REPLY_MS);

	if (length <= 0) {
		errno = length < 0 ? (int)-length : ECONNRESET;
		give_up("no answer to %s", what);
	}
	return length;
}

/* Somebody begins and is asked for a code: the connection, which stays open. */
static int begin(const struct core *core, size_t person, struct ask *ask)
{
	struct login_begin login = {
		.service = "sshd", .tty = "ssh", .rhost = "192.0.2.7", .first_factor = FIRST_FACTOR_PUBLICKEY};
	char data[WIRE_DATAGRAM_MAX], why[WIRE_WHY_MAX];
	int fd = wire_connect(core->login_socket, geteuid(), WIRE_CONNECT_MS);
	ssize_t length;

	if (fd < 0) {
		errno = -fd;
		give_up("%s", core->login_socket);
	}
	people_name(person, login.user);
	if (wire_send_message(fd, &wire_login_begin, &login) < 0)
		give_up("login-begin");
	length = hear(fd, data, "login-begin");
	if (wire_decode(&wire_ask, data, (size_t)length, ask, why) < 0) {
		errno = 0;
		give_up("%s is not asked: %.*s", login.user, (int)length, data);
	}
	return fd;
}

/* The code that was sent to a person; every other message is somebody's who waits. */
static void take_code(const struct core *core, size_t person, struct send *send)
{
	do {
		int r = post_take(core->post, send, WIRE_REPLY_MS);

		if (r < 0) {
			errno = -r;
			give_up("no code came");
		}
	} while (people_of_phone(send->to) != person);
}

static void answer(int fd, const struct ask *ask, const char *code)
{
	char data[WIRE_DATAGRAM_MAX], why[WIRE_WHY_MAX];
	struct login_answer typed = {0};
	struct done done = {.result = RESULT_DENY};
	ssize_t length;

	memcpy(typed.challenge, ask->challenge, sizeof(typed.challenge));
	snprintf(typed.text, sizeof(typed.text), "%s", code);
	if (wire_send_message(fd, &wire_login_answer, &typed) < 0)
		give_up("login-answer");
	length = hear(fd, data, "login-answer");
	if (wire_decode(&wire_done, data, (size_t)length, &done, why) < 0 || done.result != RESULT_ALLOW) {
		errno = 0;
		give_up("not let in: %.*s", (int)length, data);
	}
}

/* One whole login of somebody who has none pending. */
static void log_in(struct core *core, bool counts)
{
	size_t person = core->next++ % (core->people - core->pending) + core->pending;
	int64_t began = stopwatch_now();
	struct send send;
	struct ask ask;
	int fd = begin(core, person, &ask);

	if (counts)
		samples_add(&core->begins, (double)(stopwatch_now() - began) / 1000);
	take_code(core, person, &send);
	answer(fd, &ask, send.code);
	close(fd);
}

/* The connections stay open until this program ends. */
static void wait_at_prompt(struct core *core)
{
	struct send send;
	struct ask ask;

	for (size_t i = 0; i < core->pending; i++) {
		(void)begin(core, i, &ask);
		take_code(core, i, &send);
	}
}

static void open_core(struct core *core, char **words)
{
	core->login_socket = words[0];
	core->post = post_open(words[1]);
	core->people = strtoul(words[2], NULL, 10);
	core->pending = strtoul(words[3], NULL, 10);
	if (core->people <= core->pending) {
		errno = 0;
		give_up("more people than wait, please");
	}
	wait_at_prompt(core);
}

int main(int argc, char **argv)
{
	struct core cores[CORES] = {0};
	long rounds;

	if (argc != 2 + 4 * CORES) {
		fprintf(stderr, "usage: crowd (LOGIN-SOCKET SENDER-SOCKET PEOPLE PENDING) twice, ROUNDS\n");
		return 2;
	}
	rounds = atol(argv[argc - 1]);
	for (size_t i = 0; i < CORES; i++)
		open_core(&cores[i], argv + 1 + 4 * i);
	for (long round = -WARM_UP; round < rounds; round++)
		for (size_t i = 0; i < CORES; i++)
			log_in(&cores[i], round >= 0);
	for (size_t i = 0; i < CORES; i++)
		printf("{\"pending\": %zu, \"begin_p50_us\": %.1f, \"begin_p99_us\": %.1f}\n", cores[i].pending,
		       samples_at(&cores[i].begins, 0.5), samples_at(&cores[i].begins, 0.99));
	fflush(stdout);
	while (getchar() != EOF)
		;
	for (size_t i = 0; i < CORES; i++)
		samples_free(&cores[i].begins);
	return 0;
}
