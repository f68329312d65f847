/*
 * sends SOCKET IN-FLIGHT MESSAGES CHANNEL: plays the core towards a sender. It waits for it at sender.sock, gives it so
 * many messages at a time, and prints JSON with messages a second, from the first report to the last. What comes before
 * warms up.
 */
#include "tests/bench/message.h"
#include "tests/bench/people.h"
#include "tests/bench/stopwatch.h"
#include "wire/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE_MS 15000

struct core {
	int sender;
	const char *channel;
	size_t given, reported;
};

static int wait_for_sender(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), fd;

	if (strlen(path) >= sizeof(address.sun_path))
		give_up(0, "%s is too long for a socket", path);
	strcpy(address.sun_path, path);
	unlink(path);
	if (listening < 0 || bind(listening, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listening, 1) < 0)
		give_up(errno, "%s", path);
	fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		give_up(errno, "%s", path);
	close(listening);
	unlink(path);
	return fd;
}

static void give(struct core *core)
{
	struct send send = {.code = MESSAGE_CODE, .lang = "en", .host = "bench", .service = "sshd", .minutes = 5};
	int r;

	message_id(send.id);
	people_phone(core->given, send.to);
	snprintf(send.channel, sizeof(send.channel), "%s", core->channel);
	r = wire_send_message(core->sender, &wire_send, &send);
	if (r < 0)
		give_up(-r, "send");
	core->given++;
}

/* Waits for the next message to be reported as sent. */
static void take_report(struct core *core)
{
	char data[WIRE_DATAGRAM_MAX];
	ssize_t length;

	do {
		length = wire_receive(core->sender, data, PATIENCE_MS);
		if (length <= 0)
			give_up(length < 0 ? (int)-length : ECONNRESET, "no report from the sender");
	} while (wire_is(&wire_health, data, (size_t)length));
	if (!wire_is(&wire_sent, data, (size_t)length))
		give_up(0, "not sent: %.*s", (int)length, data);
	core->reported++;
}

static void run(struct core *core, size_t in_flight, size_t messages)
{
	for (size_t end = core->reported + messages; core->reported < end;) {
		while (core->given < end && core->given - core->reported < in_flight)
			give(core);
		take_report(core);
	}
}

int main(int argc, char **argv)
{
	struct core core = {0};
	size_t in_flight, messages;
	int64_t began;

	if (argc != 5) {
		fprintf(stderr, "usage: sends SOCKET IN-FLIGHT MESSAGES CHANNEL\n");
		return 2;
	}
	in_flight = strtoul(argv[2], NULL, 10);
	messages = strtoul(argv[3], NULL, 10);
	core.channel = argv[4];
	core.sender = wait_for_sender(argv[1]);
	run(&core, in_flight, messages / 4);
	began = stopwatch_now();
	run(&core, in_flight, messages);
	printf("{\"messages_per_second\": %.1f}\n", (double)messages * 1e9 / (double)(stopwatch_now() - began));
	close(core.sender);
	return 0;
}
