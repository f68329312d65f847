/* daemon/core/outcome, learning and signals: what receipts and a provider's words lead to. */
#include "daemon/core/learning.h"
#include "daemon/core/outcome.h"
#include "daemon/core/route.h"
#include "daemon/core/signals.h"
#include "daemon/core/store_breaker.h"
#include "daemon/core/store_challenge.h"
#include "daemon/core/store_report.h"
#include "tests/unit/person.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>

static struct fixture f;
static struct person alice;
static char whatsapp[WIRE_ID_MAX]; /* the delivery that went out at once */

/* Alice has begun: WhatsApp has taken her code over, SMS is planned. */
static void begin(void)
{
	assert_int_equal(person_begins(&alice), 0);
	snprintf(whatsapp, sizeof(whatsapp), "%s", f.last.id);
	fixture_report_sent(&f);
}

static int set_up(void **state)
{
	(void)state;
	fixture_open(&f, "");
	fixture_enroll(&f, "alice", "+966512345634");
	alice = person_by_ssh(&f, "alice");
	begin();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void expect_deliveries(int64_t first, int64_t second)
{
	assert_int_equal(fixture_delivery(&f, alice.challenge, 0), first);
	assert_int_equal(fixture_delivery(&f, alice.challenge, 1), second);
}

static bool has_event(const struct reply *reply, enum tally what)
{
	for (size_t i = 0; i < reply->events.count; i++)
		if (reply->events.item[i].what == what)
			return true;
	return false;
}

/* Receipts */

static void delivered_spares_the_sms(void **state)
{
	struct reply reply = fixture_receipt(&f, whatsapp, RECEIPT_DELIVERED, "");

	(void)state;
	expect_deliveries(DELIVERY_DELIVERED, DELIVERY_SPARED);
	assert_true(has_event(&reply, TALLY_DELIVERED));
	assert_true(has_event(&reply, TALLY_DELIVERY_TIME));
	fixture_advance(&f, 100);
	assert_int_equal(fixture_deliver(&f), 0);
	assert_int_equal(f.messages, 1);
	assert_int_equal(person_types(&alice, alice.code), 0);
	expect_result(&alice, RESULT_ALLOW);
	assert_true(has_event(&alice.reply, TALLY_VERIFIED));
}

static void who_wants_the_sms_all_the_same_gets_it(void **state)
{
	(void)state;
	fixture_receipt(&f, whatsapp, RECEIPT_DELIVERED, "");
	assert_int_equal(person_types(&alice, "s"), 0);
	expect_prompt(&alice, "Code sent to SMS");
	assert_int_equal(f.messages, 2);
	assert_string_equal(f.last.channel, "sms");
}

static void a_policy_can_keep_the_fallback(void **state)
{
	(void)state;
	fixture_configure(&f, "policy \"default\" { on_delivered = keep }\n");
	fixture_advance(&f, 400);
	begin();
	fixture_receipt(&f, whatsapp, RECEIPT_DELIVERED, "");
	expect_deliveries(DELIVERY_DELIVERED, DELIVERY_PLANNED);
	fixture_advance(&f, 25);
	assert_int_equal(fixture_deliver(&f), 1);
}

static void failed_moves_the_sms_up(void **state)
{
	struct reply reply = fixture_receipt(&f, whatsapp, RECEIPT_FAILED, "131026");

	(void)state;
	expect_deliveries(DELIVERY_FAILED, DELIVERY_PLANNED);
	assert_int_equal(reply.due, f.clock.now);
	assert_non_null(strstr(reply.note, "131026"));
	assert_non_null(strstr(reply.note, "the next channel is tried"));
	assert_int_equal(fixture_deliver(&f), 1);
	assert_string_equal(f.last.channel, "sms");
}

static void every_order_of_receipts_ends_the_same(void **state)
{
	static const struct {
		enum receipt_state told[4];
		size_t count;
		int64_t state;
	} rows[] = {
		{{RECEIPT_SENT, RECEIPT_DELIVERED, RECEIPT_READ}, 3, DELIVERY_READ},
		{{RECEIPT_READ, RECEIPT_DELIVERED, RECEIPT_SENT}, 3, DELIVERY_READ},
		{{RECEIPT_READ}, 1, DELIVERY_READ}, /* delivered may be missing */
		{{RECEIPT_DELIVERED, RECEIPT_DELIVERED, RECEIPT_SENT, RECEIPT_ACCEPTED}, 4, DELIVERY_DELIVERED},
		{{RECEIPT_DELIVERED, RECEIPT_FAILED}, 2, DELIVERY_DELIVERED}, /* seen in the wild: delivered wins */
		{{RECEIPT_FAILED, RECEIPT_DELIVERED}, 2, DELIVERY_DELIVERED},
		{{RECEIPT_FAILED, RECEIPT_FAILED, RECEIPT_SENT}, 3, DELIVERY_FAILED},
		{{RECEIPT_SENT, RECEIPT_SENT}, 2, DELIVERY_SENT},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		fixture_advance(&f, 4000);
		begin();
		for (size_t k = 0; k < rows[i].count; k++)
			fixture_receipt(&f, whatsapp, rows[i].told[k], "131000");
		assert_int_equal(fixture_delivery(&f, alice.challenge, 0), rows[i].state);
	}
}

static void a_receipt_can_overtake_the_senders_report(void **state)
{
	(void)state;
	fixture_advance(&f, 400);
	assert_int_equal(person_begins(&alice), 0);
	fixture_receipt(&f, f.last.id, RECEIPT_DELIVERED, "");
	expect_deliveries(DELIVERY_DELIVERED, DELIVERY_SPARED);
	fixture_report_sent(&f); /* late: nothing goes back */
	fixture_report_failed(&f, FAILURE_TRANSIENT);
	expect_deliveries(DELIVERY_DELIVERED, DELIVERY_SPARED);
}

static void what_comes_late_opens_nothing(void **state)
{
	(void)state;
	fixture_advance(&f, 25);
	assert_int_equal(fixture_deliver(&f), 1); /* the SMS has gone */
	snprintf(alice.code, sizeof(alice.code), "%s", f.last.code);
	fixture_receipt(&f, whatsapp, RECEIPT_FAILED, "131026"); /* no third message, nothing is due */
	expect_deliveries(DELIVERY_FAILED, DELIVERY_SENDING);
	assert_int_equal(fixture_deliver(&f), 0);
	assert_int_equal(person_types(&alice, alice.code), 0);
	expect_result(&alice, RESULT_ALLOW);
	fixture_receipt(&f, whatsapp, RECEIPT_DELIVERED, "");
	assert_int_equal(fixture_challenge(&f, alice.challenge).state, CHALLENGE_USED);
	assert_int_equal(person_types(&alice, alice.code), 0);
	expect_result(&alice, RESULT_DENY);
	assert_int_equal(fixture_deliver(&f), 0);
}

static void a_receipt_of_another_provider_or_of_nobody_is_ignored(void **state)
{
	struct receipt receipt = {.state = RECEIPT_FAILED, .provider = "twilio"};
	struct reply reply = {0};

	(void)state;
	snprintf(receipt.id, sizeof(receipt.id), "%s", whatsapp);
	assert_int_equal(outcome_receipt(&f.engine, f.tx, &receipt, &reply), 0);
	expect_deliveries(DELIVERY_SENT, DELIVERY_PLANNED);
	strcpy(receipt.provider, "meta");
	memset(receipt.id, '0', 46);
	assert_int_equal(outcome_receipt(&f.engine, f.tx, &receipt, &reply), 0);
	strcpy(receipt.id, "not ours");
	strcpy(receipt.message_id, "wamid.unknown");
	assert_int_equal(outcome_receipt(&f.engine, f.tx, &receipt, &reply), 0);
	expect_deliveries(DELIVERY_SENT, DELIVERY_PLANNED);
	assert_int_equal(reply.events.count, 0);
}

static void a_message_is_found_by_the_providers_id(void **state)
{
	struct receipt receipt = {.state = RECEIPT_DELIVERED, .provider = "meta", .message_id = "wamid.HBgL"};
	struct sent sent = {.message_id = "wamid.HBgL"};
	struct reply reply = {0};

	(void)state;
	fixture_advance(&f, 400);
	assert_int_equal(person_begins(&alice), 0);
	snprintf(sent.id, sizeof(sent.id), "%s", f.last.id);
	assert_int_equal(outcome_sent(&f.engine, f.tx, &sent, &reply), 0);
	assert_true(has_event(&reply, TALLY_ACCEPTED));
	assert_int_equal(outcome_receipt(&f.engine, f.tx, &receipt, &reply), 0);
	expect_deliveries(DELIVERY_DELIVERED, DELIVERY_SPARED);
}

/* Breakers and alarms */

/* Somebody who is new here logs in from an address of their own, with a number of a country or with one that is known.
 */
static struct person newcomer(const char *number)
{
	static unsigned n;
	struct person p;
	char name[16], fresh[24];

	snprintf(name, sizeof(name), "new%u", ++n);
	if (strlen(number) > 4)
		snprintf(fresh, sizeof(fresh), "%s", number);
	else
		snprintf(fresh, sizeof(fresh), "%s51%06u", number, n);
	fixture_enroll(&f, name, fresh);
	p = person_by_ssh(&f, name);
	snprintf(p.begin.rhost, sizeof(p.begin.rhost), "198.51.%u.%u", n / 200, n % 200 + 1);
	assert_int_equal(person_begins(&p), 0);
	return p;
}

/* What a newcomer's first message goes by. */
static const char *channel_of(const char *number)
{
	newcomer(number);
	return f.last.channel;
}

static struct reply failing(const char *number, const char *code)
{
	newcomer(number);
	return fixture_receipt(&f, f.last.id, RECEIPT_FAILED, code);
}

#define GERMAN "+49"
#define SAUDI "+966"

static void a_code_that_stops_the_channel_stops_it_for_all(void **state)
{
	struct reply reply = failing(GERMAN, "190");

	(void)state;
	assert_int_equal(reply.alarm_count, 1);
	assert_string_equal(reply.alarm[0].kind, "channel");
	assert_string_equal(reply.alarm[0].subject, "whatsapp");
	assert_string_equal(channel_of(SAUDI), "sms");
	/* It stays open until something says that it works. */
	fixture_advance(&f, 86400);
	assert_string_equal(channel_of(SAUDI), "sms");
	assert_int_equal(learn_recovery(f.tx, "whatsapp", f.clock.now), 1);
	assert_string_equal(channel_of(SAUDI), "whatsapp");
}

static void a_breaker_for_a_minute_closes_by_itself(void **state)
{
	struct reply reply = failing(GERMAN, "131057");

	(void)state;
	assert_int_equal(reply.alarm_count, 0);
	fixture_advance(&f, 59);
	assert_string_equal(channel_of(SAUDI), "sms");
	fixture_advance(&f, 1);
	assert_string_equal(channel_of(SAUDI), "whatsapp");
}

static void a_recipient_without_whatsapp_is_remembered_for_a_day(void **state)
{
	static const char number[] = "+4915112345678";
	struct reply reply = failing(number, "131026");

	(void)state;
	assert_int_equal(reply.alarm_count, 0);
	assert_string_equal(channel_of(number), "sms");
	assert_string_equal(channel_of(GERMAN), "whatsapp");
	fixture_advance(&f, 86400);
	assert_string_equal(channel_of(number), "whatsapp");
}

static void a_country_that_is_closed_is_skipped_as_a_whole(void **state)
{
	struct reply reply = failing(GERMAN, "130497");

	(void)state;
	assert_string_equal(reply.alarm[0].kind, "country");
	assert_string_equal(reply.alarm[0].subject, "whatsapp +49");
	assert_string_equal(channel_of("+4915100000001"), "sms");
	assert_string_equal(channel_of(SAUDI), "whatsapp");
}

static void a_paused_template_stops_its_language_only(void **state)
{
	struct reply reply = failing(GERMAN, "132015");
	struct enrolment e = fixture_enrolment(&f, "alice");

	(void)state;
	assert_string_equal(reply.alarm[0].kind, "template");
	assert_string_equal(reply.alarm[0].subject, "whatsapp en_US");
	assert_string_equal(channel_of(SAUDI), "sms");
	fixture_advance(&f, 400); /* within the ten minutes */
	strcpy(e.lang, "ar");
	assert_int_equal(store_enrolment_put(f.tx, &e), 0);
	assert_int_equal(person_begins(&alice), 0);
	assert_string_equal(f.last.channel, "whatsapp");
	fixture_advance(&f, 200);
	assert_string_equal(channel_of(SAUDI), "whatsapp");
}

static void what_counts_only_if_it_is_often(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 5; i++) {
		struct reply reply = failing(GERMAN, "2");

		assert_int_equal(reply.alarm_count, i == 5);
		assert_string_equal(channel_of(SAUDI), i == 5 ? "sms" : "whatsapp");
		fixture_advance(&f, 10);
	}
}

static void a_delivery_closes_what_opened_before_it_was_sent(void **state)
{
	char before[WIRE_ID_MAX], trial[WIRE_ID_MAX];

	(void)state;
	newcomer(GERMAN);
	snprintf(trial, sizeof(trial), "%s", f.last.id);
	snprintf(before, sizeof(before), "%s", whatsapp);
	fixture_advance(&f, 1);
	failing(SAUDI, "190");
	fixture_receipt(&f, before, RECEIPT_DELIVERED, ""); /* it was under way, and proves nothing */
	assert_string_equal(channel_of(SAUDI), "sms");
	f.clock.now -= 2 * SECOND; /* the other one was sent after the breaker had opened */
	assert_int_equal(store_breaker_close_all(f.tx, "whatsapp", 0), 1);
	failing(SAUDI, "190");
	f.clock.now += 2 * SECOND;
	fixture_receipt(&f, trial, RECEIPT_DELIVERED, "");
	assert_string_equal(channel_of(SAUDI), "whatsapp");
}

static void an_alarm_is_told_once_an_hour_and_again_after_it_was_acknowledged(void **state)
{
	struct alarm_row row;
	struct reply reply;

	(void)state;
	fixture_receipt(&f, whatsapp, RECEIPT_FAILED, "131008");
	assert_int_equal(store_alarm_get(f.tx, "channel", "whatsapp", &row), 1);
	assert_int_equal(row.count, 1);
	fixture_advance(&f, 600);
	begin();
	reply = fixture_receipt(&f, whatsapp, RECEIPT_FAILED, "131008");
	assert_int_equal(reply.alarm_count, 0);
	assert_int_equal(store_alarm_ack(f.tx, "", "root", f.clock.wall), 1);
	fixture_advance(&f, 600);
	begin();
	reply = fixture_receipt(&f, whatsapp, RECEIPT_FAILED, "131008");
	assert_int_equal(reply.alarm_count, 1);
	fixture_advance(&f, 4000);
	begin();
	reply = fixture_receipt(&f, whatsapp, RECEIPT_FAILED, "131008");
	assert_int_equal(reply.alarm_count, 1);
	assert_int_equal(store_alarm_get(f.tx, "channel", "whatsapp", &row), 1);
	assert_int_equal(row.count, 2);
	assert_int_equal(row.acked_at, 0);
}

static void without_any_channel_nothing_is_sent_and_everybody_is_told(void **state)
{
	(void)state;
	fixture_configure(&f, "route \"default\" { channels = {whatsapp} }\n");
	failing(GERMAN, "190");
	fixture_advance(&f, 400);
	assert_int_equal(person_begins(&alice), 0);
	expect_prompt(&alice, "No code can be sent just now: ask your administrator");
	assert_int_equal(alice.reply.note_priority, LOG_ERR);
	assert_non_null(strstr(alice.reply.note, "its breaker (channel) is open: 190"));
	assert_false(alice.reply.has_send);
}

/* A changed identity */

static void another_device_suspends_the_enrolment(void **state)
{
	struct reply reply = fixture_receipt(&f, whatsapp, RECEIPT_FAILED, "137000");

	(void)state;
	assert_string_equal(reply.alarm[0].kind, "identity");
	assert_non_null(strstr(reply.note, "no code is sent until the number is verified again"));
	assert_int_equal(fixture_deliver(&f), 0);
	assert_int_equal(fixture_enrolment(&f, "alice").state, ENROLMENT_STALE);
	assert_int_equal(person_types(&alice, alice.code), 0);
	expect_result(&alice, RESULT_DENY);
	fixture_advance(&f, 400);
	assert_int_equal(person_begins(&alice), 0);
	assert_int_equal(f.messages, 1);
}

static struct reply hears(const struct signal *signal)
{
	struct reply reply = {0};

	assert_int_equal(signal_take(&f.engine, f.tx, signal, &reply), 0);
	return reply;
}

/* Within the same second nobody can say which came first: then the event counts. */
static void is_confirmed_now(const char *user)
{
	assert_int_equal(store_enrolment_trust(f.tx, user, f.clock.wall), 0);
}

static void who_did_not_ask_for_the_code_is_locked(void **state)
{
	struct sent sent = {.message_id = "wamid.x"};
	struct signal signal = {.provider = "meta", .kind = SIGNAL_NOT_REQUESTED, .message_id = "wamid.x"};
	struct reply reply = {0};

	(void)state;
	fixture_advance(&f, 400);
	is_confirmed_now("alice");
	assert_int_equal(person_begins(&alice), 0);
	snprintf(sent.id, sizeof(sent.id), "%s", f.last.id);
	assert_int_equal(outcome_sent(&f.engine, f.tx, &sent, &reply), 0);
	reply = hears(&signal);
	assert_string_equal(reply.alarm[0].kind, "not-requested");
	assert_string_equal(reply.alarm[0].subject, "alice");
	assert_int_equal(fixture_challenge(&f, alice.challenge).state, CHALLENGE_CANCELLED);
	assert_int_equal(person_types(&alice, alice.code), 0);
	expect_result(&alice, RESULT_DENY);
	assert_int_equal(person_begins(&alice), 0);
	assert_int_equal(f.messages, 2);
	fixture_advance(&f, 3601);
	assert_int_equal(person_begins(&alice), 0);
	assert_int_equal(f.messages, 3);
}

static void the_same_by_the_number_alone(void **state)
{
	struct signal signal = {.provider = "meta", .kind = SIGNAL_NOT_REQUESTED, .phone = "+966512345634"};
	struct reply reply;

	is_confirmed_now("alice");
	reply = hears(&signal);

	(void)state;
	assert_int_equal(reply.alarm_count, 1);
	assert_true(fixture_enrolment(&f, "alice").locked_until > f.clock.now);
	strcpy(signal.phone, "+966512345600"); /* nobody's */
	reply = hears(&signal);
	assert_int_equal(reply.alarm_count, 0);
}

static void a_changed_number_suspends_all_who_have_it(void **state)
{
	struct signal signal = {.provider = "meta", .kind = SIGNAL_NUMBER_CHANGED, .phone = "+966512345634"};
	struct reply reply;

	(void)state;
	fixture_enroll(&f, "bob", "+966512345634");
	fixture_enroll(&f, "carol", "+966512345635");
	reply = hears(&signal);
	assert_int_equal(reply.alarm_count, 2);
	assert_string_equal(reply.alarm[0].kind, "number-changed");
	assert_int_equal(fixture_enrolment(&f, "alice").state, ENROLMENT_STALE);
	assert_int_equal(fixture_enrolment(&f, "bob").state, ENROLMENT_STALE);
	assert_int_equal(fixture_enrolment(&f, "carol").state, ENROLMENT_ACTIVE);
	assert_int_equal(fixture_challenge(&f, alice.challenge).state, CHALLENGE_CANCELLED);
}

static void who_is_suspended_by_an_admin_stays_so_whatever_is_said_of_the_number(void **state)
{
	struct signal signal = {.provider = "meta", .kind = SIGNAL_NUMBER_CHANGED, .phone = "+966512345634"};
	struct failed failed = {.why = {.failure = FAILURE_IDENTITY, .code = "137000"}};
	struct reply reply = {0};

	(void)state;
	assert_int_equal(store_enrolment_state(f.tx, "alice", ENROLMENT_SUSPENDED), 0);
	reply = fixture_receipt(&f, whatsapp, RECEIPT_FAILED, "137000");
	assert_int_equal(reply.alarm_count, 0);
	assert_int_equal(fixture_enrolment(&f, "alice").state, ENROLMENT_SUSPENDED);
	assert_int_equal(fixture_challenge(&f, alice.challenge).state, CHALLENGE_CANCELLED);
	assert_int_equal(fixture_deliver(&f), 0);
	reply = hears(&signal);
	assert_int_equal(reply.alarm_count, 0);
	signal.kind = SIGNAL_IDENTITY;
	reply = hears(&signal);
	assert_int_equal(reply.alarm_count, 0);
	assert_int_equal(fixture_enrolment(&f, "alice").state, ENROLMENT_SUSPENDED);
	/* The sender's own report says the same; the admin came in between. */
	assert_int_equal(store_enrolment_state(f.tx, "alice", ENROLMENT_ACTIVE), 0);
	fixture_advance(&f, 400);
	assert_int_equal(person_begins(&alice), 0);
	assert_int_equal(f.messages, 2);
	assert_int_equal(store_enrolment_state(f.tx, "alice", ENROLMENT_SUSPENDED), 0);
	snprintf(failed.id, sizeof(failed.id), "%s", f.last.id);
	memset(&reply, 0, sizeof(reply));
	assert_int_equal(outcome_failed(&f.engine, f.tx, &failed, &reply), 0);
	assert_int_equal(reply.alarm_count, 0);
	assert_int_equal(fixture_enrolment(&f, "alice").state, ENROLMENT_SUSPENDED);
	assert_int_equal(fixture_delivery(&f, alice.challenge, 0), DELIVERY_FAILED);
}

/* What a provider held back while nobody answered comes at once, in order. */
static void events_of_an_hour_ago_come_together(void **state)
{
	struct signal signal = {.provider = "meta",
				.kind = SIGNAL_TEMPLATE,
				.subject = "login_code",
				.lang = "en_US",
				.event = "PAUSED",
				.stops = true,
				.at = (uint64_t)f.clock.wall - 3000};

	(void)state;
	fixture_configure(&f, "channel \"wa\" { driver = whatsapp_cloud template = login_code }\n"
			      "route \"default\" { channels = {wa, sms} }\n");
	hears(&signal);
	assert_string_equal(channel_of(SAUDI), "sms");
	signal.healthy = true;
	signal.stops = false;
	strcpy(signal.event, "APPROVED");
	signal.at += 2400;
	hears(&signal);
	assert_string_equal(channel_of(SAUDI), "wa");
}

static void a_templates_events_open_and_close_its_breaker(void **state)
{
	struct signal signal = {.provider = "meta",
				.kind = SIGNAL_TEMPLATE,
				.subject = "login_code",
				.lang = "en_US",
				.event = "PAUSED",
				.alarm = ALARM_NOW,
				.stops = true,
				.at = (uint64_t)f.clock.wall};
	struct reply reply;

	(void)state;
	fixture_configure(&f, "channel \"wa\" { driver = whatsapp_cloud template = login_code }\n"
			      "route \"default\" { channels = {wa, sms} }\n");
	reply = hears(&signal);
	assert_string_equal(reply.alarm[0].kind, "template");
	assert_string_equal(channel_of(SAUDI), "sms");
	signal.healthy = true;
	signal.stops = false;
	signal.alarm = ALARM_NONE;
	strcpy(signal.event, "APPROVED");
	fixture_advance(&f, 60);
	signal.at = (uint64_t)f.clock.wall;
	hears(&signal);
	assert_string_equal(channel_of(SAUDI), "wa");
	/* What comes late of before changes nothing. */
	signal.at -= 30;
	signal.stops = true;
	signal.healthy = false;
	hears(&signal);
	assert_string_equal(channel_of(SAUDI), "wa");
	/* A warning stops nothing. */
	signal.at += 60;
	signal.stops = false;
	signal.alarm = ALARM_NOW;
	strcpy(signal.event, "FLAGGED");
	hears(&signal);
	assert_string_equal(channel_of(SAUDI), "wa");
	strcpy(signal.subject, "another_one");
	strcpy(signal.event, "DISABLED");
	signal.stops = true;
	hears(&signal);
	assert_string_equal(channel_of(SAUDI), "wa");
}

static void what_concerns_the_account_is_an_alarm(void **state)
{
	struct signal signal = {.provider = "meta",
				.kind = SIGNAL_ACCOUNT,
				.subject = "account_update",
				.event = "DISABLED_UPDATE",
				.alarm = ALARM_NOW};
	struct reply reply = hears(&signal);

	(void)state;
	assert_string_equal(reply.alarm[0].kind, "account");
	signal.alarm = ALARM_NONE;
	reply = hears(&signal);
	assert_int_equal(reply.alarm_count, 0);
	assert_non_null(strstr(reply.note, "account_update"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(delivered_spares_the_sms),
		TEST(who_wants_the_sms_all_the_same_gets_it),
		TEST(a_policy_can_keep_the_fallback),
		TEST(failed_moves_the_sms_up),
		TEST(every_order_of_receipts_ends_the_same),
		TEST(a_receipt_can_overtake_the_senders_report),
		TEST(what_comes_late_opens_nothing),
		TEST(a_receipt_of_another_provider_or_of_nobody_is_ignored),
		TEST(a_message_is_found_by_the_providers_id),
		TEST(a_code_that_stops_the_channel_stops_it_for_all),
		TEST(a_breaker_for_a_minute_closes_by_itself),
		TEST(a_recipient_without_whatsapp_is_remembered_for_a_day),
		TEST(a_country_that_is_closed_is_skipped_as_a_whole),
		TEST(a_paused_template_stops_its_language_only),
		TEST(what_counts_only_if_it_is_often),
		TEST(a_delivery_closes_what_opened_before_it_was_sent),
		TEST(an_alarm_is_told_once_an_hour_and_again_after_it_was_acknowledged),
		TEST(without_any_channel_nothing_is_sent_and_everybody_is_told),
		TEST(another_device_suspends_the_enrolment),
		TEST(who_did_not_ask_for_the_code_is_locked),
		TEST(the_same_by_the_number_alone),
		TEST(a_changed_number_suspends_all_who_have_it),
		TEST(who_is_suspended_by_an_admin_stays_so_whatever_is_said_of_the_number),
		TEST(a_templates_events_open_and_close_its_breaker),
		TEST(events_of_an_hour_ago_come_together),
		TEST(what_concerns_the_account_is_an_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
