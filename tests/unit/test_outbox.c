/* daemon/core/outbox: which message goes out next, by what became of the one before. */
#include "daemon/core/outcome.h"
#include "daemon/core/store_challenge.h"
#include "tests/unit/person.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

static struct fixture f;
static struct person alice;

/* Alice has begun: WhatsApp is on its way, SMS is planned. */
static int set_up(void **state)
{
	(void)state;
	fixture_open(&f, "");
	fixture_enroll(&f, "alice", "+966512345634");
	alice = person_by_ssh(&f, "alice");
	return person_begins(&alice);
}

static int tear_down(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void expect_deliveries(int64_t whatsapp, int64_t sms)
{
	assert_int_equal(fixture_delivery(&f, alice.challenge, 0), whatsapp);
	assert_int_equal(fixture_delivery(&f, alice.challenge, 1), sms);
	assert_int_equal(fixture_delivery(&f, alice.challenge, 2), -1);
}

/* What a decision leaves for after the commit. */
static struct reply reply;

static int64_t next_due(void)
{
	struct outbox_batch batch;

	assert_int_equal(outbox_claim(&f.engine, f.tx, &batch, &reply), 0);
	assert_int_equal(batch.count, 0);
	return batch.next_due;
}

static void the_plan_is_whatsapp_now_and_sms_in_25_seconds(void **state)
{
	(void)state;
	expect_deliveries(DELIVERY_SENDING, DELIVERY_PLANNED);
	assert_int_equal(alice.reply.due, f.clock.now + 25 * SECOND);
	assert_int_equal(next_due(), f.clock.now + 25 * SECOND);
}

static void a_silent_phone_gets_an_sms(void **state)
{
	char code[WIRE_CODE_MAX], id[WIRE_ID_MAX];

	(void)state;
	snprintf(code, sizeof(code), "%s", f.last.code);
	snprintf(id, sizeof(id), "%s", f.last.id);
	fixture_report_sent(&f);
	expect_deliveries(DELIVERY_SENT, DELIVERY_PLANNED);
	f.clock.now += 25 * SECOND - 1;
	assert_int_equal(fixture_deliver(&f), 0);
	f.clock.now += 1;
	assert_int_equal(fixture_deliver(&f), 1);
	assert_string_equal(f.last.channel, "sms");
	assert_string_equal(f.last.code, code);
	assert_string_equal(f.last.address, "192.0.2.1");
	assert_int_equal(f.last.minutes, 5);
	assert_string_not_equal(f.last.id, id);
	expect_deliveries(DELIVERY_SENT, DELIVERY_SENDING);
	assert_int_equal(next_due(), INT64_MAX);
	assert_int_equal(person_types(&alice, code), 0);
	expect_result(&alice, RESULT_ALLOW);
}

static void a_failure_moves_the_sms_up(void **state)
{
	static const enum failure failures[] = {FAILURE_UNDELIVERABLE, FAILURE_TRANSIENT, FAILURE_CONFIG};

	(void)state;
	for (size_t i = 0; i < COUNT(failures); i++) {
		fixture_report_failed(&f, failures[i]);
		expect_deliveries(DELIVERY_FAILED, DELIVERY_PLANNED);
		assert_int_equal(fixture_deliver(&f), 1);
		assert_string_equal(f.last.channel, "sms");
		expect_deliveries(DELIVERY_FAILED, DELIVERY_SENDING);
		fixture_advance(&f, 3600);
		assert_int_equal(person_begins(&alice), 0);
	}
}

static void an_unknown_outcome_never_goes_the_same_way_again(void **state)
{
	(void)state;
	fixture_report_failed(&f, FAILURE_UNKNOWN_OUTCOME);
	expect_deliveries(DELIVERY_UNKNOWN, DELIVERY_PLANNED);
	assert_int_equal(fixture_deliver(&f), 1);
	assert_string_equal(f.last.channel, "sms");
	fixture_report_failed(&f, FAILURE_UNKNOWN_OUTCOME);
	expect_deliveries(DELIVERY_UNKNOWN, DELIVERY_UNKNOWN);
	fixture_advance(&f, 200);
	assert_int_equal(fixture_deliver(&f), 0);
	assert_int_equal(f.messages, 2);
}

static void when_nothing_arrives_the_prompt_says_so(void **state)
{
	(void)state;
	fixture_report_failed(&f, FAILURE_UNDELIVERABLE);
	assert_int_equal(fixture_deliver(&f), 1);
	fixture_report_failed(&f, FAILURE_CONFIG);
	expect_deliveries(DELIVERY_FAILED, DELIVERY_FAILED);
	person_leaves(&alice);
	assert_int_equal(person_begins(&alice), 0);
	expect_prompt(&alice, "The code could not be delivered; r sends a new one.");
	fixture_advance(&f, 30);
	assert_int_equal(person_types(&alice, "r"), 0);
	assert_int_equal(f.messages, 3);
	assert_string_equal(f.last.channel, "whatsapp");
}

static void failures_are_told_without_the_number(void **state)
{
	static const char *const endings[] = {"the next channel is tried", "the code was not delivered"};
	static const int priorities[] = {LOG_WARNING, LOG_ERR};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct failed failed = {
			.why = {.failure = FAILURE_UNDELIVERABLE, .code = "131026", .detail = "no account"}};
		memset(&reply, 0, sizeof(reply));

		snprintf(failed.id, sizeof(failed.id), "%s", f.last.id);
		assert_int_equal(outcome_failed(&f.engine, f.tx, &failed, &reply), 0);
		assert_int_equal(reply.note_priority, priorities[i]);
		assert_non_null(strstr(reply.note, "alice: "));
		assert_non_null(strstr(reply.note, "undeliverable 131026: no account; "));
		assert_non_null(strstr(reply.note, endings[i]));
		assert_null(strstr(reply.note, "5634"));
		assert_null(strstr(reply.note, f.last.code));
		assert_int_equal(reply.due, f.clock.now);
		fixture_deliver(&f);
	}
}

static void report_sent(const char *id)
{
	struct sent sent = {.message_id = "wamid.x"};

	snprintf(sent.id, sizeof(sent.id), "%s", id);
	assert_int_equal(outcome_sent(&f.engine, f.tx, &sent, &reply), 0);
}

static void a_report_counts_once_and_only_for_what_is_on_its_way(void **state)
{
	char id[WIRE_ID_MAX];
	size_t length = strlen(f.last.id);

	(void)state;
	report_sent("");
	report_sent("not an id");
	report_sent("00112233445566778899aabbccddeeff");
	for (size_t i = 0; i < length; i++) { /* one digit wrong, or cut */
		snprintf(id, sizeof(id), "%s", f.last.id);
		id[i] = id[i] == 'f' ? '0' : 'f';
		report_sent(id);
		id[i] = '\0';
		report_sent(id);
	}
	memcpy(id, f.last.id, sizeof(id));
	strcpy(id + strlen(id), "0");
	report_sent(id);
	expect_deliveries(DELIVERY_SENDING, DELIVERY_PLANNED);
	fixture_report_sent(&f);
	fixture_report_failed(&f, FAILURE_UNDELIVERABLE); /* too late: it was sent */
	expect_deliveries(DELIVERY_SENT, DELIVERY_PLANNED);
	assert_int_equal(next_due(), f.clock.now + 25 * SECOND);
}

static void nobody_waits_nothing_is_sent(void **state)
{
	(void)state;
	person_leaves(&alice);
	expect_deliveries(DELIVERY_SENDING, DELIVERY_PAUSED);
	fixture_advance(&f, 60);
	assert_int_equal(fixture_deliver(&f), 0);
	assert_int_equal(person_begins(&alice), 0);
	assert_int_equal(alice.reply.due, f.clock.now);
	expect_deliveries(DELIVERY_SENDING, DELIVERY_PLANNED);
	assert_int_equal(fixture_deliver(&f), 1);
	assert_string_equal(f.last.channel, "sms");
	assert_int_equal(f.last.minutes, 4);
}

static void a_failure_while_nobody_waits_is_made_good_on_return(void **state)
{
	(void)state;
	person_leaves(&alice);
	fixture_report_failed(&f, FAILURE_UNDELIVERABLE);
	assert_int_equal(fixture_deliver(&f), 0);
	assert_int_equal(person_begins(&alice), 0);
	assert_int_equal(fixture_deliver(&f), 1);
}

static void every_end_cancels_what_was_planned(void **state)
{
	(void)state;
	assert_int_equal(person_types(&alice, alice.code), 0);
	expect_deliveries(DELIVERY_SENDING, DELIVERY_CANCELLED);

	assert_int_equal(person_begins(&alice), 0);
	for (int i = 0; i < 3; i++) {
		expect_deliveries(DELIVERY_SENDING, i ? DELIVERY_PAUSED : DELIVERY_PLANNED);
		assert_int_equal(person_types(&alice, wrong_code(&alice)), 0);
	}
	expect_deliveries(DELIVERY_SENDING, DELIVERY_CANCELLED); /* burned */

	assert_int_equal(person_begins(&alice), 0);
	assert_int_equal(store_challenge_cancel_user(f.tx, "alice"), 0);
	expect_deliveries(DELIVERY_SENDING, DELIVERY_CANCELLED);
	assert_int_equal(fixture_deliver(&f), 0);
}

static void a_failure_after_the_end_sends_nothing(void **state)
{
	(void)state;
	assert_int_equal(person_types(&alice, alice.code), 0);
	fixture_report_failed(&f, FAILURE_UNDELIVERABLE);
	expect_deliveries(DELIVERY_FAILED, DELIVERY_CANCELLED);
	assert_int_equal(fixture_deliver(&f), 0);
}

static void a_code_that_is_too_old_is_not_sent(void **state)
{
	(void)state;
	fixture_advance(&f, 300);
	assert_int_equal(fixture_deliver(&f), 0);
	expect_deliveries(DELIVERY_SENDING, DELIVERY_CANCELLED);
	assert_int_equal(next_due(), INT64_MAX);
}

static void a_new_code_ends_the_old_ones_plan(void **state)
{
	struct challenge c;

	(void)state;
	fixture_advance(&f, 24);
	person_leaves(&alice); /* paused: the SMS has not gone */
	fixture_advance(&f, 6);
	assert_int_equal(person_begins(&alice), 0);
	assert_int_equal(person_types(&alice, "r"), 0);
	c = fixture_challenge(&f, alice.challenge);
	assert_int_equal(c.generation, 2);
	fixture_advance(&f, 25);
	assert_int_equal(fixture_deliver(&f), 1);
	assert_string_equal(f.last.code, alice.code);
	assert_int_equal(f.messages, 3);
}

static void without_a_sender_everything_waits(void **state)
{
	struct outbox_batch batch;

	(void)state;
	f.engine.sender_ready = false;
	fixture_advance(&f, 26);
	assert_int_equal(outbox_claim(&f.engine, f.tx, &batch, &reply), 0);
	assert_int_equal(batch.count, 0);
	assert_true(batch.next_due <= f.clock.now);
	expect_deliveries(DELIVERY_SENDING, DELIVERY_PLANNED);
	assert_int_equal(person_types(&alice, "s"), 0);
	assert_false(alice.reply.has_send);
	assert_int_equal(alice.reply.due, f.clock.now);
	f.engine.sender_ready = true;
	assert_int_equal(fixture_deliver(&f), 1);
}

static void what_was_interrupted_has_an_unknown_outcome(void **state)
{
	struct person bob;

	(void)state;
	fixture_advance(&f, 10);
	fixture_enroll(&f, "bob", "+4915112345678");
	bob = person_by_ssh(&f, "bob");
	assert_int_equal(person_begins(&bob), 0);
	/* A sender connects at this moment and knows nothing of what the one before was given. */
	assert_int_equal(outcome_recover(&f.engine, f.tx, f.clock.now, &reply), 1);
	expect_deliveries(DELIVERY_UNKNOWN, DELIVERY_PLANNED);
	assert_int_equal(fixture_delivery(&f, bob.challenge, 0), DELIVERY_SENDING);
	assert_int_equal(fixture_deliver(&f), 1);
	assert_string_equal(f.last.channel, "sms");
	assert_string_equal(f.last.to, "+966512345634");
	/* What goes out late was handed over late. */
	assert_int_equal(outcome_recover(&f.engine, f.tx, f.clock.now, &reply), 0);
	expect_deliveries(DELIVERY_UNKNOWN, DELIVERY_SENDING);
}

static void a_crowd_is_served_in_batches(void **state)
{
	enum { CROWD = 2 * OUTBOX_BATCH_MAX + 5 };
	size_t left = CROWD + 1; /* Alice's SMS, too */

	(void)state;
	fixture_configure(&f, "limits { per_source = {\"1000/1h\"} }");
	f.engine.sender_ready = false;
	for (int i = 0; i < CROWD; i++) {
		char name[32], phone[24];
		struct person p;

		snprintf(name, sizeof(name), "user%d", i);
		snprintf(phone, sizeof(phone), "+96650000%04d", i);
		fixture_enroll(&f, name, phone);
		p = person_by_ssh(&f, name);
		assert_int_equal(person_begins(&p), 0);
	}
	f.engine.sender_ready = true;
	fixture_advance(&f, 25);
	left += CROWD;
	while (left > 0) {
		struct outbox_batch batch;

		assert_int_equal(outbox_claim(&f.engine, f.tx, &batch, &reply), 0);
		assert_int_equal(batch.count, left < OUTBOX_BATCH_MAX ? left : OUTBOX_BATCH_MAX);
		left -= batch.count;
		assert_true(left > 0 ? batch.next_due <= f.clock.now : batch.next_due == INT64_MAX);
		outbox_batch_wipe(&batch);
		assert_int_equal(batch.sends[0].code[0], 0);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_plan_is_whatsapp_now_and_sms_in_25_seconds),
		TEST(a_silent_phone_gets_an_sms),
		TEST(a_failure_moves_the_sms_up),
		TEST(an_unknown_outcome_never_goes_the_same_way_again),
		TEST(when_nothing_arrives_the_prompt_says_so),
		TEST(failures_are_told_without_the_number),
		TEST(a_report_counts_once_and_only_for_what_is_on_its_way),
		TEST(nobody_waits_nothing_is_sent),
		TEST(a_failure_while_nobody_waits_is_made_good_on_return),
		TEST(every_end_cancels_what_was_planned),
		TEST(a_failure_after_the_end_sends_nothing),
		TEST(a_code_that_is_too_old_is_not_sent),
		TEST(a_new_code_ends_the_old_ones_plan),
		TEST(without_a_sender_everything_waits),
		TEST(what_was_interrupted_has_an_unknown_outcome),
		TEST(a_crowd_is_served_in_batches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
