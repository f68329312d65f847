#include "tests/bench/mailbox.h"

#include "tests/bench/stopwatch.h"
#include "wire/proto.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_SECONDS 5

struct slot {
	uint32_t count; /* a futex */
	char code[WIRE_CODE_MAX];
};

struct mailbox {
	size_t people;
	struct slot slots[];
};

struct mailbox *mailbox_new(size_t people)
{
	size_t size = sizeof(struct mailbox) + people * sizeof(struct slot);
	struct mailbox *mailbox =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mailbox == MAP_FAILED)
		give_up(errno, "a mailbox for %zu people", people);
	mailbox->people = people;
	return mailbox;
}

void mailbox_put(struct mailbox *mailbox, size_t person, const char *code)
{
	struct slot *slot = &mailbox->slots[person % mailbox->people];

	snprintf(slot->code, sizeof(slot->code), "%s", code);
	__atomic_add_fetch(&slot->count, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &slot->count, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

uint32_t mailbox_count(const struct mailbox *mailbox, size_t person)
{
	return __atomic_load_n(&mailbox->slots[person % mailbox->people].count, __ATOMIC_ACQUIRE);
}

const char *mailbox_wait(struct mailbox *mailbox, size_t person, uint32_t seen)
{
	struct slot *slot = &mailbox->slots[person % mailbox->people];
	const struct timespec patience = {.tv_sec = PATIENCE_SECONDS};

	while (mailbox_count(mailbox, person) == seen)
		if (syscall(SYS_futex, &slot->count, FUTEX_WAIT, seen, &patience, NULL, 0) < 0 && errno == ETIMEDOUT)
			return NULL;
	return slot->code;
}
