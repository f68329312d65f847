#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

union decoded {
	uint64_t aligned;
	char bytes[WIRE_DATAGRAM_MAX];
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void round_trip(const struct wire_message *message, const char *data, size_t size)
{
	union decoded first, second;
	char again[WIRE_DATAGRAM_MAX], why[WIRE_WHY_MAX] = "";
	ssize_t length;

	must(message->size <= sizeof(first));
	if (wire_decode(message, data, size, &first, why) < 0) {
		must(why[0] && strlen(why) < sizeof(why));
		return;
	}
	must(wire_is(message, data, size) && size <= WIRE_DATAGRAM_MAX);
	length = wire_encode(message, &first, again, sizeof(again));
	must(length > 0);
	must(wire_decode(message, again, (size_t)length, &second, why) == 0);
	must(memcmp(&first, &second, message->size) == 0);
}

void fuzz_round_trip(const struct wire_message *const *messages, size_t count, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < count; i++)
		round_trip(messages[i], (const char *)data, size);
}
