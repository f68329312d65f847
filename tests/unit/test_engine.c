/* daemon/core/engine: logins as those at the prompt live them, with a clock that the test moves. */
#include "daemon/core/store_challenge.h"
#include "tests/unit/person.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define ALICE "+966512345634"
#define BOB "+4915112345678"

static struct fixture f;

static int set_up(void **state)
{
	(void)state;
	fixture_open(&f, "");
	fixture_enroll(&f, "alice", ALICE);
	fixture_enroll(&f, "bob", BOB);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void begins(struct person *p)
{
	assert_int_equal(person_begins(p), 0);
}

static void types(struct person *p, const char *text)
{
	assert_int_equal(person_types(p, text), 0);
}

static void types_and_gets(struct person *p, const char *text, enum result result)
{
	types(p, text);
	expect_result(p, result);
}

/* The code of a challenge whether or not it was sent: what a thief of the master key would know. */
static const char *derived_code(const struct person *p)
{
	static char code[WIRE_CODE_MAX];
	struct challenge c = fixture_challenge(&f, p->challenge);

	assert_int_equal(keys_code(f.keys, c.id, c.generation, c.user, c.service, c.code_length, code), 0);
	return code;
}

/* One login */

static void ssh_sends_the_code_and_takes_it(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	begins(&alice);
	expect_prompt(&alice, "[web1] Code sent to WhatsApp (…34), by SMS in 25 s if it does not arrive. Code: ");
	assert_int_equal(f.messages, 1);
	assert_string_equal(f.last.to, ALICE);
	assert_string_equal(f.last.channel, "whatsapp");
	assert_string_equal(f.last.host, "web1");
	assert_string_equal(f.last.service, "sshd");
	assert_string_equal(f.last.address, "192.0.2.1");
	assert_int_equal(f.last.minutes, 5);
	assert_int_equal(strlen(f.last.code), 6);
	assert_null(strstr(alice.reply.ask.prompt, f.last.code));

	types_and_gets(&alice, f.last.code, RESULT_ALLOW);
	assert_int_equal(fixture_enrolment(&f, "alice").last_login_at, f.clock.wall);
	fixture_advance(&f, 3600);
	assert_int_equal(fixture_deliver(&f), 0); /* no SMS after it */
}

static void sudo_asks_before_it_sends(void **state)
{
	struct person alice = person_by_sudo(&f, "alice");

	(void)state;
	begins(&alice);
	expect_prompt(&alice, "[web1] Code from WhatsApp (…34), or Enter to send one: ");
	assert_int_equal(f.messages, 0);
	types(&alice, "");
	expect_prompt(&alice, "Code sent to WhatsApp (…34)");
	assert_int_equal(f.messages, 1);
	assert_string_equal(f.last.address, "");
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
}

static void a_code_may_be_typed_as_people_type_it(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");
	char spaced[32];

	(void)state;
	begins(&alice);
	snprintf(spaced, sizeof(spaced), " %.3s-%.3s ", alice.code, alice.code + 3);
	types_and_gets(&alice, spaced, RESULT_ALLOW);
}

static void three_typos_are_one_message(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");
	char right[WIRE_CODE_MAX];

	(void)state;
	begins(&alice);
	snprintf(right, sizeof(right), "%s", alice.code);
	types_and_gets(&alice, wrong_code(&alice), RESULT_DENY);
	begins(&alice); /* sshd starts over */
	expect_prompt(&alice, "Wrong code, 2 tries left. Code from WhatsApp (…34): ");
	types_and_gets(&alice, wrong_code(&alice), RESULT_DENY);
	begins(&alice);
	expect_prompt(&alice, "Wrong code, 1 try left.");
	types_and_gets(&alice, wrong_code(&alice), RESULT_LOCKED);
	assert_int_equal(f.messages, 1);
	types_and_gets(&alice, right, RESULT_LOCKED); /* burned: too late for the right one */
	begins(&alice);
	assert_int_equal(f.messages, 2); /* a new challenge, a new code */
	assert_string_not_equal(alice.code, right);
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
}

static void wrong_then_right(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	begins(&alice);
	types_and_gets(&alice, wrong_code(&alice), RESULT_DENY);
	assert_int_equal(fixture_enrolment(&f, "alice").failures, 1);
	begins(&alice);
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
	assert_int_equal(fixture_enrolment(&f, "alice").failures, 0);
	assert_int_equal(f.messages, 1);
}

static void a_code_lives_to_the_microsecond(void **state)
{
	static const struct {
		int64_t offset;
		enum result result;
	} rows[] = {{-1, RESULT_ALLOW}, {0, RESULT_DENY}, {1, RESULT_DENY}};
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t sent = f.clock.now;

		begins(&alice);
		f.clock.now = sent + 300 * SECOND + rows[i].offset;
		types_and_gets(&alice, alice.code, rows[i].result);
		fixture_advance(&f, 3600);
	}
	assert_int_equal(f.messages, 3);
}

static void a_code_works_once(void **state)
{
	struct person alice = person_by_ssh(&f, "alice"), replay;

	(void)state;
	begins(&alice);
	replay = alice;
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
	types_and_gets(&replay, alice.code, RESULT_DENY);
	assert_string_equal(replay.reply.done.reason, "the code was used already");
	begins(&replay);
	types_and_gets(&replay, alice.code, RESULT_DENY);
}

static void a_code_belongs_to_its_own_login(void **state)
{
	struct person ssh = person_by_ssh(&f, "alice"), sudo = person_by_sudo(&f, "alice"),
		      bob = person_by_ssh(&f, "bob");
	struct person elsewhere = person_by_ssh(&f, "alice"), thief;

	(void)state;
	snprintf(elsewhere.begin.rhost, sizeof(elsewhere.begin.rhost), "198.51.100.9");
	begins(&ssh);
	begins(&sudo);
	types(&sudo, "");
	begins(&bob);
	begins(&elsewhere);
	assert_int_equal(f.messages, 4);
	types_and_gets(&sudo, ssh.code, RESULT_DENY);
	types_and_gets(&bob, ssh.code, RESULT_DENY);
	types_and_gets(&elsewhere, ssh.code, RESULT_DENY);

	/* Not even with the other's challenge in hand. */
	thief = bob;
	memcpy(thief.challenge, ssh.challenge, sizeof(thief.challenge));
	types_and_gets(&thief, ssh.code, RESULT_DENY);
	thief = sudo;
	memcpy(thief.challenge, ssh.challenge, sizeof(thief.challenge));
	types_and_gets(&thief, ssh.code, RESULT_DENY);

	types_and_gets(&ssh, ssh.code, RESULT_ALLOW);
}

static void an_unknown_challenge_is_denied(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	begins(&alice);
	memset(alice.challenge, 'a', 2 * KEYS_ID_SIZE);
	types_and_gets(&alice, alice.code, RESULT_DENY);
	alice.challenge[0] = '\0';
	assert_int_equal(person_types(&alice, alice.code), -EINVAL);
}

static void a_new_code_voids_the_old(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");
	char old[WIRE_CODE_MAX];

	(void)state;
	begins(&alice);
	snprintf(old, sizeof(old), "%s", alice.code);
	types(&alice, "r");
	expect_prompt(&alice, "A new code can be sent in 30 s. Code from WhatsApp (…34): ");
	fixture_advance(&f, 30);
	types(&alice, "r");
	expect_prompt(&alice,
		      "New code sent to WhatsApp (…34), by SMS in 25 s if it does not arrive; the old one is void.");
	assert_int_equal(f.messages, 2);
	assert_string_not_equal(alice.code, old);
	types_and_gets(&alice, old, RESULT_DENY);
	begins(&alice);
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
}

static void a_new_code_lives_its_own_time(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	begins(&alice);
	fixture_advance(&f, 290);
	types(&alice, "r");
	assert_int_equal(f.messages, 2);
	fixture_advance(&f, 290);
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
}

static void coming_back_in_time_sends_nothing(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	begins(&alice);
	person_leaves(&alice);
	fixture_advance(&f, 10);
	begins(&alice);
	expect_prompt(&alice,
		      "Code was sent to WhatsApp (…34), by SMS in 15 s if it does not arrive; r sends a new one.");
	assert_int_equal(f.messages, 1);
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
}

static void enter_sends_once_and_then_gives_up(void **state)
{
	struct person alice = person_by_sudo(&f, "alice");

	(void)state;
	begins(&alice);
	types(&alice, "");
	assert_int_equal(f.messages, 1);
	types_and_gets(&alice, "", RESULT_DENY);
	assert_string_equal(alice.reply.done.reason, "no code typed");
	assert_int_equal(fixture_challenge(&f, alice.challenge).tries, 0);
	assert_int_equal(fixture_enrolment(&f, "alice").failures, 0);
	assert_int_equal(f.messages, 1);
}

static void what_is_no_code_costs_no_try(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	begins(&alice);
	types_and_gets(&alice, "my other password", RESULT_DENY);
	types_and_gets(&alice, "\b\n\r\177INCORRECT", RESULT_DENY);
	assert_int_equal(fixture_challenge(&f, alice.challenge).tries, 0);
	types(&alice, "?");
	expect_prompt(
		&alice,
		"Type the code, r for a new code, s to get it by SMS now, Enter alone to give up.\n[web1] Code: ");
	types_and_gets(&alice, "12345", RESULT_DENY); /* code-shaped: a try */
	assert_int_equal(fixture_challenge(&f, alice.challenge).tries, 1);
}

static void s_sends_the_same_code_by_sms(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");
	char code[WIRE_CODE_MAX];

	(void)state;
	begins(&alice);
	snprintf(code, sizeof(code), "%s", alice.code);
	types(&alice, "s");
	expect_prompt(&alice, "Code sent to SMS (…34). Code: ");
	assert_int_equal(f.messages, 2);
	assert_string_equal(f.last.channel, "sms");
	assert_string_equal(f.last.code, code);
	types(&alice, "s");
	expect_prompt(&alice, "There is no other way left to send it; r sends a new one.");
	fixture_advance(&f, 60);
	assert_int_equal(fixture_deliver(&f), 0);
	types_and_gets(&alice, code, RESULT_ALLOW);
}

static void s_before_anything_was_sent_goes_by_sms_alone(void **state)
{
	struct person alice = person_by_sudo(&f, "alice");

	(void)state;
	begins(&alice);
	types(&alice, "s");
	expect_prompt(&alice, "Code sent to SMS (…34). Code: ");
	assert_int_equal(f.messages, 1);
	assert_string_equal(f.last.channel, "sms");
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
}

static void a_code_that_is_too_old_is_not_sent_by_sms(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	begins(&alice);
	fixture_advance(&f, 301);
	types(&alice, "s");
	expect_prompt(&alice, "r sends a new one");
	assert_int_equal(f.messages, 1);
	types(&alice, "r");
	assert_int_equal(f.messages, 2);
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
}

static void a_host_that_answers_by_itself_causes_no_message(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	alice.begin.blind = true;
	begins(&alice);
	expect_prompt(&alice, "or Enter to send one");
	types_and_gets(&alice, "her password", RESULT_DENY);
	assert_int_equal(f.messages, 0);
}

static void the_preferred_channel_comes_first(void **state)
{
	struct enrolment e = fixture_enrolment(&f, "alice");
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	snprintf(e.channel, sizeof(e.channel), "sms");
	assert_int_equal(store_enrolment_put(f.tx, &e), 0);
	begins(&alice);
	expect_prompt(&alice, "Code sent to SMS (…34), by WhatsApp in 25 s");
	snprintf(e.channel, sizeof(e.channel), "gone-from-the-config");
	assert_int_equal(store_enrolment_put(f.tx, &e), 0);
	alice = person_by_sudo(&f, "alice");
	begins(&alice);
	expect_prompt(&alice, "Code from WhatsApp (…34)");
}

/* Limits */

/* Logs in from this address (NULL: stays where it is) and leaves the code unused. True if a message went out. */
static bool sends_from(struct person *p, const char *address)
{
	unsigned before = f.messages;

	if (address)
		snprintf(p->begin.rhost, sizeof(p->begin.rhost), "%s", address);
	begins(p);
	assert_int_equal(p->reply.kind, REPLY_ASK);
	return f.messages > before;
}

static void a_user_gets_three_codes_in_ten_minutes(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	assert_true(sends_from(&alice, "192.0.2.1"));
	assert_true(sends_from(&alice, "192.0.2.2"));
	assert_true(sends_from(&alice, "192.0.2.3"));
	assert_false(sends_from(&alice, "192.0.2.4"));
	expect_prompt(&alice, "Too many codes were sent, the next one can be in 4 min. Code: ");
	assert_non_null(strstr(alice.reply.note, "limit per "));
	fixture_advance(&f, 200);
	assert_true(sends_from(&alice, "192.0.2.4"));
	assert_false(sends_from(&alice, "192.0.2.5"));
}

static void a_number_has_its_limit_whoever_it_belongs_to(void **state)
{
	struct person alice = person_by_ssh(&f, "alice"), carol = person_by_ssh(&f, "carol");

	(void)state;
	fixture_enroll(&f, "carol", ALICE);
	assert_true(sends_from(&alice, "192.0.2.1"));
	assert_true(sends_from(&carol, "192.0.2.1"));
	assert_true(sends_from(&alice, "192.0.2.2"));
	assert_false(sends_from(&carol, "192.0.2.2"));
	assert_non_null(strstr(carol.reply.note, "limit per number"));
}

static void a_source_may_ask_for_ten_users_an_hour(void **state)
{
	struct person people[12];

	(void)state;
	for (size_t i = 0; i < COUNT(people); i++) {
		char name[16], phone[20];

		snprintf(name, sizeof(name), "user%zu", i);
		snprintf(phone, sizeof(phone), "+9665123400%02zu", i);
		fixture_enroll(&f, name, phone);
		people[i] = person_by_ssh(&f, name);
	}
	for (size_t i = 0; i < 10; i++)
		assert_true(sends_from(&people[i], NULL));
	assert_false(sends_from(&people[10], NULL));
	assert_non_null(strstr(people[10].reply.note, "limit per source"));
	/* Who was there before is no new user. */
	fixture_advance(&f, 301);
	assert_true(sends_from(&people[0], NULL));
	assert_true(sends_from(&people[10], "192.0.2.77"));
	/* The same address in other clothes. */
	assert_false(sends_from(&people[11], "::ffff:192.0.2.1"));
	fixture_configure(&f, "limits { source_exempt = {\"192.0.2.0/24\"} }");
	fixture_advance(&f, 301);
	assert_true(sends_from(&people[11], "192.0.2.1"));
}

static void the_whole_host_has_a_limit(void **state)
{
	struct person alice = person_by_ssh(&f, "alice"), bob = person_by_ssh(&f, "bob");

	(void)state;
	fixture_configure(&f, "limits { global = {\"2/1h\"} }");
	assert_true(sends_from(&alice, NULL));
	assert_true(sends_from(&bob, NULL));
	assert_false(sends_from(&alice, "192.0.2.9"));
	assert_non_null(strstr(alice.reply.note, "limit per host"));
	fixture_advance(&f, 1800);
	assert_true(sends_from(&bob, "192.0.2.9"));
}

static void a_refused_send_uses_nothing_up(void **state)
{
	struct person alice = person_by_ssh(&f, "alice"), bob = person_by_ssh(&f, "bob");

	(void)state;
	fixture_configure(&f, "limits { global = {\"3/1h\"} per_user = {\"1/1h\"} }");
	assert_true(sends_from(&alice, NULL));
	for (int i = 0; i < 5; i++)
		assert_false(sends_from(&alice, "192.0.2.9"));
	assert_true(sends_from(&bob, NULL)); /* two of the host's three are left */
	assert_int_equal(fixture_enrolment(&f, "alice").sends_since_success, 1);
}

static void codes_that_nobody_types_come_ever_more_slowly(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	fixture_configure(&f,
			  "limits { per_user = {\"1000/1s\"} per_number = {\"1000/1s\"} per_source = {\"1000/1s\"} }");
	for (int i = 0; i < 6; i++) {
		assert_true(sends_from(&alice, NULL));
		fixture_advance(&f, 301);
	}
	assert_false(sends_from(&alice, NULL)); /* 15 min between two from here on */
	fixture_advance(&f, 900 - 301);
	assert_true(sends_from(&alice, NULL));
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
	assert_int_equal(fixture_enrolment(&f, "alice").sends_since_success, 0);
	assert_true(sends_from(&alice, NULL));
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
}

/* Callers without privileges */

static void a_program_may_ask_for_its_own_user(void **state)
{
	struct person locker = person_unprivileged(&f, "alice", 1000);

	(void)state;
	locker.begin.first_factor = FIRST_FACTOR_PASSWORD;
	begins(&locker);
	assert_int_equal(f.messages, 1);
	types_and_gets(&locker, locker.code, RESULT_ALLOW);
	/* It proves nothing to root's services. */
	assert_int_equal(fixture_enrolment(&f, "alice").last_login_at, 0);
}

static void a_program_is_limited_whatever_it_says_it_is(void **state)
{
	struct person locker = person_unprivileged(&f, "alice", 1000), ssh = person_by_ssh(&f, "bob");

	(void)state;
	locker.begin.first_factor = FIRST_FACTOR_PASSWORD;
	fixture_configure(&f, "limits { per_source = {\"1/1h\"} }");
	snprintf(locker.begin.rhost, sizeof(locker.begin.rhost), "192.0.2.1");
	assert_true(sends_from(&locker, NULL));
	assert_string_equal(f.last.address, ""); /* its word is not passed on */
	snprintf(locker.begin.tty, sizeof(locker.begin.tty), ":1");
	assert_false(sends_from(&locker, NULL)); /* the same login again */
	snprintf(locker.begin.service, sizeof(locker.begin.service), "other");
	begins(&locker);
	expect_result(&locker, RESULT_DENY);
	assert_string_equal(locker.reply.done.reason, "uid 1000 begins too often, the next time in 61 s");
	fixture_advance(&f, 61);
	assert_true(sends_from(&locker, "198.51.100.1"));
	/* And nobody else's limit was used up. */
	assert_true(sends_from(&ssh, NULL));
}

static void a_program_cannot_lock_its_user_out(void **state)
{
	struct person locker = person_unprivileged(&f, "alice", 1000);

	(void)state;
	for (int i = 0; i < 30; i++) {
		begins(&locker);
		types(&locker, "111111");
	}
	assert_int_equal(fixture_enrolment(&f, "alice").failures, 0);
	assert_int_equal(f.messages, 0);
}

static void a_program_learns_nothing_about_others(void **state)
{
	struct person spy = person_unprivileged(&f, "bob", 1001), about_nobody;
	char digits[3];

	(void)state;
	snprintf(spy.caller.name, sizeof(spy.caller.name), "mallory");
	about_nobody = spy;
	snprintf(about_nobody.begin.user, sizeof(about_nobody.begin.user), "nobody-here");
	spy.begin.first_factor = about_nobody.begin.first_factor = FIRST_FACTOR_PUBLICKEY;
	begins(&spy);
	fixture_advance(&f, 61);
	begins(&about_nobody);
	assert_int_equal(f.messages, 0);
	keys_decoy_digits(f.keys, "bob", digits);
	expect_prompt(&spy, digits);
	types_and_gets(&spy, derived_code(&spy), RESULT_DENY);
	types_and_gets(&about_nobody, derived_code(&about_nobody), RESULT_DENY);
	assert_int_equal(fixture_enrolment(&f, "bob").failures, 0);
	/* uid without a name */
	spy = person_unprivileged(&f, "", 4711);
	snprintf(spy.begin.user, sizeof(spy.begin.user), "alice");
	begins(&spy);
	types(&spy, "");
	assert_int_equal(f.messages, 0);
}

/* Locking */

/* n wrong codes in a row, over as many challenges and both services as it takes. */
static void fails(const char *user, int n)
{
	for (int i = 0; i < n; i++) {
		struct person p = i % 2 ? person_by_ssh(&f, user) : person_by_sudo(&f, user);

		begins(&p);
		types(&p, strcmp(derived_code(&p), "111111") == 0 ? "222222" : "111111");
		assert_int_equal(p.reply.kind, REPLY_DONE);
		assert_int_not_equal(p.reply.done.result, RESULT_ALLOW);
	}
}

static void ten_wrong_codes_lock_the_account(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");
	unsigned messages;

	(void)state;
	fails("alice", 9);
	assert_int_equal(fixture_enrolment(&f, "alice").locked_until, 0);
	alice.begin.service[0] = 'S';
	begins(&alice);
	types(&alice, wrong_code(&alice));
	assert_int_equal(alice.reply.note_priority, LOG_WARNING);
	assert_string_equal(alice.reply.note, "alice: locked for 30 min after 10 wrong codes in a row");
	assert_int_equal(fixture_enrolment(&f, "alice").locked_until, f.clock.now + 1800 * SECOND);

	messages = f.messages;
	snprintf(alice.begin.rhost, sizeof(alice.begin.rhost), "192.0.2.50");
	begins(&alice);
	expect_prompt(&alice, "Code sent to WhatsApp (…34), by SMS in 25 s"); /* as for anybody */
	assert_int_equal(f.messages, messages);
	types_and_gets(&alice, derived_code(&alice), RESULT_LOCKED);
	assert_int_equal(fixture_enrolment(&f, "alice").failures, 10);
	fixture_advance(&f, 3600);
	assert_int_equal(fixture_deliver(&f), 0);
	begins(&alice);
	assert_int_equal(f.messages, messages + 1);
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
	assert_int_equal(fixture_enrolment(&f, "alice").failures, 0);
}

static void a_lock_doubles_up_to_a_day(void **state)
{
	static const int64_t minutes[] = {30, 60, 120, 240, 480, 960, 1440, 1440, 1440};

	(void)state;
	for (size_t i = 0; i < COUNT(minutes); i++) {
		fails("alice", 10);
		assert_int_equal(fixture_enrolment(&f, "alice").locked_until, f.clock.now + minutes[i] * 60 * SECOND);
		fixture_advance(&f, minutes[i] * 60);
	}
	fails("alice", 9);
	assert_int_equal(fixture_enrolment(&f, "alice").failures, 99);
}

static void a_hundred_wrong_codes_disable_the_account(void **state)
{
	struct person alice = person_by_sudo(&f, "alice");
	struct enrolment e = fixture_enrolment(&f, "alice");

	(void)state;
	e.failures = 99;
	assert_int_equal(store_enrolment_put(f.tx, &e), 0);
	begins(&alice);
	types(&alice, "111111");
	assert_int_equal(alice.reply.note_priority, LOG_ALERT);
	assert_non_null(strstr(alice.reply.note,
			       "alice: disabled after 100 wrong codes in a row: whatsapp-otpctl unlock alice"));
	fixture_advance(&f, 365 * 86400);
	begins(&alice);
	types(&alice, "");
	expect_prompt(&alice, "Code sent to WhatsApp (…34)");
	types_and_gets(&alice, derived_code(&alice), RESULT_LOCKED);
	assert_int_equal(f.messages, 0);

	assert_int_equal(store_enrolment_clear(f.tx, "alice", 0), 0); /* an admin unlocks */
	fixture_advance(&f, 3600);
	begins(&alice);
	types(&alice, "");
	assert_int_equal(f.messages, 1);
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
}

static void a_stranger_cannot_lock_anybody_out(void **state)
{
	struct person stranger = person_by_ssh(&f, "alice");

	(void)state;
	stranger.begin.first_factor = FIRST_FACTOR_NONE;
	for (int i = 0; i < 200; i++) {
		begins(&stranger);
		types(&stranger, "111111");
	}
	assert_int_equal(fixture_enrolment(&f, "alice").failures, 0);
	assert_int_equal(f.messages, 0);
}

/* Who gets nothing */

/* All that can be typed: nothing is sent, nothing is accepted, not even the code that the keys would make. */
static void expect_decoy(struct person *p)
{
	unsigned before = f.messages;

	begins(p);
	types(p, "");
	if (p->reply.kind == REPLY_ASK) {
		types(p, "s");
		expect_prompt(p, "Code: ");
		fixture_advance(&f, 31);
		types(p, "r");
		expect_prompt(p, "New code sent to ");
	}
	begins(p);
	types_and_gets(p, derived_code(p), RESULT_DENY);
	fixture_advance(&f, 60);
	assert_int_equal(fixture_deliver(&f), 0);
	types_and_gets(p, derived_code(p), RESULT_DENY);
	types_and_gets(p, derived_code(p), RESULT_LOCKED);
	assert_int_equal(f.messages, before);
	assert_false(p->reply.has_send);
}

static void a_remote_login_without_proof_is_a_decoy(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	alice.begin.first_factor = FIRST_FACTOR_NONE;
	begins(&alice);
	expect_prompt(&alice, "[web1] Code from WhatsApp, or Enter to send one: "); /* no digits either */
	assert_non_null(strstr(alice.reply.note, "no first factor was proven"));
	expect_decoy(&alice);
	/* It does not stand in the way of the real one. */
	alice = person_by_ssh(&f, "alice");
	begins(&alice);
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
}

static void a_policy_can_do_without_the_proof(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	fixture_configure(&f, "policy \"open\" { services = {sshd} first_factor = none }");
	alice.begin.first_factor = FIRST_FACTOR_NONE;
	begins(&alice);
	/* Whoever it is that comes over the network: digits of a number are for those who have proven something. */
	expect_prompt(&alice, "Code sent to WhatsApp, by SMS");
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
}

static void without_the_proof_a_limit_stays_unseen(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	fixture_configure(&f, "policy \"open\" { services = {sshd} first_factor = none }\n"
			      "limits { per_user = {\"1/1h\"} }");
	alice.begin.first_factor = FIRST_FACTOR_NONE;
	begins(&alice);
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
	f.messages = 0;
	begins(&alice);
	expect_prompt(&alice, "Code sent to WhatsApp, by SMS");
	assert_int_equal(f.messages, 0);
}

static void a_suspended_user_is_a_decoy(void **state)
{
	struct enrolment e = fixture_enrolment(&f, "alice");
	struct person alice = person_by_sudo(&f, "alice");

	(void)state;
	e.state = ENROLMENT_SUSPENDED;
	assert_int_equal(store_enrolment_put(f.tx, &e), 0);
	expect_decoy(&alice);
}

static void who_is_suspended_at_the_prompt_gets_no_further(void **state)
{
	struct enrolment e = fixture_enrolment(&f, "alice");
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	begins(&alice);
	e.state = ENROLMENT_SUSPENDED;
	assert_int_equal(store_enrolment_put(f.tx, &e), 0);
	fixture_advance(&f, 31);
	assert_int_equal(fixture_deliver(&f), 0);
	types(&alice, "r");
	assert_int_equal(f.messages, 1);
	types_and_gets(&alice, alice.code, RESULT_DENY);
	types_and_gets(&alice, derived_code(&alice), RESULT_DENY);
}

static void who_is_not_enrolled(void **state)
{
	static const struct {
		const char *config;
		bool nullok;
		enum result result; /* DENY: a decoy */
		const char *reason;
	} rows[] = {
		{"", false, RESULT_DENY, NULL},
		{"", true, RESULT_IGNORE, "not enrolled, which the module's nullok lets pass"},
		{"policy \"s\" { services = {sudo} unenrolled = ignore }", false, RESULT_IGNORE,
		 "not enrolled, which the policy lets pass"},
		{"policy \"s\" { services = {sshd} unenrolled = ignore }", false, RESULT_DENY, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct person nobody = person_by_sudo(&f, "nobody"), spy;

		fixture_configure(&f, rows[i].config);
		nobody.begin.nullok = rows[i].nullok;
		if (rows[i].result == RESULT_DENY) {
			expect_decoy(&nobody);
			continue;
		}
		begins(&nobody);
		expect_result(&nobody, rows[i].result);
		assert_string_equal(nobody.reply.done.reason, rows[i].reason);
		/* Root's host may learn it, a program without privileges may not. */
		spy = person_unprivileged(&f, "nobody", 1002);
		snprintf(spy.begin.service, sizeof(spy.begin.service), "sudo");
		spy.begin.nullok = rows[i].nullok;
		begins(&spy);
		assert_int_equal(spy.reply.kind, REPLY_ASK);
	}
	assert_int_equal(f.messages, 0);
}

static void nullok_does_not_help_who_is_enrolled(void **state)
{
	struct person alice = person_by_sudo(&f, "alice");

	(void)state;
	alice.begin.nullok = true;
	fixture_configure(&f, "policy \"default\" { unenrolled = ignore }");
	begins(&alice);
	assert_int_equal(alice.reply.kind, REPLY_ASK);
}

static void an_exempt_user_is_let_pass(void **state)
{
	struct person root = person_by_ssh(&f, "root"), alice = person_by_ssh(&f, "alice"), spy;

	(void)state;
	fixture_configure(&f, "policy \"wheel\" { groups = {wheel} exempt = yes }");
	begins(&root);
	expect_result(&root, RESULT_IGNORE);
	assert_string_equal(root.reply.done.reason, "exempt by policy \"wheel\"");
	begins(&alice);
	assert_int_equal(alice.reply.kind, REPLY_ASK);
	spy = person_unprivileged(&f, "alice", 1000);
	snprintf(spy.begin.policy, sizeof(spy.begin.policy), "wheel");
	begins(&spy);
	assert_int_equal(spy.reply.kind, REPLY_ASK);
	assert_int_equal(f.messages, 1);
}

static void what_cannot_be_decided_is_unavailable(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	fixture_configure(&f, "policy \"ldap\" { groups = {broken} exempt = yes }");
	begins(&alice);
	expect_result(&alice, RESULT_UNAVAILABLE);
	assert_non_null(strstr(alice.reply.done.reason, "policy \"ldap\": one of its groups cannot be looked up"));
	snprintf(alice.begin.policy, sizeof(alice.begin.policy), "typo");
	begins(&alice);
	expect_result(&alice, RESULT_UNAVAILABLE);
	assert_string_equal(alice.reply.done.reason, "the module's policy=typo names no policy of the config");
	assert_int_equal(f.messages, 0);
}

static void a_number_that_does_not_open_is_an_error(void **state)
{
	struct enrolment e = fixture_enrolment(&f, "alice");
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	snprintf(e.user, sizeof(e.user), "eve"); /* the row was moved to another user */
	assert_int_equal(store_enrolment_put(f.tx, &e), 0);
	snprintf(alice.begin.user, sizeof(alice.begin.user), "eve");
	assert_int_equal(person_begins(&alice), -EBADMSG);
	assert_int_equal(f.messages, 0);
}

/* A prompt without its two digits. */
static const char *form(const struct person *p)
{
	static char text[2][WIRE_PROMPT_MAX];
	static int turn;
	char *out = text[turn = !turn], *mask;

	assert_int_equal(p->reply.kind, REPLY_ASK);
	snprintf(out, WIRE_PROMPT_MAX, "%s", p->reply.ask.prompt);
	mask = strstr(out, "…");
	if (mask)
		memset(mask + strlen("…"), '#', 2);
	return out;
}

/* What an enrolled user and a stranger see, step by step, is the same but for the digits. */
static void strangers_see_what_users_see(void **state)
{
	static const struct {
		const char *typed;
		int64_t seconds; /* that pass afterwards */
	} steps[] = {{"?", 5},  {"", 5},  {"?", 5}, {"r", 30}, {"?", 0}, {"s", 0},
		     {"r", 70}, {"r", 5}, {"?", 0}, {"s", 5},  {"s", 0}, {"?", 30}};

	(void)state;
	fixture_configure(&f, "limits { per_user = {\"9/1h\"} per_number = {\"9/1h\"} }");
	for (int way = 0; way < 2; way++) {
		struct person alice = way ? person_by_sudo(&f, "alice") : person_by_ssh(&f, "alice");
		struct person nobody = way ? person_by_sudo(&f, "nobody") : person_by_ssh(&f, "nobody");

		if (!way)
			snprintf(alice.begin.rhost, sizeof(alice.begin.rhost), "192.0.2.60");
		begins(&alice);
		begins(&nobody);
		assert_string_equal(form(&alice), form(&nobody));
		for (size_t i = 0; i < COUNT(steps); i++) {
			if (!way && !steps[i].typed[0])
				continue; /* was sent: Enter would end it for both */
			types(&alice, steps[i].typed);
			types(&nobody, steps[i].typed);
			assert_string_equal(form(&alice), form(&nobody));
			person_leaves(&alice);
			person_leaves(&nobody);
			fixture_advance(&f, steps[i].seconds / 2);
			begins(&alice);
			begins(&nobody);
			assert_string_equal(form(&alice), form(&nobody));
			fixture_advance(&f, steps[i].seconds / 2);
			fixture_deliver(&f);
			begins(&alice);
			begins(&nobody);
			assert_string_equal(form(&alice), form(&nobody));
		}
		types_and_gets(&alice, wrong_code(&alice), RESULT_DENY);
		types_and_gets(&nobody, wrong_code(&nobody), RESULT_DENY);
		assert_string_equal(alice.reply.done.reason, nobody.reply.done.reason);
		begins(&alice);
		begins(&nobody);
		assert_string_equal(form(&alice), form(&nobody));
	}
}

static void without_a_sender_the_prompt_says_so_and_the_code_comes_later(void **state)
{
	struct person alice = person_by_ssh(&f, "alice"), nobody = person_by_ssh(&f, "nobody");

	(void)state;
	f.engine.sender_ready = false;
	begins(&alice);
	begins(&nobody);
	expect_prompt(&alice, "No code can be sent just now; it comes as soon as that is mended.");
	assert_string_equal(form(&alice), form(&nobody));
	assert_int_equal(f.messages, 0);
	f.engine.sender_ready = true;
	assert_int_equal(fixture_deliver(&f), 1);
	assert_string_equal(f.last.channel, "whatsapp");
	types_and_gets(&alice, f.last.code, RESULT_ALLOW);
}

static void a_restart_in_the_same_boot_changes_nothing(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	begins(&alice);
	fixture_restart(&f, "this-boot");
	begins(&alice);
	assert_int_equal(f.messages, 1);
	types_and_gets(&alice, alice.code, RESULT_ALLOW);
}

static void a_new_boot_voids_the_code(void **state)
{
	struct person alice = person_by_ssh(&f, "alice");

	(void)state;
	begins(&alice);
	fixture_restart(&f, "next-boot");
	types_and_gets(&alice, alice.code, RESULT_DENY);
	begins(&alice);
	assert_int_equal(f.messages, 2);
}

static void the_longest_names_are_served(void **state)
{
	struct person p = person_by_ssh(&f, "alice");
	char user[WIRE_USER_MAX];

	(void)state;
	memset(user, 'u', sizeof(user) - 1);
	user[sizeof(user) - 1] = '\0';
	fixture_enroll(&f, user, "+12025550123");
	memcpy(p.begin.user, user, sizeof(user));
	memset(p.begin.service, 's', sizeof(p.begin.service) - 1);
	memset(p.begin.tty, 't', sizeof(p.begin.tty) - 1);
	memset(p.begin.ruser, 'r', sizeof(p.begin.ruser) - 1);
	memset(p.begin.rhost, 'h', sizeof(p.begin.rhost) - 1);
	begins(&p);
	types_and_gets(&p, p.code, RESULT_ALLOW);
	p.begin.rhost[0] = '\0';
	begins(&p);
	types(&p, p.code);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(ssh_sends_the_code_and_takes_it),
		TEST(sudo_asks_before_it_sends),
		TEST(a_code_may_be_typed_as_people_type_it),
		TEST(three_typos_are_one_message),
		TEST(wrong_then_right),
		TEST(a_code_lives_to_the_microsecond),
		TEST(a_code_works_once),
		TEST(a_code_belongs_to_its_own_login),
		TEST(an_unknown_challenge_is_denied),
		TEST(a_new_code_voids_the_old),
		TEST(a_new_code_lives_its_own_time),
		TEST(coming_back_in_time_sends_nothing),
		TEST(enter_sends_once_and_then_gives_up),
		TEST(what_is_no_code_costs_no_try),
		TEST(s_sends_the_same_code_by_sms),
		TEST(s_before_anything_was_sent_goes_by_sms_alone),
		TEST(a_code_that_is_too_old_is_not_sent_by_sms),
		TEST(a_host_that_answers_by_itself_causes_no_message),
		TEST(the_preferred_channel_comes_first),
		TEST(a_user_gets_three_codes_in_ten_minutes),
		TEST(a_number_has_its_limit_whoever_it_belongs_to),
		TEST(a_source_may_ask_for_ten_users_an_hour),
		TEST(the_whole_host_has_a_limit),
		TEST(a_refused_send_uses_nothing_up),
		TEST(codes_that_nobody_types_come_ever_more_slowly),
		TEST(a_program_may_ask_for_its_own_user),
		TEST(a_program_is_limited_whatever_it_says_it_is),
		TEST(a_program_cannot_lock_its_user_out),
		TEST(a_program_learns_nothing_about_others),
		TEST(ten_wrong_codes_lock_the_account),
		TEST(a_lock_doubles_up_to_a_day),
		TEST(a_hundred_wrong_codes_disable_the_account),
		TEST(a_stranger_cannot_lock_anybody_out),
		TEST(a_remote_login_without_proof_is_a_decoy),
		TEST(a_policy_can_do_without_the_proof),
		TEST(without_the_proof_a_limit_stays_unseen),
		TEST(a_suspended_user_is_a_decoy),
		TEST(who_is_suspended_at_the_prompt_gets_no_further),
		TEST(who_is_not_enrolled),
		TEST(nullok_does_not_help_who_is_enrolled),
		TEST(an_exempt_user_is_let_pass),
		TEST(what_cannot_be_decided_is_unavailable),
		TEST(a_number_that_does_not_open_is_an_error),
		TEST(strangers_see_what_users_see),
		TEST(without_a_sender_the_prompt_says_so_and_the_code_comes_later),
		TEST(a_restart_in_the_same_boot_changes_nothing),
		TEST(a_new_boot_voids_the_code),
		TEST(the_longest_names_are_served),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
