#include "tests/bench/message.h"

#include "tests/bench/stopwatch.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

void message_id(char id[static MESSAGE_ID_SIZE])
{
	unsigned char random[MESSAGE_ID_SIZE];

	if (getentropy(random, sizeof(random)) < 0)
		give_up(errno, "getentropy");
	for (size_t i = 0; i < MESSAGE_ID_SIZE - 1; i++)
		id[i] = (char)('a' + random[i] % 6);
	id[MESSAGE_ID_SIZE - 1] = '\0';
}
