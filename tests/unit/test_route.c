/* daemon/core/route and spending: which channels carry a code, and why not the others; and one day of an outage. */
#include "daemon/core/addresses.h"
#include "daemon/core/outcome.h"
#include "daemon/core/route.h"
#include "daemon/core/store_route.h"
#include "tests/unit/person.h"

#include <stdio.h>
#include <string.h>

static struct fixture f;

static int set_up(void **state)
{
	(void)state;
	fixture_open(&f, "");
	fixture_enroll(&f, "alice", "+966512345634");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static struct route_plan plan_of(const char *user, const char *policy)
{
	struct dialogue d = {
		.engine = &f.engine, .tx = f.tx, .now = f.clock.now, .enrolment = fixture_enrolment(&f, user)};
	struct route_plan plan;

	d.policy = config_policy(f.config, policy);
	assert_int_equal(dialogue_open_number(&d), 0);
	assert_int_equal(route_plan(&d, &plan), 0);
	dialogue_wipe(&d);
	return plan;
}

/* "whatsapp sms -voice": in this order, with a dash those that are skipped. */
static void expect_plan(const char *user, const char *policy, const char *expected)
{
	struct route_plan plan = plan_of(user, policy);
	char text[512] = "";

	for (size_t i = 0; i < plan.count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%s", i ? " " : "",
			 plan.steps[i].used ? "" : "-", plan.steps[i].channel);
	assert_string_equal(text, expected);
	for (size_t i = 0; i < plan.count; i++)
		assert_true(plan.steps[i].reason[0]);
}

static void expect_reason(const char *user, const char *policy, const char *channel, const char *reason)
{
	struct route_plan plan = plan_of(user, policy);

	for (size_t i = 0; i < plan.count; i++)
		if (strcmp(plan.steps[i].channel, channel) == 0 && strstr(plan.steps[i].reason, reason))
			return;
	fail_msg("%s: \"%s\" is not among the reasons", channel, reason);
}

static void the_longest_prefix_and_the_users_own_channel(void **state)
{
	struct enrolment e = fixture_enrolment(&f, "alice");

	(void)state;
	fixture_configure(&f, "route \"sa\" { countries = {\"+966\"} channels = {sms, whatsapp} }\n"
			      "route \"mobile\" { countries = {\"+9665\"} channels = {whatsapp} }\n");
	fixture_enroll(&f, "bob", "+966112345678");
	fixture_enroll(&f, "carol", "+4915112345678");
	expect_plan("alice", "default", "whatsapp");
	expect_plan("bob", "default", "sms whatsapp");
	expect_plan("carol", "default", "whatsapp sms");
	strcpy(e.channel, "sms");
	assert_int_equal(store_enrolment_put(f.tx, &e), 0);
	expect_plan("alice", "default", "sms whatsapp");
	expect_reason("alice", "default", "sms", "the user's own channel");
}

static void a_policy_keeps_channels_out(void **state)
{
	(void)state;
	fixture_configure(&f, "channel \"voice\" { driver = twilio_voice }\n"
			      "channel \"tg\" { driver = telegram_gateway }\n"
			      "route \"default\" { channels = {whatsapp, sms, voice, tg} }\n"
			      "policy \"strict\" { restricted = deny }\n"
			      "policy \"one\" { channels = {tg} }\n");
	expect_plan("alice", "default", "whatsapp sms voice tg");
	expect_plan("alice", "strict", "whatsapp tg -sms -voice");
	expect_plan("alice", "one", "tg -whatsapp -sms -voice");
	expect_reason("alice", "strict", "voice", "restricted");
}

static void voice_calls_nobody_unless_a_route_says_so(void **state)
{
	(void)state;
	fixture_configure(&f, "channel \"voice\" { driver = ycloud_voice }\n");
	expect_plan("alice", "default", "whatsapp sms");
}

static void an_address_that_the_user_has_not_is_skipped(void **state)
{
	(void)state;
	fixture_configure(&f, "channel \"mail\" { driver = smtp }\nroute \"default\" { channels = {mail, sms} }\n");
	expect_plan("alice", "default", "sms -mail");
	expect_reason("alice", "default", "mail", "has no address for e-mail");
	assert_int_equal(addresses_put(&f.engine, f.tx, "alice", "email", "alice@example.org"), 0);
	expect_plan("alice", "default", "mail sms");
}

static void a_country_that_is_not_listed_gets_nothing(void **state)
{
	(void)state;
	fixture_configure(&f, "limits { countries = {\"+966\", \"+971\"} }\n");
	fixture_enroll(&f, "bob", "+4915112345678");
	expect_plan("alice", "default", "whatsapp sms");
	expect_plan("bob", "default", "-whatsapp -sms");
	expect_reason("bob", "default", "sms", "limits { countries } does not have +49");
}

/* Money */

static unsigned send_by(const char *user, unsigned n)
{
	unsigned before = f.messages;
	struct person p = person_by_ssh(&f, user);

	snprintf(p.begin.rhost, sizeof(p.begin.rhost), "203.0.113.%u", n % 250 + 1);
	assert_int_equal(person_begins(&p), 0);
	return f.messages - before;
}

static void at_the_cap_only_what_costs_nothing_is_sent(void **state)
{
	char name[16], number[24];

	(void)state;
	fixture_configure(&f, "channel \"dear\" { driver = vonage cost = \"0.5 USD\" cost_per_hour = \"2 USD\" }\n"
			      "channel \"free\" { driver = modem }\n"
			      "route \"default\" { channels = {dear, free} }\n");
	for (unsigned i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "user%u", i);
		snprintf(number, sizeof(number), "+9665123450%02u", i);
		fixture_enroll(&f, name, number);
		assert_int_equal(send_by(name, i), 1);
		assert_string_equal(f.last.channel, i < 4 ? "dear" : "free");
	}
	expect_reason("alice", "default", "dear", "the cap of 2.00 USD an hour is reached");
	fixture_advance(&f, 3600); /* a new hour */
	expect_plan("alice", "default", "dear free");
}

static void the_cap_of_all_channels_counts_each(void **state)
{
	(void)state;
	fixture_configure(&f, "channel \"a\" { driver = vonage cost = \"1 USD\" }\n"
			      "channel \"b\" { driver = twilio cost = \"1 USD\" }\n"
			      "channel \"c\" { driver = modem }\n"
			      "route \"default\" { channels = {a, b, c} }\n"
			      "limits { cost_per_day = \"1.5 USD\" }\n");
	assert_int_equal(send_by("alice", 1), 1);
	assert_string_equal(f.last.channel, "a");
	fixture_advance(&f, 25); /* b is skipped by now, c takes its place */
	assert_int_equal(fixture_deliver(&f), 1);
	assert_string_equal(f.last.channel, "c");
	expect_plan("alice", "default", "c -a -b");
	expect_reason("alice", "default", "b", "a day for all channels");
}

static void what_was_not_delivered_is_not_paid_for(void **state)
{
	struct spend spend;

	(void)state;
	fixture_configure(&f, "channel \"a\" { driver = whatsapp_cloud cost = \"1 USD\" cost_per_day = \"9 USD\" }\n"
			      "route \"default\" { channels = {a, sms} }\n");
	assert_int_equal(send_by("alice", 1), 1);
	assert_int_equal(store_spend_get(f.tx, "a", f.clock.wall, &spend), 1);
	assert_int_equal(spend.day, 1000000);
	fixture_receipt(&f, f.last.id, RECEIPT_FAILED, "131000");
	assert_int_equal(store_spend_get(f.tx, "a", f.clock.wall, &spend), 1);
	assert_int_equal(spend.day, 0);
	assert_int_equal(spend.hour, 0);
}

static void at_80_percent_an_admin_hears_of_it(void **state)
{
	struct person p = person_by_ssh(&f, "alice");
	unsigned alarms = 0;
	char name[16], number[24];

	(void)state;
	fixture_configure(&f, "channel \"a\" { driver = vonage cost = \"1 USD\" cost_per_day = \"10 USD\" }\n"
			      "route \"default\" { channels = {a} }\n");
	for (unsigned i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "user%u", i);
		snprintf(number, sizeof(number), "+9665123450%02u", i);
		fixture_enroll(&f, name, number);
		p = person_by_ssh(&f, name);
		snprintf(p.begin.rhost, sizeof(p.begin.rhost), "203.0.113.%u", i + 1);
		fixture_advance(&f, 30);
		assert_int_equal(person_begins(&p), 0);
		alarms += (unsigned)p.reply.alarm_count;
		assert_int_equal(p.reply.alarm_count, i == 7 || i == 9);
		if (i == 7)
			assert_non_null(strstr(p.reply.alarm[0].text, "80 % of the day's money"));
		if (i == 9)
			assert_non_null(strstr(p.reply.alarm[0].text, "money is spent: until the next day"));
	}
	assert_int_equal(alarms, 2);
}

static void expect_spent(int64_t hour, int64_t day)
{
	struct spend spend;

	assert_int_equal(store_spend_get(f.tx, "sms", f.clock.wall, &spend), 1);
	assert_int_equal(spend.hour, hour);
	assert_int_equal(spend.day, day);
}

static void what_a_clock_far_ahead_spent_is_forgotten(void **state)
{
	const int64_t right = f.clock.wall;

	(void)state;
	/* Set back by less than a week: the hour and the day that were begun go on. */
	assert_int_equal(store_spend_charge(f.tx, "sms", right + 6 * 86400, 5), 0);
	expect_spent(5, 5);
	assert_int_equal(store_spend_charge(f.tx, "sms", right, 2), 0);
	expect_spent(7, 7);
	/* By a year: nothing counts of what was spent then, and what is spent now does. */
	assert_int_equal(store_spend_charge(f.tx, "sms", right + 365 * 86400, 9), 0);
	expect_spent(0, 0);
	assert_int_equal(store_spend_charge(f.tx, "sms", right, 3), 0);
	expect_spent(3, 3);
	f.clock.wall += 3600;
	expect_spent(0, 3);
	f.clock.wall += 86400;
	expect_spent(0, 0);
}

static void a_score_of_a_clock_far_ahead_goes_on_with_the_next_message(void **state)
{
	struct score score = {.success = 0, .updated = f.clock.wall + 365 * 86400};

	(void)state;
	fixture_configure(&f, "channel \"wa\" { driver = whatsapp_cloud receipts = webhook }\n"
			      "route \"default\" { channels = {wa, sms} order = adaptive }\n");
	assert_int_equal(store_score_put(f.tx, "+966", "wa", &score), 0);
	expect_plan("alice", "default", "sms wa");
	assert_int_equal(send_by("alice", 1), 1);
	assert_string_equal(f.last.channel, "sms");
	fixture_advance(&f, 40);
	assert_int_equal(fixture_deliver(&f), 1); /* the fallback */
	assert_string_equal(f.last.channel, "wa");
	fixture_report_sent(&f);
	fixture_receipt(&f, f.last.id, RECEIPT_DELIVERED, "");
	assert_int_equal(store_score_get(f.tx, "+966", "wa", &score), 1);
	assert_int_equal(score.updated, f.clock.wall);
	assert_true(score.success > 0);
	expect_plan("alice", "default", "sms wa");
	fixture_advance(&f, 3 * 3600); /* a bad name of now is forgotten in time */
	expect_plan("alice", "default", "wa sms");
}

/* A day */

/* Every minute somebody of a country logs in; what is sent by WhatsApp arrives after 3 s unless there is an outage. */
struct day {
	unsigned whatsapp_first, sms_first; /* in the last hour */
	unsigned logins, codes_typed, messages;
};

static void live_an_hour(struct day *day, const char *user, bool outage)
{
	*day = (struct day){.messages = f.messages};
	for (unsigned minute = 0; minute < 60; minute++) {
		struct person p = person_by_ssh(&f, user);
		char first[WIRE_NAME_MAX], code[WIRE_CODE_MAX];
		bool arrived;

		fixture_advance(&f, 60);
		snprintf(p.begin.rhost, sizeof(p.begin.rhost), "203.0.113.%u", minute + 1);
		assert_int_equal(person_begins(&p), 0);
		assert_true(p.reply.has_send);
		snprintf(first, sizeof(first), "%s", f.last.channel);
		snprintf(code, sizeof(code), "%s", f.last.code);
		*(strcmp(first, "wa") == 0 ? &day->whatsapp_first : &day->sms_first) += 1;
		fixture_report_sent(&f);
		arrived = strcmp(first, "sms") == 0 || !outage;
		fixture_advance(&f, 3);
		if (arrived && strcmp(first, "wa") == 0)
			fixture_receipt(&f, f.last.id, RECEIPT_DELIVERED, "");
		if (!arrived) {
			fixture_advance(&f, 60);
			assert_int_equal(fixture_deliver(&f), 1); /* the fallback */
			assert_string_equal(f.last.channel, "sms");
			fixture_report_sent(&f);
		}
		fixture_advance(&f, 5);
		assert_int_equal(person_types(&p, code), 0);
		expect_result(&p, RESULT_ALLOW);
		day->codes_typed++;
		day->logins++;
	}
	day->messages = f.messages - day->messages;
}

static void a_day_with_an_outage_in_one_country(void **state)
{
	struct day day;

	(void)state;
	fixture_configure(&f,
			  "channel \"wa\" { driver = whatsapp_cloud receipts = webhook }\n"
			  "route \"default\" { channels = {wa, sms} order = adaptive }\n"
			  "limits { per_user = {\"1000/1h\"} per_number = {\"1000/1h\"} global = {\"1000/1h\"} }\n");
	fixture_enroll(&f, "bob", "+4915112345678");
	live_an_hour(&day, "alice", false);
	assert_int_equal(day.whatsapp_first, 60);
	assert_int_equal(day.messages, 60);
	/* The outage: after a few it is SMS first, and WhatsApp is tried now and then. */
	live_an_hour(&day, "alice", true);
	assert_true(day.sms_first > 40);
	assert_true(day.whatsapp_first > 0);
	assert_int_equal(day.codes_typed, 60); /* everybody came in */
	live_an_hour(&day, "alice", true);
	assert_true(day.sms_first > 50);
	/* Another country knows nothing of it. */
	live_an_hour(&day, "bob", false);
	assert_int_equal(day.whatsapp_first, 60);
	/* It is over: within an hour WhatsApp is first again, and stays. */
	live_an_hour(&day, "alice", false);
	assert_true(day.whatsapp_first > 20);
	live_an_hour(&day, "alice", false);
	assert_int_equal(day.whatsapp_first, 60);
	assert_int_equal(day.messages, 60);
}

static void the_fallback_waits_as_long_as_messages_need(void **state)
{
	struct route_plan plan;
	struct score score = {.success = SCORE_FULL};

	(void)state;
	fixture_configure(&f, "route \"default\" { channels = {whatsapp, sms} order = adaptive fallback_after = 25 "
			      "fallback_least = 10 fallback_most = 40 }\n");
	assert_int_equal(plan_of("alice", "default").fallback_after, 25);
	for (int i = 0; i < 100; i++)
		score_add(&score, true, 2 * SECOND, f.clock.wall);
	assert_int_equal(store_score_put(f.tx, "+966", "whatsapp", &score), 0);
	plan = plan_of("alice", "default");
	assert_int_equal(plan.fallback_after, 10); /* not below the bound */
	assert_int_equal(plan.steps[1].after_seconds, 10);
	assert_non_null(strstr(plan.steps[0].reason, "100 % delivered in +966, 95 of 100 within 2 s"));
	for (int i = 0; i < 100; i++)
		score_add(&score, true, 22 * SECOND, f.clock.wall);
	assert_int_equal(store_score_put(f.tx, "+966", "whatsapp", &score), 0);
	assert_int_equal(plan_of("alice", "default").fallback_after, 25); /* the bucket of 22 s ends there */
	for (int i = 0; i < 300; i++)
		score_add(&score, true, 55 * SECOND, f.clock.wall);
	assert_int_equal(store_score_put(f.tx, "+966", "whatsapp", &score), 0);
	plan = plan_of("alice", "default");
	assert_string_equal(plan.steps[0].channel, "sms"); /* later than anybody waits */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_longest_prefix_and_the_users_own_channel),
		TEST(a_policy_keeps_channels_out),
		TEST(voice_calls_nobody_unless_a_route_says_so),
		TEST(an_address_that_the_user_has_not_is_skipped),
		TEST(a_country_that_is_not_listed_gets_nothing),
		TEST(at_the_cap_only_what_costs_nothing_is_sent),
		TEST(the_cap_of_all_channels_counts_each),
		TEST(what_was_not_delivered_is_not_paid_for),
		TEST(at_80_percent_an_admin_hears_of_it),
		TEST(a_day_with_an_outage_in_one_country),
		TEST(what_a_clock_far_ahead_spent_is_forgotten),
		TEST(a_score_of_a_clock_far_ahead_goes_on_with_the_next_message),
		TEST(the_fallback_waits_as_long_as_messages_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
