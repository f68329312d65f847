/*
 * A core without sockets: a store in a folder of its own, a clock that the test moves. A transaction is always
 * open; what a person does (person.h) is one of its own.
 */
#pragma once

#include "daemon/core/admin.h"
#include "daemon/core/dialogue.h"
#include "daemon/core/engine.h"
#include "daemon/core/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct test_clock {
	struct clock clock; /* first */
	int64_t now, wall;
};
void test_clock_init(struct test_clock *clock, const char *boot_id);

/* A folder for one test; removed with all that is in it. */
struct folder {
	char path[64];
};
void folder_make(struct folder *folder);
void folder_remove(const struct folder *folder);
/* Writes a file of the folder with this mode; returns its path, valid until the next call. */
const char *folder_write(const struct folder *folder, const char *name, const char *text, unsigned mode);

/* 32 bytes 00 01 … 1f in hex. */
extern const char master_key_text[];
struct keys *test_keys(const struct folder *folder);

struct fixture {
	struct folder folder;
	struct test_clock clock;
	struct config *config;
	struct keys *keys;
	struct store *store;
	struct tx *tx;
	bool batch; /* acts share a transaction until fixture_commit(); none of them may fail */
	struct engine engine;
	unsigned messages; /* handed to the sender so far */
	struct send last;  /* the last of them */
};

/* config: what stands beside the channels "whatsapp" and "sms"; group "wheel" holds "root" only, "broken" is an error.
 */
void fixture_open(struct fixture *f, const char *config);
void fixture_close(struct fixture *f);
void fixture_configure(struct fixture *f, const char *config);
/* A transaction is open between the two. */
void fixture_begin(struct fixture *f);
void fixture_commit(struct fixture *f);
/* The core ends and starts again, in this boot or another. */
void fixture_restart(struct fixture *f, const char *boot_id);
void fixture_advance(struct fixture *f, int64_t seconds);

void fixture_enroll(struct fixture *f, const char *user, const char *phone);
struct enrolment fixture_enrolment(struct fixture *f, const char *user);
struct challenge fixture_challenge(struct fixture *f, const char *id);
/* The state of the newest generation's delivery at a position, -1 if there is none. */
int64_t fixture_delivery(struct fixture *f, const char *challenge, int64_t position);
/* What the timer does: hands over what is due. Returns how many. */
size_t fixture_deliver(struct fixture *f);
/* Takes a message as the sender would. */
void fixture_carry(struct fixture *f, const struct send *send);
/* The sender's report on the last message. */
void fixture_report_sent(struct fixture *f);
void fixture_report_failed(struct fixture *f, enum failure failure);
/* A receipt of its provider about a delivery; code: Meta's, of RECEIPT_FAILED. What it leads to. */
struct reply fixture_receipt(struct fixture *f, const char *id, enum receipt_state state, const char *code);

/* An admin's op as root; the page goes on where the last one ended. What it sends is carried. */
void fixture_ask(struct fixture *f, const struct wire_message *message, const union admin_request *request,
		 struct admin_page *page, struct reply *reply);
