/* What the core's three sockets read: from any local user, from the admin's tool, from the sender. */
#include "tests/fuzz/fuzz.h"
#include "wire/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct wire_message *const messages[] = {
		&wire_login_begin, &wire_login_answer, &wire_enroll, &wire_enroll_answer, &wire_list,   &wire_show,
		&wire_set,         &wire_suspend,      &wire_resume, &wire_unlock,        &wire_remove, &wire_test,
		&wire_challenges,  &wire_deliveries,   &wire_sent,   &wire_failed,        &wire_health,
	};

	fuzz_round_trip(messages, sizeof(messages) / sizeof(messages[0]), data, size);
	return 0;
}
