/* The whole of delivery, seen by people who do not behave: decoys, the impatient, the late, the repeated, the rich. */
#include "daemon/core/addresses.h"
#include "daemon/core/alarms.h"
#include "daemon/core/bookkeeping.h"
#include "daemon/core/outcome.h"
#include "daemon/core/signals.h"
#include "daemon/core/store_breaker.h"
#include "daemon/core/store_challenge.h"
#include "daemon/core/store_route.h"
#include "tests/unit/person.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

static struct fixture f;
static struct admin_page page;
static struct reply reply;

#define ALICE "+966512345634"
#define UNLIMITED                                                                                                      \
	"limits { per_user = {\"1000/1h\"} per_number = {\"1000/1h\"} per_source = {\"1000/1h\"} global = "            \
	"{\"1000/1h\"} sends_since_success = 100 cost_per_day = \"2 USD\" }\n"

static int set_up(void **state)
{
	(void)state;
	fixture_open(&f, "");
	fixture_enroll(&f, "alice", ALICE);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static struct person begins(const char *user, const char *service)
{
	struct person p = person_by_ssh(&f, user);

	snprintf(p.begin.service, sizeof(p.begin.service), "%s", service);
	assert_int_equal(person_begins(&p), 0);
	return p;
}

static void hears(struct signal signal)
{
	memset(&reply, 0, sizeof(reply));
	assert_int_equal(signal_take(&f.engine, f.tx, &signal, &reply), 0);
}

static void receives(const char *id, enum receipt_state state, int64_t at)
{
	struct receipt receipt = {.provider = "meta", .state = (int)state, .at = (uint64_t)at};

	snprintf(receipt.id, sizeof(receipt.id), "%s", id);
	memset(&reply, 0, sizeof(reply));
	assert_int_equal(outcome_receipt(&f.engine, f.tx, &receipt, &reply), 0);
}

static int64_t success_of(const char *channel)
{
	struct score score;

	assert_true(store_score_get(f.tx, "+966", channel, &score) >= 0);
	return score_success(&score, f.clock.wall);
}

/* Decoys */

static void who_proves_nothing_sees_the_same_for_everybody(void **state)
{
	struct breaker_row row = {.scope = BREAKER_TEMPLATE,
				  .subject = "ar",
				  .channel = "whatsapp",
				  .state = {.open_until = BREAKER_UNTIL_CLOSED}};
	struct enrolment e = fixture_enrolment(&f, "alice");
	struct person alice, nobody;

	(void)state;
	fixture_configure(&f, "channel \"mail\" { driver = smtp }\n"
			      "route \"default\" { channels = {whatsapp, mail, sms} }\n");
	strcpy(e.lang, "ar");
	assert_int_equal(store_enrolment_put(f.tx, &e), 0);
	assert_int_equal(addresses_put(&f.engine, f.tx, "alice", "email", "alice@example.org"), 0);
	assert_int_equal(store_breaker_put(f.tx, &row), 0);
	alice = person_by_ssh(&f, "alice");
	nobody = person_by_ssh(&f, "nobody");
	alice.begin.first_factor = nobody.begin.first_factor = FIRST_FACTOR_NONE;
	for (int step = 0; step < 3; step++) {
		static const char *const typed[] = {"", "?", "s"};

		assert_int_equal(step == 0 ? person_begins(&alice) : person_types(&alice, typed[step - 1]), 0);
		assert_int_equal(step == 0 ? person_begins(&nobody) : person_types(&nobody, typed[step - 1]), 0);
		assert_string_equal(alice.reply.ask.prompt, nobody.reply.ask.prompt);
	}
	assert_int_equal(f.messages, 0);
}

/* Money */

static void typing_s_does_not_pass_the_cap(void **state)
{
	unsigned dear = 0;

	(void)state;
	fixture_configure(&f, "channel \"dear\" { driver = vonage cost = \"1 USD\" }\n"
			      "route \"default\" { channels = {whatsapp, dear} }\n" UNLIMITED);
	for (unsigned i = 0; i < 6; i++) {
		char name[16], number[24];
		struct person p;

		snprintf(name, sizeof(name), "user%u", i);
		snprintf(number, sizeof(number), "+9665000000%02u", i);
		fixture_enroll(&f, name, number);
		p = begins(name, "sshd");
		assert_int_equal(person_types(&p, "s"), 0);
		dear += strcmp(f.last.channel, "dear") == 0;
		expect_prompt(&p, i < 2 ? "Code sent to SMS" : "There is no other way left");
	}
	assert_int_equal(dear, 2);
	assert_int_equal(fixture_deliver(&f), 0);
}

static void a_refund_stays_in_its_hour(void **state)
{
	char early[2][WIRE_ID_MAX];
	struct spend spend;

	(void)state;
	fixture_configure(&f, "channel \"a\" { driver = whatsapp_cloud cost = \"1 USD\" cost_per_hour = \"5 USD\" }\n"
			      "route \"default\" { channels = {a, sms} }\n");
	fixture_advance(&f, 3600 - f.clock.wall % 3600 - 10); /* ten seconds to the hour */
	begins("alice", "one");
	memcpy(early[0], f.last.id, sizeof(early[0]));
	begins("alice", "two");
	memcpy(early[1], f.last.id, sizeof(early[1]));
	fixture_advance(&f, 20);
	begins("alice", "three");
	fixture_receipt(&f, early[0], RECEIPT_FAILED, "131000");
	fixture_receipt(&f, early[1], RECEIPT_FAILED, "131000");
	assert_int_equal(store_spend_get(f.tx, "a", f.clock.wall, &spend), 1);
	assert_int_equal(spend.hour, 1000000);
	/* It arrived after all, so it costs. */
	fixture_receipt(&f, early[0], RECEIPT_DELIVERED, "");
	assert_int_equal(store_spend_get(f.tx, "a", f.clock.wall, &spend), 1);
	assert_int_equal(spend.hour, 2000000);
	/* A clock that is set back begins no new day. */
	f.clock.wall -= 5 * 86400;
	assert_int_equal(store_spend_charge(f.tx, "a", f.clock.wall, 1000000), 0);
	f.clock.wall += 5 * 86400;
	assert_int_equal(store_spend_get(f.tx, "a", f.clock.wall, &spend), 1);
	assert_int_equal(spend.hour, 3000000);
}

static void a_fallback_that_is_too_dear_is_told(void **state)
{
	(void)state;
	fixture_configure(&f, "channel \"dear\" { driver = vonage cost = \"3 USD\" }\n"
			      "route \"default\" { channels = {whatsapp, dear} }\n");
	begins("alice", "sshd");
	fixture_configure(&f,
			  "channel \"dear\" { driver = vonage cost = \"3 USD\" }\n"
			  "route \"default\" { channels = {whatsapp, dear} }\nlimits { cost_per_day = \"2 USD\" }\n");
	fixture_report_failed(&f, FAILURE_TRANSIENT);
	memset(&reply, 0, sizeof(reply));
	assert_int_equal(outbox_claim(&f.engine, f.tx, &(struct outbox_batch){0}, &reply), 0);
	assert_int_equal(reply.note_priority, LOG_ERR);
	assert_non_null(strstr(reply.note, "not sent: the cap of 2.00 USD a day for all channels is reached"));
}

/* Scores */

#define ADAPTIVE                                                                                                       \
	"channel \"wa\" { driver = whatsapp_cloud receipts = webhook }\n"                                              \
	"route \"default\" { channels = {wa, sms} order = adaptive }\n"

static void the_impatient_do_not_turn_a_country_round(void **state)
{
	struct person p;

	(void)state;
	fixture_configure(&f, ADAPTIVE);
	p = begins("alice", "sshd");
	fixture_report_sent(&f);
	fixture_advance(&f, 1);
	assert_int_equal(person_types(&p, "s"), 0);
	assert_string_equal(f.last.channel, "sms");
	assert_int_equal(success_of("wa"), SCORE_FULL);
}

static void a_message_is_rated_once(void **state)
{
	char id[WIRE_ID_MAX];
	struct score score;
	int64_t once;

	(void)state;
	fixture_configure(&f, ADAPTIVE);
	begins("alice", "sshd");
	memcpy(id, f.last.id, sizeof(id));
	fixture_report_sent(&f);
	fixture_advance(&f, 25);
	assert_int_equal(fixture_deliver(&f), 1); /* silence */
	once = success_of("wa");
	assert_true(once < SCORE_FULL);
	fixture_receipt(&f, id, RECEIPT_FAILED, "131000");
	assert_int_equal(success_of("wa"), once);
	/* It arrived all the same: how long that took is worth knowing, and what the provider says counts. */
	fixture_advance(&f, 900);
	receives(id, RECEIPT_DELIVERED, f.clock.wall - 900 + 5);
	assert_int_equal(store_score_get(f.tx, "+966", "wa", &score), 1);
	assert_int_equal(score.deliveries, 1);
	assert_true(score.bucket[10] > 0); /* up to 30 s */
}

static void of_a_channel_without_receipts_silence_says_nothing(void **state)
{
	(void)state;
	fixture_configure(&f, "route \"default\" { channels = {whatsapp, sms} order = adaptive }\n");
	begins("alice", "sshd");
	fixture_report_sent(&f);
	fixture_advance(&f, 25);
	assert_int_equal(fixture_deliver(&f), 1);
	assert_int_equal(success_of("whatsapp"), SCORE_FULL);
}

/* Signals that come again */

static void sends_a_message(const char *message_id)
{
	struct sent sent = {0};

	snprintf(sent.id, sizeof(sent.id), "%s", f.last.id);
	snprintf(sent.message_id, sizeof(sent.message_id), "%s", message_id);
	memset(&reply, 0, sizeof(reply));
	assert_int_equal(outcome_sent(&f.engine, f.tx, &sent, &reply), 0);
}

static void what_is_told_again_locks_nobody_again(void **state)
{
	struct signal button = {.provider = "meta",
				.kind = SIGNAL_NOT_REQUESTED,
				.message_id = "wamid.1",
				.phone = ALICE,
				.at = (uint64_t)f.clock.wall};

	(void)state;
	begins("alice", "sshd");
	sends_a_message("wamid.1");
	hears(button);
	assert_int_equal(reply.alarm_count, 1);
	fixture_advance(&f, 3700);
	hears(button);
	assert_int_equal(reply.alarm_count, 0);
	assert_true(fixture_enrolment(&f, "alice").locked_until <= f.clock.now);
	fixture_advance(&f, 6 * 86400);
	hears(button);
	assert_true(fixture_enrolment(&f, "alice").locked_until <= f.clock.now);
	/* A button under a message that is not ours. */
	strcpy(button.message_id, "wamid.of-another-app");
	button.at = (uint64_t)f.clock.wall;
	hears(button);
	assert_true(fixture_enrolment(&f, "alice").locked_until <= f.clock.now);
}

static void a_change_that_was_dealt_with_suspends_nobody_again(void **state)
{
	struct signal moved = {
		.provider = "meta", .kind = SIGNAL_NUMBER_CHANGED, .phone = ALICE, .at = (uint64_t)f.clock.wall};
	union admin_request request = {0};

	(void)state;
	hears(moved);
	assert_int_equal(fixture_enrolment(&f, "alice").state, ENROLMENT_STALE);
	fixture_advance(&f, 60);
	strcpy(request.user.user, "alice");
	fixture_ask(&f, &wire_resume, &request, &page, &reply);
	hears(moved);
	assert_int_equal(fixture_enrolment(&f, "alice").state, ENROLMENT_ACTIVE);
	moved.at = (uint64_t)f.clock.wall + 1000; /* later, whatever its clock says */
	fixture_advance(&f, 1);
	hears(moved);
	assert_int_equal(fixture_enrolment(&f, "alice").state, ENROLMENT_STALE);
}

static void a_strangers_number_is_not_enrolled(void **state)
{
	struct signal button = {.provider = "meta", .kind = SIGNAL_NOT_REQUESTED, .message_id = "wamid.2"};
	union admin_request request = {0};
	struct ask asked;

	(void)state;
	strcpy(request.enroll.user, "bob");
	strcpy(request.enroll.phone, "+966500000099");
	fixture_ask(&f, &wire_enroll, &request, &page, &reply);
	asked = reply.ask;
	sends_a_message("wamid.2");
	hears(button);
	assert_string_equal(reply.alarm[0].subject, "bob");
	assert_non_null(strstr(reply.alarm[0].text, "is it theirs?"));
	memset(&request, 0, sizeof(request));
	memcpy(request.enroll_answer.challenge, asked.challenge, sizeof(asked.challenge));
	snprintf(request.enroll_answer.text, sizeof(request.enroll_answer.text), "%s", f.last.code);
	fixture_ask(&f, &wire_enroll_answer, &request, &page, &reply);
	assert_int_equal(reply.done.result, RESULT_DENY);
}

static void the_same_id_of_two_providers(void **state)
{
	char whatsapp[WIRE_ID_MAX];
	struct receipt receipt = {.provider = "generic", .state = RECEIPT_DELIVERED, .message_id = "17"};
	struct person p;

	(void)state;
	begins("alice", "sshd");
	memcpy(whatsapp, f.last.id, sizeof(whatsapp));
	sends_a_message("17");
	fixture_enroll(&f, "bob", "+966500000098");
	fixture_configure(&f, "route \"default\" { channels = {sms} }\n");
	p = begins("bob", "sshd");
	sends_a_message("17");
	memset(&reply, 0, sizeof(reply));
	assert_int_equal(outcome_receipt(&f.engine, f.tx, &receipt, &reply), 0);
	assert_int_equal(fixture_delivery(&f, p.challenge, 0), DELIVERY_DELIVERED);
	receives(whatsapp, RECEIPT_DELIVERED, 0);
}

/* Alarms */

static void of_many_alarms_none_is_forgotten(void **state)
{
	unsigned told = 0;
	char subject[32];

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		if (i % 4 == 0)
			memset(&reply, 0, sizeof(reply));
		for (unsigned twice = 0; twice < 2; twice++) {
			snprintf(subject, sizeof(subject), "user %u", i % 6);
			assert_int_equal(alarm_raise(&f.engine, f.tx, &reply, "identity", subject, "x"), 0);
		}
		told += i % 4 == 3 ? (unsigned)reply.alarm_count : 0;
	}
	assert_int_equal(told, 6);
	for (unsigned i = 0; i < 500; i++) {
		snprintf(subject, sizeof(subject), "subject %u", i);
		memset(&reply, 0, sizeof(reply));
		assert_int_equal(alarm_raise(&f.engine, f.tx, &reply, "account", subject, "x"), 0);
	}
	assert_int_equal(reply.alarm_count, 0); /* "and others" was told within the hour */
}

static void a_fault_from_the_wire_closes_nothing_for_years(void **state)
{
	struct fault why = {.breaker = BREAKER_CHANNEL, .breaker_seconds = UINT64_MAX};
	struct breaker_state breaker = {0};

	(void)state;
	assert_true(breaker_fail(&breaker, &why, &f.config->limits, f.clock.now));
	assert_false(breaker_is_open(&breaker, f.clock.now + 86400 * SECOND));
}

/* Admins */

static void verifying_forgives_nothing(void **state)
{
	struct enrolment e = fixture_enrolment(&f, "alice");
	union admin_request request = {0};
	char challenge[WIRE_ID_MAX];

	(void)state;
	e.failures = 42;
	e.last_login_at = 1234567;
	e.state = ENROLMENT_STALE;
	assert_int_equal(store_enrolment_put(f.tx, &e), 0);
	strcpy(request.user.user, "alice");
	fixture_ask(&f, &wire_verify, &request, &page, &reply);
	memcpy(challenge, reply.ask.challenge, sizeof(challenge));
	memset(&request, 0, sizeof(request));
	memcpy(request.enroll_answer.challenge, challenge, sizeof(challenge));
	snprintf(request.enroll_answer.text, sizeof(request.enroll_answer.text), "%s", f.last.code);
	fixture_ask(&f, &wire_enroll_answer, &request, &page, &reply);
	assert_int_equal(reply.done.result, RESULT_ALLOW);
	e = fixture_enrolment(&f, "alice");
	assert_int_equal(e.state, ENROLMENT_ACTIVE);
	assert_int_equal(e.failures, 42);
	assert_int_equal(e.last_login_at, 1234567);
	e.locked_until = f.clock.now + SECOND;
	assert_int_equal(store_enrolment_put(f.tx, &e), 0);
	memset(&request, 0, sizeof(request));
	strcpy(request.user.user, "alice");
	fixture_ask(&f, &wire_verify, &request, &page, &reply);
	assert_string_equal(reply.done.reason, "alice is locked: unlock comes first");
}

static void a_test_says_why_nothing_can_be_sent(void **state)
{
	union admin_request request = {0};

	(void)state;
	fixture_configure(&f, "limits { countries = {\"+49\"} }\n");
	strcpy(request.user.user, "alice");
	fixture_ask(&f, &wire_test, &request, &page, &reply);
	assert_non_null(strstr(reply.done.reason, "limits { countries } does not have +966"));
	strcpy(request.user.channel, "sms");
	fixture_ask(&f, &wire_test, &request, &page, &reply);
	assert_non_null(strstr(reply.done.reason, "limits { countries } does not have +966"));
	assert_int_equal(f.messages, 0);
}

static void a_link_ends_with_its_user(void **state)
{
	union admin_request request = {0};
	struct linked linked = {.address = "4711"};

	(void)state;
	fixture_configure(&f, "channel \"bot\" { driver = telegram_bot bot_name = OtpBot }\n");
	strcpy(request.link_begin.user, "alice");
	strcpy(request.link_begin.channel, "bot");
	fixture_ask(&f, &wire_link_begin, &request, &page, &reply);
	memcpy(linked.nonce, reply.link.nonce, sizeof(linked.nonce));
	memset(&request, 0, sizeof(request));
	strcpy(request.user.user, "alice");
	fixture_ask(&f, &wire_remove, &request, &page, &reply);
	fixture_enroll(&f, "alice", "+966500000097"); /* another one */
	memset(&reply, 0, sizeof(reply));
	assert_int_equal(addresses_linked(&f.engine, f.tx, &linked, &reply), 0);
	assert_string_equal(reply.note, "");
}

static void a_crowd_of_interrupted_messages_is_told_in_one_line(void **state)
{
	(void)state;
	fixture_configure(&f, UNLIMITED);
	for (unsigned i = 0; i < 40; i++) {
		char service[16];

		snprintf(service, sizeof(service), "s%u", i);
		begins("alice", service);
	}
	fixture_advance(&f, 5);
	memset(&reply, 0, sizeof(reply));
	assert_int_equal(outcome_recover(&f.engine, f.tx, f.clock.now, &reply), OUTCOME_BATCH_MAX);
	assert_non_null(strstr(reply.note, "32 messages were interrupted"));
	memset(&reply, 0, sizeof(reply));
	assert_int_equal(outcome_recover(&f.engine, f.tx, f.clock.now, &reply), 8);
	assert_int_equal(reply.events.count, 8);
}

static void nobody_waits_so_the_log_does_not_promise_a_message(void **state)
{
	struct failed failed = {.why = {.failure = FAILURE_TRANSIENT, .code = "131000", .detail = "x"}};
	struct person p = begins("alice", "sshd");

	(void)state;
	memcpy(failed.id, f.last.id, sizeof(failed.id));
	person_leaves(&p);
	memset(&reply, 0, sizeof(reply));
	assert_int_equal(outcome_failed(&f.engine, f.tx, &failed, &reply), 0);
	assert_non_null(strstr(reply.note, "once somebody waits again"));
	assert_int_equal(fixture_deliver(&f), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_proves_nothing_sees_the_same_for_everybody),
		TEST(typing_s_does_not_pass_the_cap),
		TEST(a_refund_stays_in_its_hour),
		TEST(a_fallback_that_is_too_dear_is_told),
		TEST(the_impatient_do_not_turn_a_country_round),
		TEST(a_message_is_rated_once),
		TEST(of_a_channel_without_receipts_silence_says_nothing),
		TEST(what_is_told_again_locks_nobody_again),
		TEST(a_change_that_was_dealt_with_suspends_nobody_again),
		TEST(a_strangers_number_is_not_enrolled),
		TEST(the_same_id_of_two_providers),
		TEST(of_many_alarms_none_is_forgotten),
		TEST(a_fault_from_the_wire_closes_nothing_for_years),
		TEST(verifying_forgives_nothing),
		TEST(a_test_says_why_nothing_can_be_sent),
		TEST(a_link_ends_with_its_user),
		TEST(a_crowd_of_interrupted_messages_is_told_in_one_line),
		TEST(nobody_waits_so_the_log_does_not_promise_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
