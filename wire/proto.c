#include "wire/proto.h"

const char *const first_factor_names[] = {"none", "publickey", "password", NULL};
const char *const result_names[] = {"deny", "allow", "ignore", "locked", "unavailable", NULL};
const char *const failure_names[] = {"undeliverable", "transient", "config", "unknown-outcome", "identity", NULL};
const char *const alarm_names[] = {"none", "often", "now", NULL};
const char *const breaker_names[] = {"none", "channel", "template", "recipient", "country", NULL};
const char *const receipt_state_names[] = {"accepted", "sent", "delivered", "read", "failed", NULL};
const char *const signal_kind_names[] = {"not-requested", "number-changed", "identity", "template", "account", NULL};

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

/* A struct fault in a message: its members are keys of the message. */
#define INSIDE(s, why, member, kind) .key = #member, .type = kind, .offset = offsetof(struct s, why.member)
#define FAULT(s, why, must)                                                                                            \
	{INSIDE(s, why, failure, WIRE_ENUM), .names = failure_names, .required = must},                                \
		{INSIDE(s, why, alarm, WIRE_ENUM), .names = alarm_names},                                              \
		{INSIDE(s, why, breaker, WIRE_ENUM), .names = breaker_names}, {INSIDE(s, why, often, WIRE_FLAG)},      \
		{INSIDE(s, why, breaker_seconds, WIRE_NUMBER)},                                                        \
		{INSIDE(s, why, code, WIRE_STRING), .size = sizeof(((struct s *)0)->why.code)},                        \
	{                                                                                                              \
		INSIDE(s, why, detail, WIRE_STRING), .size = sizeof(((struct s *)0)->why.detail)                       \
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
MESSAGE(wire_verify, "verify", admin_user, one_user_fields);
MESSAGE(wire_test, "test", admin_user, one_user_fields);

static const struct wire_field all_users_fields[] = {
	FLAG(admin_user, reveal),
};
MESSAGE(wire_list, "list", admin_user, all_users_fields);
MESSAGE(wire_challenges, "challenges", admin_user, all_users_fields);
MESSAGE(wire_alarms, "alarms", admin_user, all_users_fields);
MESSAGE(wire_breakers, "breakers", admin_user, all_users_fields);

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

static const struct wire_field address_fields[] = {
	NEED(address_set, user),
	NEED(address_set, kind),
	TEXT(address_set, value),
};
MESSAGE(wire_address, "address", address_set, address_fields);

static const struct wire_field link_begin_fields[] = {
	NEED(link_begin, user),
	NEED(link_begin, channel),
};
MESSAGE(wire_link_begin, "link-begin", link_begin, link_begin_fields);

static const struct wire_field alarms_ack_fields[] = {
	TEXT(alarms_ack, kind),
};
MESSAGE(wire_alarms_ack, "alarms-ack", alarms_ack, alarms_ack_fields);

static const struct wire_field breaker_close_fields[] = {
	TEXT(breaker_close, channel),
};
MESSAGE(wire_breaker_close, "breaker-close", breaker_close, breaker_close_fields);

static const struct wire_field stats_fields[] = {
	NUMBER(stats, since),
	TEXT(stats, by),
};
MESSAGE(wire_stats, "stats", stats, stats_fields);

static const struct wire_field route_explain_fields[] = {
	NEED(route_explain, user),
	TEXT(route_explain, service),
};
MESSAGE(wire_route_explain, "route-explain", route_explain, route_explain_fields);

static const struct wire_field enrolment_fields[] = {
	NEED(enrolment_item, user),          NEED(enrolment_item, state),
	TEXT(enrolment_item, phone),         TEXT(enrolment_item, channel),
	TEXT(enrolment_item, lang),          TEXT(enrolment_item, consent),
	TEXT(enrolment_item, consent_by),    FLAG(enrolment_item, verified),
	TEXT(enrolment_item, email),         FLAG(enrolment_item, telegram),
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

static const struct wire_field alarm_fields[] = {
	NEED(alarm_item, kind),       TEXT(alarm_item, subject),    TEXT(alarm_item, text),
	NUMBER(alarm_item, count),    NUMBER(alarm_item, first_at), NUMBER(alarm_item, last_at),
	NUMBER(alarm_item, acked_at), TEXT(alarm_item, acked_by),
};
MESSAGE(wire_alarm, "alarm", alarm_item, alarm_fields);

static const struct wire_field breaker_fields[] = {
	NEED(breaker_item, channel),        ENUM(breaker_item, scope, breaker_names, true),
	TEXT(breaker_item, subject),        TEXT(breaker_item, code),
	TEXT(breaker_item, detail),         NUMBER(breaker_item, opened_at),
	NUMBER(breaker_item, seconds_left),
};
MESSAGE(wire_breaker, "breaker", breaker_item, breaker_fields);

static const struct wire_field stat_fields[] = {
	TEXT(stat_item, key),
	NUMBER(stat_item, sent),
	NUMBER(stat_item, accepted),
	NUMBER(stat_item, delivered),
	NUMBER(stat_item, read),
	NUMBER(stat_item, failed),
	NUMBER(stat_item, fallback),
	NUMBER(stat_item, verified),
	NUMBER(stat_item, send_ms_p50),
	NUMBER(stat_item, send_ms_p95),
	NUMBER(stat_item, delivery_ms_p50),
	NUMBER(stat_item, delivery_ms_p95),
	NUMBER(stat_item, answer_ms_p50),
	NUMBER(stat_item, answer_ms_p95),
	NUMBER(stat_item, cost),
	TEXT(stat_item, currency),
};
MESSAGE(wire_stat, "stat", stat_item, stat_fields);

static const struct wire_field route_step_fields[] = {
	NEED(route_step, channel),
	FLAG(route_step, used),
	NUMBER(route_step, after_seconds),
	TEXT(route_step, reason),
};
MESSAGE(wire_route_step, "route-step", route_step, route_step_fields);

static const struct wire_field send_fields[] = {
	NEED(send, id),
	NEED(send, channel),
	NEED(send, to),
	NEED(send, code),
	TEXT(send, lang),
	TEXT(send, host),
	TEXT(send, service),
	TEXT(send, address),
	NUMBER(send, minutes),
	NUMBER(send, seconds),
	NUMBER(send, watch_seconds),
};
MESSAGE(wire_send, "send", send, send_fields);

static const struct wire_field watch_fields[] = {
	NEED(watch, challenge),
	NUMBER(watch, seconds),
	FLAG(watch, over),
};
MESSAGE(wire_watch, "watch", watch, watch_fields);

static const struct wire_field link_fields[] = {
	NEED(link, channel),
	NEED(link, nonce),
	NUMBER(link, seconds),
};
MESSAGE(wire_link, "link", link, link_fields);

static const struct wire_field linked_fields[] = {
	NEED(linked, nonce),
	NEED(linked, address),
};
MESSAGE(wire_linked, "linked", linked, linked_fields);

static const struct wire_field sent_fields[] = {
	NEED(sent, id),
	TEXT(sent, message_id),
};
MESSAGE(wire_sent, "sent", sent, sent_fields);

static const struct wire_field failed_fields[] = {
	NEED(failed, id),
	FAULT(failed, why, true),
};
MESSAGE(wire_failed, "failed", failed, failed_fields);

static const struct wire_field receipt_fields[] = {
	NEED(receipt, provider),   TEXT(receipt, id),
	TEXT(receipt, message_id), ENUM(receipt, state, receipt_state_names, true),
	NUMBER(receipt, at),       FAULT(receipt, why, false),
};
MESSAGE(wire_receipt, "receipt", receipt, receipt_fields);

static const struct wire_field signal_fields[] = {
	NEED(signal, provider),
	ENUM(signal, kind, signal_kind_names, true),
	TEXT(signal, message_id),
	TEXT(signal, phone),
	TEXT(signal, subject),
	TEXT(signal, lang),
	TEXT(signal, event),
	TEXT(signal, detail),
	ENUM(signal, alarm, alarm_names, false),
	FLAG(signal, healthy),
	FLAG(signal, stops),
	NUMBER(signal, at),
};
MESSAGE(wire_signal, "signal", signal, signal_fields);

static const struct wire_field health_fields[] = {
	TEXT(health, name),
	TEXT(health, state),
	TEXT(health, detail),
};
MESSAGE(wire_health, "health", health, health_fields);
