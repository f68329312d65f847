/* daemon/core/admin: what an admin asks for, and what the tool is answered. */
#include "daemon/core/addresses.h"
#include "daemon/core/admin.h"
#include "daemon/core/store_challenge.h"
#include "tests/unit/person.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define ALICE "+966512345634"

static struct fixture f;
static struct admin_page page;
static struct reply reply;
static union admin_request request;
static char code[WIRE_CODE_MAX];

static int set_up(void **state)
{
	(void)state;
	fixture_open(&f, "");
	memset(&request, 0, sizeof(request));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

/* Runs an op with the request that was filled in. */
static void run(const struct wire_message *message)
{
	fixture_ask(&f, message, &request, &page, &reply);
	if (reply.has_send)
		snprintf(code, sizeof(code), "%s", reply.send.code);
}

static void expect_done(enum result result, const char *reason)
{
	if (reply.kind != REPLY_DONE)
		fail_msg("asked: %s", reply.ask.prompt);
	assert_int_equal(reply.done.result, result);
	if (!strstr(reply.done.reason, reason))
		fail_msg("%s", reply.done.reason);
}

static void expect_ask(const char *part)
{
	if (reply.kind != REPLY_ASK)
		fail_msg("%s", reply.done.reason);
	if (!strstr(reply.ask.prompt, part))
		fail_msg("%s", reply.ask.prompt);
}

static void for_user(const struct wire_message *message, const char *user)
{
	memset(&request, 0, sizeof(request));
	snprintf(request.user.user, sizeof(request.user.user), "%s", user);
	page.after[0] = '\0';
	run(message);
}

static void enrolls(const char *user, const char *phone, bool no_verify)
{
	memset(&request, 0, sizeof(request));
	snprintf(request.enroll.user, sizeof(request.enroll.user), "%s", user);
	snprintf(request.enroll.phone, sizeof(request.enroll.phone), "%s", phone);
	snprintf(request.enroll.consent, sizeof(request.enroll.consent), "I agree");
	request.enroll.no_verify = no_verify;
	run(&wire_enroll);
}

static void answers(const char *challenge, const char *text)
{
	char id[WIRE_ID_MAX];

	snprintf(id, sizeof(id), "%s", challenge);
	memset(&request, 0, sizeof(request));
	snprintf(request.enroll_answer.challenge, sizeof(request.enroll_answer.challenge), "%s", id);
	snprintf(request.enroll_answer.text, sizeof(request.enroll_answer.text), "%s", text);
	run(&wire_enroll_answer);
}

static const char *wrong(void)
{
	return strcmp(code, "111111") == 0 ? "222222" : "111111";
}

static void a_number_is_proven_before_it_counts(void **state)
{
	char id[WIRE_ID_MAX];

	(void)state;
	enrolls("alice", "00966 51 234 5634", false);
	expect_ask("Code sent to WhatsApp (…34), by SMS in 25 s");
	snprintf(id, sizeof(id), "%s", reply.ask.challenge);
	assert_string_equal(f.last.to, ALICE);
	assert_string_equal(f.last.service, "enrolment");
	assert_int_equal(f.last.minutes, 10);
	assert_int_equal(store_enrolment_get(f.tx, "alice", &(struct enrolment){0}), 0);
	answers(id, wrong());
	expect_ask("Wrong code, 4 tries left.");
	answers(id, "?");
	expect_ask("Type the code");
	answers(id, code);
	expect_done(RESULT_ALLOW, "alice is enrolled");
	assert_string_equal(reply.note, "alice is enrolled with …34 by root");
	answers(id, code);
	expect_done(RESULT_DENY, "no enrolment waits for this code: enroll again");

	for_user(&wire_show, "alice");
	expect_done(RESULT_ALLOW, "");
	assert_int_equal(page.count, 1);
	assert_string_equal(page.items[0].enrolment.user, "alice");
	assert_string_equal(page.items[0].enrolment.phone, "…34");
	assert_string_equal(page.items[0].enrolment.state, "active");
	assert_string_equal(page.items[0].enrolment.consent, "I agree");
	assert_string_equal(page.items[0].enrolment.consent_by, "root");
	assert_true(page.items[0].enrolment.verified);
	assert_int_equal(page.items[0].enrolment.enrolled_at, f.clock.wall);
}

static void an_enrolment_ends_without_the_code(void **state)
{
	char id[WIRE_ID_MAX];

	(void)state;
	enrolls("alice", ALICE, false);
	snprintf(id, sizeof(id), "%s", reply.ask.challenge);
	for (int i = 0; i < 4; i++) {
		answers(id, wrong());
		expect_ask("left");
	}
	answers(id, wrong());
	expect_done(RESULT_DENY, "wrong code, no try left: enroll again");
	answers(id, code);
	expect_done(RESULT_DENY, "no enrolment waits");

	enrolls("alice", ALICE, false);
	snprintf(id, sizeof(id), "%s", reply.ask.challenge);
	answers(id, "");
	expect_done(RESULT_DENY, "no code typed: nothing has changed");
	fixture_advance(&f, 600);
	answers(id, code);
	expect_done(RESULT_DENY, "the code is too old: enroll again");
	assert_int_equal(store_enrolment_get(f.tx, "alice", &(struct enrolment){0}), 0);
}

static void enrolling_again_voids_the_first_code(void **state)
{
	char first[WIRE_ID_MAX], first_code[WIRE_CODE_MAX];

	(void)state;
	enrolls("alice", ALICE, false);
	snprintf(first, sizeof(first), "%s", reply.ask.challenge);
	snprintf(first_code, sizeof(first_code), "%s", code);
	enrolls("alice", "+4915112345678", false);
	answers(first, first_code);
	expect_done(RESULT_DENY, "no enrolment waits");
}

static void an_enrolments_code_opens_no_login(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	enrolls("alice", ALICE, false);
	assert_int_equal(person_begins(&alice), 0);
	snprintf(alice.challenge, sizeof(alice.challenge), "%s", reply.ask.challenge);
	assert_int_equal(person_types(&alice, code), 0);
	expect_result(&alice, RESULT_DENY);
	/* And a login's challenge enrols nobody. */
	fixture_enroll(&f, "bob", "+4915112345678");
	alice = person_by_ssh(&f, "bob");
	assert_int_equal(person_begins(&alice), 0);
	answers(alice.challenge, alice.code);
	expect_done(RESULT_DENY, "no enrolment waits");
}

static void an_admin_can_vouch_for_a_number(void **state)
{
	(void)state;
	enrolls("alice", ALICE, true);
	expect_done(RESULT_ALLOW, "alice is enrolled");
	assert_non_null(strstr(reply.note, "not verified"));
	assert_int_equal(f.messages, 0);
	assert_false(fixture_enrolment(&f, "alice").verified);
}

static void bad_requests_are_refused_in_a_sentence(void **state)
{
	static const struct {
		const char *user, *phone, *channel, *lang, *reason;
	} rows[] = {
		{"bob", "0512345634", "", "", "the number is not E.164: + and the country's code come first"},
		{"bob", ALICE, "pigeon", "", "there is no channel \"pigeon\" in the config"},
		{"bob", ALICE, "", "en;rm", "is no language such as"},
		{"alice", ALICE, "", "", "alice is already enrolled: remove the enrolment first"},
		{"", ALICE, "", "", "the user's name is empty"},
	};

	(void)state;
	fixture_enroll(&f, "alice", ALICE);
	for (size_t i = 0; i < COUNT(rows); i++) {
		memset(&request, 0, sizeof(request));
		snprintf(request.enroll.user, sizeof(request.enroll.user), "%s", rows[i].user);
		snprintf(request.enroll.phone, sizeof(request.enroll.phone), "%s", rows[i].phone);
		snprintf(request.enroll.channel, sizeof(request.enroll.channel), "%s", rows[i].channel);
		snprintf(request.enroll.lang, sizeof(request.enroll.lang), "%s", rows[i].lang);
		run(&wire_enroll);
		expect_done(RESULT_DENY, rows[i].reason);
		assert_null(strstr(reply.done.reason, "12345634"));
	}
	assert_int_equal(f.messages, 0);
}

static void who_is_not_enrolled_cannot_be_changed(void **state)
{
	static const struct wire_message *const ops[] = {&wire_show,   &wire_set,    &wire_suspend, &wire_resume,
							 &wire_unlock, &wire_remove, &wire_test};

	(void)state;
	for (size_t i = 0; i < COUNT(ops); i++) {
		for_user(ops[i], "nobody");
		expect_done(RESULT_DENY, "nobody is not enrolled");
	}
}

static void an_enrolment_is_set_suspended_resumed_removed(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	fixture_enroll(&f, "alice", ALICE);
	memset(&request, 0, sizeof(request));
	snprintf(request.set.user, sizeof(request.set.user), "alice");
	snprintf(request.set.channel, sizeof(request.set.channel), "sms");
	snprintf(request.set.lang, sizeof(request.set.lang), "ar");
	run(&wire_set);
	expect_done(RESULT_ALLOW, "alice is changed");
	assert_string_equal(fixture_enrolment(&f, "alice").channel, "sms");
	snprintf(request.set.channel, sizeof(request.set.channel), "auto");
	request.set.lang[0] = '\0';
	run(&wire_set);
	assert_string_equal(fixture_enrolment(&f, "alice").channel, "");
	assert_string_equal(fixture_enrolment(&f, "alice").lang, "ar");
	snprintf(request.set.channel, sizeof(request.set.channel), "pigeon");
	run(&wire_set);
	expect_done(RESULT_DENY, "there is no channel \"pigeon\"");

	assert_int_equal(person_begins(&alice), 0);
	assert_string_equal(f.last.lang, "ar");
	for_user(&wire_suspend, "alice");
	expect_done(RESULT_ALLOW, "alice is suspended");
	assert_int_equal(person_types(&alice, alice.code), 0);
	expect_result(&alice, RESULT_DENY); /* the open challenge went with it */
	for_user(&wire_suspend, "alice");
	expect_done(RESULT_ALLOW, "alice was suspended before");
	for_user(&wire_resume, "alice");
	expect_done(RESULT_ALLOW, "alice is active");
	assert_int_equal(person_begins(&alice), 0);
	assert_int_equal(f.messages, 2);
	for_user(&wire_remove, "alice");
	expect_done(RESULT_ALLOW, "alice is removed");
	assert_int_equal(person_types(&alice, alice.code), 0);
	expect_result(&alice, RESULT_DENY);
	for_user(&wire_show, "alice");
	expect_done(RESULT_DENY, "alice is not enrolled");
}

static void an_unlocked_user_can_log_in(void **state)
{
	struct enrolment e;

	(void)state;
	fixture_enroll(&f, "alice", ALICE);
	e = fixture_enrolment(&f, "alice");
	e.failures = 10;
	e.locked_for = 1800 * SECOND;
	e.locked_until = f.clock.now + e.locked_for;
	assert_int_equal(store_enrolment_put(f.tx, &e), 0);
	for_user(&wire_show, "alice");
	assert_string_equal(page.items[0].enrolment.state, "locked");
	assert_int_equal(page.items[0].enrolment.locked_seconds, 1800);
	for_user(&wire_test, "alice");
	expect_done(RESULT_DENY, "");
	for_user(&wire_unlock, "alice");
	expect_done(RESULT_ALLOW, "alice is unlocked");
	assert_string_equal(reply.note, "alice was unlocked by root after 10 failures");
	for_user(&wire_show, "alice");
	assert_string_equal(page.items[0].enrolment.state, "active");
	e.failures = 100;
	assert_int_equal(store_enrolment_put(f.tx, &e), 0);
	for_user(&wire_show, "alice");
	assert_string_equal(page.items[0].enrolment.state, "disabled");
}

static void a_test_sends_one_message_and_tells_what_became_of_it(void **state)
{
	char id[WIRE_ID_MAX];

	(void)state;
	fixture_enroll(&f, "alice", ALICE);
	for_user(&wire_test, "alice");
	expect_done(RESULT_ALLOW, "a code is on its way");
	assert_int_equal(f.messages, 1);
	snprintf(id, sizeof(id), "%s", reply.done.challenge);
	fixture_report_sent(&f);
	fixture_advance(&f, 60);
	assert_int_equal(fixture_deliver(&f), 0);
	memset(&request, 0, sizeof(request));
	snprintf(request.deliveries.challenge, sizeof(request.deliveries.challenge), "%s", id);
	run(&wire_deliveries);
	expect_done(RESULT_ALLOW, "");
	assert_int_equal(page.count, 2);
	assert_string_equal(page.items[0].delivery.channel, "whatsapp");
	assert_string_equal(page.items[0].delivery.state, "sent");
	assert_string_equal(page.items[1].delivery.state, "paused");

	memset(&request, 0, sizeof(request));
	snprintf(request.user.user, sizeof(request.user.user), "alice");
	snprintf(request.user.channel, sizeof(request.user.channel), "sms");
	run(&wire_test);
	assert_string_equal(f.last.channel, "sms");
	fixture_report_failed(&f, FAILURE_CONFIG);
	snprintf(request.deliveries.challenge, sizeof(request.deliveries.challenge), "%s", reply.done.challenge);
	run(&wire_deliveries);
	assert_int_equal(page.count, 1);
	assert_string_equal(page.items[0].delivery.state, "failed");
	assert_string_equal(page.items[0].delivery.code, "131026");
	snprintf(request.deliveries.challenge, sizeof(request.deliveries.challenge), "nonsense");
	run(&wire_deliveries);
	expect_done(RESULT_DENY, "there is no such challenge");
}

static void a_test_that_fails_goes_by_the_next_channel(void **state)
{
	(void)state;
	fixture_enroll(&f, "alice", ALICE);
	for_user(&wire_test, "alice");
	fixture_report_failed(&f, FAILURE_UNDELIVERABLE);
	assert_int_equal(fixture_deliver(&f), 1);
	assert_string_equal(f.last.channel, "sms");
}

static void tests_are_limited_too(void **state)
{
	(void)state;
	fixture_enroll(&f, "alice", ALICE);
	for (int i = 0; i < 3; i++)
		for_user(&wire_test, "alice");
	for_user(&wire_test, "alice");
	expect_done(RESULT_DENY, "a limit is reached: try again later");
	assert_int_equal(f.messages, 3);
}

/* Counts the items of all pages. */
static size_t read_pages(const struct wire_message *message)
{
	size_t count = 0;

	memset(&request, 0, sizeof(request));
	page.after[0] = '\0';
	do {
		run(message);
		expect_done(RESULT_ALLOW, "");
		count += page.count;
	} while (page.more);
	return count;
}

static void lists_come_in_pages(void **state)
{
	static const size_t sizes[] = {
		0, 1, ADMIN_PAGE_MAX - 1, ADMIN_PAGE_MAX, ADMIN_PAGE_MAX + 1, 3 * ADMIN_PAGE_MAX};
	size_t enrolled = 0;

	(void)state;
	fixture_configure(&f, "limits { per_source = {\"1000/1h\"} }");
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (; enrolled < sizes[i]; enrolled++) {
			char name[16], phone[24];
			struct person p;

			snprintf(name, sizeof(name), "user%zu", enrolled);
			snprintf(phone, sizeof(phone), "+96650000%04zu", enrolled);
			fixture_enroll(&f, name, phone);
			p = person_by_ssh(&f, name);
			assert_int_equal(person_begins(&p), 0);
		}
		assert_int_equal(read_pages(&wire_list), enrolled);
		assert_int_equal(read_pages(&wire_challenges), enrolled);
	}
}

static void numbers_are_shown_to_who_asks_for_them_and_that_is_noted(void **state)
{
	(void)state;
	fixture_enroll(&f, "alice", ALICE);
	memset(&request, 0, sizeof(request));
	snprintf(request.user.user, sizeof(request.user.user), "alice");
	request.user.reveal = true;
	run(&wire_show);
	assert_string_equal(page.items[0].enrolment.phone, ALICE);
	assert_string_equal(reply.note, "the number of alice was shown to root");
	page.after[0] = '\0';
	run(&wire_list);
	assert_string_equal(page.items[0].enrolment.phone, ALICE);
	assert_string_equal(reply.note, "the number of every user was shown to root");
	request.user.reveal = false;
	run(&wire_show);
	assert_string_equal(reply.note, "");
}

/* An answer that is not UTF-8 would end the admin's connection. */
static void an_email_address_is_masked_by_characters(void **state)
{
	char datagram[WIRE_DATAGRAM_MAX];

	(void)state;
	fixture_enroll(&f, "alice", ALICE);
	assert_int_equal(addresses_put(&f.engine, f.tx, "alice", "email", "émile@example.org"), 0);
	for_user(&wire_show, "alice");
	assert_string_equal(page.items[0].enrolment.email, "é…@example.org");
	assert_true(wire_encode(&wire_enrolment, &page.items[0].enrolment, datagram, sizeof(datagram)) > 0);
	request.user.reveal = true;
	run(&wire_show);
	assert_string_equal(page.items[0].enrolment.email, "émile@example.org");
}

static void challenges_show_who_waits(void **state)
{
	struct person alice = person_by_ssh(&f, "alice"), nobody = person_by_sudo(&f, "nobody");

	(void)state;
	fixture_enroll(&f, "alice", ALICE);
	assert_int_equal(person_begins(&alice), 0);
	assert_int_equal(person_types(&alice, wrong_code(&alice)), 0);
	assert_int_equal(person_begins(&nobody), 0);
	fixture_advance(&f, 100);
	assert_int_equal(read_pages(&wire_challenges), 2);
	for (size_t i = 0; i < 2; i++) {
		const struct challenge_item *item = &page.items[i].challenge;
		bool is_alice = strcmp(item->user, "alice") == 0;

		assert_string_equal(item->service, is_alice ? "sshd" : "sudo");
		assert_string_equal(item->source, is_alice ? "192.0.2.1" : "/dev/pts/1 nobody");
		assert_string_equal(item->state, "open");
		assert_int_equal(item->tries, is_alice);
		assert_int_equal(item->sends, is_alice);
		assert_int_equal(item->seconds_left, 200);
	}
	fixture_advance(&f, 200);
	assert_int_equal(read_pages(&wire_challenges), 2);
	assert_string_equal(page.items[0].challenge.state, "expired");
}

static void health_counts_what_is_open(void **state)
{
	(void)state;
	memset(&request, 0, sizeof(request));
	run(&wire_health);
	expect_done(RESULT_ALLOW, "");
	assert_string_equal(page.items[0].health.name, "store");
	assert_string_equal(page.items[0].health.state, "ok");
	assert_string_equal(page.items[0].health.detail, "0 open challenges");
}

static void auditors_may_read_and_nothing_else(void **state)
{
	static const struct wire_message *const reads[] = {&wire_list,       &wire_show,   &wire_challenges,
							   &wire_deliveries, &wire_health, &wire_alarms,
							   &wire_breakers,   &wire_stats,  &wire_route_explain};

	(void)state;
	for (size_t i = 0; i < admin_op_count; i++) {
		bool read = false;

		for (size_t k = 0; k < COUNT(reads); k++)
			read = read || admin_ops[i].request == reads[k];
		assert_int_equal(admin_ops[i].reads, read);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_number_is_proven_before_it_counts),
		TEST(an_enrolment_ends_without_the_code),
		TEST(enrolling_again_voids_the_first_code),
		TEST(an_enrolments_code_opens_no_login),
		TEST(an_admin_can_vouch_for_a_number),
		TEST(bad_requests_are_refused_in_a_sentence),
		TEST(who_is_not_enrolled_cannot_be_changed),
		TEST(an_enrolment_is_set_suspended_resumed_removed),
		TEST(an_unlocked_user_can_log_in),
		TEST(a_test_sends_one_message_and_tells_what_became_of_it),
		TEST(a_test_that_fails_goes_by_the_next_channel),
		TEST(tests_are_limited_too),
		TEST(lists_come_in_pages),
		TEST(numbers_are_shown_to_who_asks_for_them_and_that_is_noted),
		TEST(an_email_address_is_masked_by_characters),
		TEST(challenges_show_who_waits),
		TEST(health_counts_what_is_open),
		TEST(auditors_may_read_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
