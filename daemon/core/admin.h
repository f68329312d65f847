/*
 * The decisions about enrolments, for admin.sock: one table of ops. An op works inside a transaction; the caller sends
 * the page and the reply after the commit. A refusal is an answer (result=deny with a reason for people), not an error.
 */
#pragma once

#include "daemon/core/dialogue.h"

union admin_request {
	struct enroll enroll;
	struct enroll_answer enroll_answer;
	struct admin_user user;
	struct admin_set set;
	struct deliveries deliveries;
	struct address_set address;
	struct link_begin link_begin;
	struct alarms_ack alarms_ack;
	struct breaker_close breaker_close;
	struct stats stats;
	struct route_explain route_explain;
	struct health health;
};

/* Items in front of the answer. A full page ends with `more`: the same op goes on behind `after`. */
#define ADMIN_PAGE_MAX 32
#define ADMIN_AFTER_MAX 512
struct admin_page {
	union admin_item {
		struct enrolment_item enrolment;
		struct challenge_item challenge;
		struct delivery_item delivery;
		struct alarm_item alarm;
		struct breaker_item breaker;
		struct stat_item stat;
		struct route_step route_step;
		struct health health;
	} items[ADMIN_PAGE_MAX];
	size_t count;
	bool more;
	char after[ADMIN_AFTER_MAX];
};

struct admin {
	const struct engine *engine;
	struct tx *tx;
	const char *by; /* who asks, for the consent's record and the log */
	const union admin_request *request;
	struct admin_page *page;
	struct reply *reply;
};

struct admin_op {
	const struct wire_message *request;
	const struct wire_message *item; /* NULL: the answer is one datagram */
	bool reads;                      /* the audit group may, too */
	int (*run)(struct admin *admin); /* 0 or -errno */
};

extern const struct admin_op admin_ops[];
extern const size_t admin_op_count;
