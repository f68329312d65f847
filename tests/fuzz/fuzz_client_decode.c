/* What the core says: to the module, to the admin's tool, to the sender. */
#include "tests/fuzz/fuzz.h"
#include "wire/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct wire_message *const messages[] = {
		&wire_ask, &wire_done, &wire_enrolment, &wire_challenge, &wire_delivery, &wire_send, &wire_health,
	};

	fuzz_round_trip(messages, sizeof(messages) / sizeof(messages[0]), data, size);
	return 0;
}
