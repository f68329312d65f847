/*
 * deliveries LOGIN-SOCKET SENDER-SOCKET COUNT: so many people begin a login each and leave; this program plays the
 * sender and says that their messages were taken over, as "wamid." and the delivery's id. It prints the ids.
 */
#include "tests/bench/people.h"
#include "tests/bench/post.h"
#include "tests/bench/stopwatch.h"
#include "tests/bench/visitor.h"
#include "wire/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TOGETHER 64

int main(int argc, char **argv)
{
	size_t count, person = 0;
	int fds[TOGETHER], post;

	if (argc != 4) {
		fprintf(stderr, "usage: deliveries LOGIN-SOCKET SENDER-SOCKET COUNT\n");
		return 2;
	}
	count = strtoul(argv[3], NULL, 10);
	post = post_open(argv[2]);
	while (person < count) {
		size_t n = 0;

		for (; n < TOGETHER && person < count; n++, person++)
			fds[n] = visitor_begin(argv[1], person, NULL);
		for (size_t i = 0; i < n; i++) {
			struct send send;
			struct ask ask;
			int r = post_take(post, &send, WIRE_REPLY_MS);

			if (r < 0)
				give_up(-r, "no code came");
			puts(send.id);
			visitor_wait(fds[i], &ask);
			close(fds[i]);
		}
	}
	return 0;
}
