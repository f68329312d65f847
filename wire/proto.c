#include "wire/proto.h"

const char *const first_factor_names[] = {"none", "publickey", "password", NULL};
const char *const result_names[] = {"deny", "allow", "ignore", "locked", "unavailable", NULL};
const char *const failure_names[] = {"undeliverable", "transient", "config", "unknown-outcome", NULL};

#define FIELD(s, member, kind, must)                                                                                   \
	.key = #member, .type = kind, .required = must, .offset = offsetof(struct s, member)
#define TEXT(s, member)                                                                                                \
	{                                                                                                              \
		FIELD(s, member, WIRE_STRING, false), .size = sizeof(((struct s *)0)->member)                          \
	}
#define NEED(s, member)                                                                                                \
	{                                                                                                              \
		FIELD(s, member, WIRE_STRING, true), .size = sizeof(((struct s *)0)->member)                           \
	}
#define NUMBER(s, member)                                                                                              \
	{                                                                                                              \
		FIELD(s, member, WIRE_NUMBER, false)                                                                   \
	}
#define FLAG(s, member)                                                                                                \
	{                                                                                                              \
		FIELD(s, member, WIRE_FLAG, false)                                                                     \
	}
#define ENUM(s, member, list, must)                                                                                    \
	{                                                                                                              \
		FIELD(s, member, WIRE_ENUM, must), .names = list                                                       \
	}

#define MESSAGE(variable, name, s, table)                                                                              \
	const struct wire_message variable = {name, sizeof(struct s), table, sizeof(table) / sizeof(table[0])}

static const struct wire_field login_begin_fields[] = {
	NEED(login_begin, user),
	NEED(login_begin, service),
	TEXT(login_begin, tty),
	TEXT(login_begin, ruser),
	TEXT(login_begin, rhost),
	TEXT(login_begin, lang),
	ENUM(login_begin, first_factor, first_factor_names, false),
	TEXT(login_begin, key_fingerprint),
	TEXT(login_begin, policy),
	FLAG(login_begin, nullok),
	FLAG(login_begin, blind),
};
MESSAGE(wire_login_begin, "login-begin", login_begin, login_begin_fields);

static const struct wire_field login_answer_fields[] = {
	NEED(login_answer, challenge),
	TEXT(login_answer, text),
};
MESSAGE(wire_login_answer, "login-answer", login_answer, login_answer_fields);

static const struct wire_field ask_fields[] = {
	NEED(ask, challenge),
	{FIELD(ask, prompt, WIRE_PROMPT, true), .size = sizeof(((struct ask *)0)->prompt)},
};
MESSAGE(wire_ask, "ask", ask, ask_fields);

static const struct wire_field done_fields[] = {
	ENUM(done, result, result_names, true),
	TEXT(done, reason),
	TEXT(done, challenge),
};
MESSAGE(wire_done, "done", done, done_fields);

static const struct wire_field enroll_fields[] = {
	NEED(enroll, user), NEED(enroll, phone),   TEXT(enroll, channel),
	TEXT(enroll, lang), TEXT(enroll, consent), FLAG(enroll, no_verify),
};
MESSAGE(wire_enroll, "enroll", enroll, enroll_fields);

static const struct wire_field enroll_answer_fields[] = {
	NEED(enroll_answer, challenge),
	TEXT(enroll_answer, text),
};
MESSAGE(wire_enroll_answer, "enroll-answer", enroll_answer, enroll_answer_fields);

static const struct wire_field one_user_fields[] = {
	NEED(admin_user, user),
	TEXT(admin_user, channel),
	FLAG(admin_user, reveal),
};
MESSAGE(wire_show, "show", admin_user, one_user_fields);
MESSAGE(wire_suspend, "suspend", admin_user, one_user_fields);
MESSAGE(wire_resume, "resume", admin_user, one_user_fields);
MESSAGE(wire_unlock, "unlock", admin_user, one_user_fields);
MESSAGE(wire_remove, "remove", admin_user, one_user_fields);
MESSAGE(wire_test, "test", admin_user, one_user_fields);

static const struct wire_field all_users_fields[] = {
	FLAG(admin_user, reveal),
};
MESSAGE(wire_list, "list", admin_user, all_users_fields);
MESSAGE(wire_challenges, "challenges", admin_user, all_users_fields);

static const struct wire_field set_fields[] = {
	NEED(admin_set, user),
	TEXT(admin_set, channel),
	TEXT(admin_set, lang),
};
MESSAGE(wire_set, "set", admin_set, set_fields);

static const struct wire_field deliveries_fields[] = {
	NEED(deliveries, challenge),
};
MESSAGE(wire_deliveries, "deliveries", deliveries, deliveries_fields);

static const struct wire_field enrolment_fields[] = {
	NEED(enrolment_item, user),          NEED(enrolment_item, state),
	TEXT(enrolment_item, phone),         TEXT(enrolment_item, channel),
	TEXT(enrolment_item, lang),          TEXT(enrolment_item, consent),
	TEXT(enrolment_item, consent_by),    FLAG(enrolment_item, verified),
	NUMBER(enrolment_item, enrolled_at), NUMBER(enrolment_item, last_login_at),
	NUMBER(enrolment_item, failures),    NUMBER(enrolment_item, locked_seconds),
};
MESSAGE(wire_enrolment, "enrolment", enrolment_item, enrolment_fields);

static const struct wire_field challenge_fields[] = {
	NEED(challenge_item, challenge), NEED(challenge_item, user),           TEXT(challenge_item, service),
	TEXT(challenge_item, source),    NEED(challenge_item, state),          NUMBER(challenge_item, tries),
	NUMBER(challenge_item, sends),   NUMBER(challenge_item, seconds_left),
};
MESSAGE(wire_challenge, "challenge", challenge_item, challenge_fields);

static const struct wire_field delivery_fields[] = {
	NEED(delivery_item, channel), NEED(delivery_item, state),     TEXT(delivery_item, code),
	TEXT(delivery_item, detail),  NUMBER(delivery_item, wait_ms),
};
MESSAGE(wire_delivery, "delivery", delivery_item, delivery_fields);

static const struct wire_field send_fields[] = {
	NEED(send, id),   NEED(send, channel), NEED(send, to),      NEED(send, code),      TEXT(send, lang),
	TEXT(send, host), TEXT(send, service), TEXT(send, address), NUMBER(send, minutes),
};
MESSAGE(wire_send, "send", send, send_fields);

static const struct wire_field sent_fields[] = {
	NEED(sent, id),
	TEXT(sent, message_id),
};
MESSAGE(wire_sent, "sent", sent, sent_fields);

static const struct wire_field failed_fields[] = {
	NEED(failed, id),
	{FIELD(failed, failure, WIRE_ENUM, true), .names = failure_names},
	TEXT(failed, code),
	TEXT(failed, detail),
};
MESSAGE(wire_failed, "failed", failed, failed_fields);

static const struct wire_field health_fields[] = {
	TEXT(health, name),
	TEXT(health, state),
	TEXT(health, detail),
};
MESSAGE(wire_health, "health", health, health_fields);
