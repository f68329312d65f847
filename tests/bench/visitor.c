#include "tests/bench/visitor.h"

#include "tests/bench/people.h"
#include "tests/bench/stopwatch.h"
#include "wire/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int visitor_begin(const char *login_socket, size_t person, int64_t *began)
{
	struct login_begin login = {
		.service = "sshd", .tty = "ssh", .rhost = "192.0.2.7", .first_factor = FIRST_FACTOR_PUBLICKEY};
	int r, fd = wire_connect(login_socket, geteuid(), WIRE_CONNECT_MS);

	if (fd < 0)
		give_up(-fd, "%s", login_socket);
	people_name(person, login.user);
	if (began)
		*began = stopwatch_now();
	r = wire_send_message(fd, &wire_login_begin, &login);
	if (r < 0)
		give_up(-r, "login-begin");
	return fd;
}

/* Hears what must be this message. */
static void hear(int fd, const struct wire_message *message, void *out)
{
	char data[WIRE_DATAGRAM_MAX], why[WIRE_WHY_MAX];
	ssize_t length = wire_receive(fd, data, WIRE_REPLY_MS);

	if (length <= 0)
		give_up(length < 0 ? (int)-length : ECONNRESET, "login.sock");
	if (wire_decode(message, data, (size_t)length, out, why) < 0)
		give_up(0, "%s: %.*s", why, (int)length, data);
}

void visitor_wait(int fd, struct ask *ask)
{
	hear(fd, &wire_ask, ask);
}

void visitor_answer(int fd, const struct ask *ask, const char *code)
{
	struct login_answer typed = {0};
	struct done done;
	int r;

	memcpy(typed.challenge, ask->challenge, sizeof(typed.challenge));
	snprintf(typed.text, sizeof(typed.text), "%s", code);
	r = wire_send_message(fd, &wire_login_answer, &typed);
	if (r < 0)
		give_up(-r, "login-answer");
	hear(fd, &wire_done, &done);
	if (done.result != RESULT_ALLOW)
		give_up(0, "not let in: %s", done.reason);
}
