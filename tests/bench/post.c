#include "tests/bench/post.h"

#include "tests/bench/stopwatch.h"
#include "wire/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int post_open(const char *path)
{
	int fd = wire_connect(path, geteuid(), WIRE_CONNECT_MS);

	if (fd < 0)
		give_up(-fd, "%s", path);
	return fd;
}

static int report(int fd, const char *id)
{
	struct sent sent = {0};

	memcpy(sent.id, id, sizeof(sent.id));
	snprintf(sent.message_id, sizeof(sent.message_id), "wamid.%s", id);
	return wire_send_message(fd, &wire_sent, &sent);
}

int post_take(int fd, struct send *ret, unsigned timeout_ms)
{
	char data[WIRE_DATAGRAM_MAX], why[WIRE_WHY_MAX];
	ssize_t length;

	do {
		length = wire_receive(fd, data, timeout_ms);
		if (length <= 0)
			return length < 0 ? (int)length : -ECONNRESET;
	} while (!wire_is(&wire_send, data, (size_t)length));
	if (wire_decode(&wire_send, data, (size_t)length, ret, why) < 0)
		return -EBADMSG;
	return report(fd, ret->id);
}
