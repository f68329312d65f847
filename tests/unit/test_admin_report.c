/* daemon/core/admin_report and admin_route: what an admin is told of delivery, and does about it. */
#include "daemon/core/addresses.h"
#include "daemon/core/alarms.h"
#include "daemon/core/bookkeeping.h"
#include "daemon/core/outcome.h"
#include "daemon/core/store_breaker.h"
#include "daemon/core/store_report.h"
#include "tests/unit/person.h"

#include <stdio.h>
#include <string.h>

static struct fixture f;
static struct admin_page page;
static struct reply reply;
static union admin_request request;

static int set_up(void **state)
{
	(void)state;
	fixture_open(&f, "channel \"bot\" { driver = telegram_bot bot_name = OtpBot }\n"
			 "channel \"mail\" { driver = smtp }\n");
	fixture_enroll(&f, "alice", "+966512345634");
	memset(&request, 0, sizeof(request));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static void ask(const struct wire_message *message)
{
	page.after[0] = '\0';
	fixture_ask(&f, message, &request, &page, &reply);
}

static void expect_done(enum result result, const char *reason)
{
	assert_int_equal(reply.kind, REPLY_DONE);
	assert_int_equal(reply.done.result, result);
	if (!strstr(reply.done.reason, reason))
		fail_msg("%s", reply.done.reason);
}

/* Alarms */

static void raise_one(const char *kind, const char *subject)
{
	struct reply told = {0};

	assert_int_equal(alarm_raise(&f.engine, f.tx, &told, kind, subject, "%s is wrong", subject), 0);
}

static void alarms_are_listed_until_they_are_forgotten_and_marked_when_acknowledged(void **state)
{
	(void)state;
	ask(&wire_alarms);
	assert_int_equal(page.count, 0);
	raise_one("channel", "whatsapp");
	raise_one("channel", "whatsapp");
	raise_one("template", "whatsapp ar");
	ask(&wire_alarms);
	assert_int_equal(page.count, 2);
	assert_string_equal(page.items[0].alarm.kind, "channel");
	assert_string_equal(page.items[0].alarm.text, "whatsapp is wrong");
	assert_int_equal(page.items[0].alarm.count, 2);
	assert_int_equal(page.items[0].alarm.acked_at, 0);
	ask(&wire_health);
	assert_string_equal(page.items[1].health.name, "alarms");
	assert_string_equal(page.items[1].health.state, "degraded");
	strcpy(request.alarms_ack.kind, "channel");
	ask(&wire_alarms_ack);
	expect_done(RESULT_ALLOW, "1 acknowledged");
	ask(&wire_alarms_ack);
	expect_done(RESULT_DENY, "no alarm of kind channel");
	memset(&request, 0, sizeof(request));
	ask(&wire_alarms);
	assert_string_equal(page.items[0].alarm.acked_by, "root");
	assert_int_equal(page.items[0].alarm.acked_at, f.clock.wall);
	assert_int_equal(page.items[1].alarm.acked_at, 0);
}

static void more_alarms_than_a_page_holds(void **state)
{
	unsigned seen = 0;
	char subject[32];

	(void)state;
	for (unsigned i = 0; i < 70; i++) {
		snprintf(subject, sizeof(subject), "user %02u", i);
		raise_one("identity", subject);
	}
	page.after[0] = '\0';
	do {
		fixture_ask(&f, &wire_alarms, &request, &page, &reply);
		for (size_t i = 0; i < page.count; i++) {
			snprintf(subject, sizeof(subject), "user %02u", seen++);
			assert_string_equal(page.items[i].alarm.subject, subject);
		}
	} while (page.more);
	assert_int_equal(seen, 70);
}

static void alarms_that_were_acknowledged_make_room_for_others(void **state)
{
	struct alarm_row row;
	char subject[32];

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		snprintf(subject, sizeof(subject), "user %02u", i);
		raise_one("identity", subject);
	}
	raise_one("identity", "alice"); /* one too many */
	assert_int_equal(store_alarm_get(f.tx, "identity", "alice", &row), 0);
	assert_int_equal(store_alarm_get(f.tx, "identity", "and others", &row), 1);
	raise_one("channel", "whatsapp"); /* of another kind */
	assert_int_equal(store_alarm_get(f.tx, "channel", "whatsapp", &row), 1);
	strcpy(request.alarms_ack.kind, "identity");
	ask(&wire_alarms_ack);
	expect_done(RESULT_ALLOW, "101 acknowledged");
	raise_one("identity", "alice");
	assert_int_equal(store_alarm_get(f.tx, "identity", "alice", &row), 1);
	assert_int_equal(row.count, 1);
	assert_int_equal(row.acked_at, 0);
	assert_int_equal(store_alarm_get(f.tx, "identity", "and others", &row), 1);
	assert_int_equal(row.acked_at, f.clock.wall);
}

/* Breakers */

static void breakers_are_shown_and_closed(void **state)
{
	struct breaker_row row = {.scope = BREAKER_CHANNEL,
				  .channel = "whatsapp",
				  .state = {.open_until = BREAKER_UNTIL_CLOSED},
				  .opened = f.clock.now - 60 * SECOND,
				  .code = "190",
				  .detail = "the access token has expired"};

	(void)state;
	assert_int_equal(store_breaker_put(f.tx, &row), 0);
	row.scope = BREAKER_COUNTRY;
	strcpy(row.subject, "+49");
	row.state.open_until = f.clock.now + 90 * SECOND;
	assert_int_equal(store_breaker_put(f.tx, &row), 0);
	ask(&wire_breakers);
	assert_int_equal(page.count, 2);
	assert_int_equal(page.items[0].breaker.scope, BREAKER_CHANNEL);
	assert_int_equal(page.items[0].breaker.seconds_left, 0);
	assert_int_equal(page.items[0].breaker.opened_at, f.clock.wall - 60);
	assert_string_equal(page.items[1].breaker.subject, "+49");
	assert_int_equal(page.items[1].breaker.seconds_left, 90);
	ask(&wire_health);
	assert_int_equal(page.count, 3);
	assert_non_null(strstr(page.items[1].health.detail, "whatsapp (channel) is skipped: 190"));
	strcpy(request.breaker_close.channel, "carrier-pigeon");
	ask(&wire_breaker_close);
	expect_done(RESULT_DENY, "there is no channel");
	strcpy(request.breaker_close.channel, "sms");
	ask(&wire_breaker_close);
	expect_done(RESULT_ALLOW, "0 closed");
	strcpy(request.breaker_close.channel, "");
	ask(&wire_breaker_close);
	expect_done(RESULT_ALLOW, "2 closed");
}

/* Statistics */

static void write_stat(int64_t hour, const char *channel, const char *country, int64_t place, int64_t count)
{
	struct stat_row row = {.hour = hour, .place = place, .count = count};

	snprintf(row.channel, sizeof(row.channel), "%s", channel);
	snprintf(row.country, sizeof(row.country), "%s", country);
	assert_int_equal(bookkeeping_write(f.tx, &row, 1), 0);
}

static const struct stat_item *stat_of(const char *key)
{
	for (size_t i = 0; i < page.count; i++)
		if (strcmp(page.items[i].stat.key, key) == 0)
			return &page.items[i].stat;
	fail_msg("there is no key \"%s\"", key);
	return NULL;
}

static void ask_stats(const char *by, int64_t since)
{
	memset(&request, 0, sizeof(request));
	request.stats.since = (uint64_t)since;
	snprintf(request.stats.by, sizeof(request.stats.by), "%s", by);
	ask(&wire_stats);
}

static void statistics_by_each_key(void **state)
{
	const int64_t hour = f.clock.wall - f.clock.wall % 3600;

	(void)state;
	write_stat(hour - 3600, "whatsapp", "+966", TALLY_SENT, 10);
	write_stat(hour, "whatsapp", "+966", TALLY_SENT, 5);
	write_stat(hour, "whatsapp", "+49", TALLY_SENT, 2);
	write_stat(hour, "sms", "+49", TALLY_SENT, 1);
	write_stat(hour, "sms", "+49", TALLY_COST, 75000);
	write_stat(hour, "whatsapp", "+966", TALLY_DELIVERY_TIME + tally_bucket(2 * SECOND), 19);
	write_stat(hour, "whatsapp", "+966", TALLY_DELIVERY_TIME + tally_bucket(20 * SECOND), 1);
	ask_stats("", 0);
	assert_int_equal(page.count, 1);
	assert_int_equal(stat_of("")->sent, 18);
	assert_int_equal(stat_of("")->cost, 75000);
	assert_int_equal(stat_of("")->delivery_ms_p50, tally_bucket_ms(tally_bucket(2 * SECOND)));
	ask_stats("channel", hour + 1800); /* the whole hour counts */
	assert_int_equal(stat_of("whatsapp")->sent, 7);
	assert_int_equal(stat_of("sms")->sent, 1);
	ask_stats("country", 0);
	assert_int_equal(stat_of("+966")->sent, 15);
	assert_int_equal(stat_of("+49")->sent, 3);
	ask_stats("provider", 0);
	assert_int_equal(stat_of("meta")->sent, 17);
	assert_int_equal(stat_of("generic")->sent, 1);
	ask_stats("hour", 0);
	assert_int_equal(page.count, 2);
	assert_int_equal(page.items[0].stat.sent, 10);
	assert_int_equal(page.items[1].stat.sent, 8);
	ask_stats("moon", 0);
	expect_done(RESULT_DENY, "one of channel, country, provider, hour");
}

static void hours_become_days_after_a_month(void **state)
{
	const int64_t day = 1700006400; /* a midnight */
	unsigned hours = 0;
	uint64_t sent = 0;

	(void)state;
	for (unsigned i = 0; i < 24 * 40; i++)
		write_stat(day + (int64_t)i * 3600, "whatsapp", "+966", TALLY_SENT, 2);
	assert_int_equal(bookkeeping_prune(f.tx, f.clock.now, day + 40 * 86400), 0);
	assert_int_equal(bookkeeping_prune(f.tx, f.clock.now, day + 40 * 86400), 0);
	memset(&request, 0, sizeof(request));
	strcpy(request.stats.by, "hour");
	page.after[0] = '\0';
	do {
		fixture_ask(&f, &wire_stats, &request, &page, &reply);
		for (size_t i = 0; i < page.count; i++, hours++)
			sent += page.items[i].stat.sent;
	} while (page.more);
	assert_int_equal(sent, 2 * 24 * 40);
	assert_int_equal(hours, 8 + 32 * 24);
}

static void keys_come_in_order_each_on_one_page(void **state)
{
	const int64_t hour = f.clock.wall - f.clock.wall % 3600;
	char last[WIRE_NAME_MAX] = "";
	unsigned keys = 0;

	(void)state;
	for (unsigned i = 0; i < 3 * 89; i++) {
		char country[PHONE_COUNTRY_MAX];

		snprintf(country, sizeof(country), "+%u", 100 + i * 37 % 89);
		write_stat(hour - (int64_t)(i / 89) * 3600, "whatsapp", country, TALLY_SENT, 1 + i / 89);
	}
	memset(&request, 0, sizeof(request));
	strcpy(request.stats.by, "country");
	page.after[0] = '\0';
	do {
		fixture_ask(&f, &wire_stats, &request, &page, &reply);
		for (size_t i = 0; i < page.count; i++, keys++) {
			assert_true(strcmp(last, page.items[i].stat.key) < 0);
			assert_int_equal(page.items[i].stat.sent, 1 + 2 + 3);
			memcpy(last, page.items[i].stat.key, sizeof(last));
		}
	} while (page.more);
	assert_int_equal(keys, 89);
}

/* Routes and addresses */

static void a_route_is_explained(void **state)
{
	(void)state;
	strcpy(request.route_explain.user, "alice");
	ask(&wire_route_explain);
	assert_int_equal(page.count, 4);
	assert_string_equal(page.items[0].route_step.channel, "whatsapp");
	assert_true(page.items[0].route_step.used);
	assert_int_equal(page.items[1].route_step.after_seconds, 25);
	assert_false(page.items[3].route_step.used);
	assert_non_null(strstr(page.items[3].route_step.reason, "no address"));
	strcpy(request.route_explain.user, "nobody");
	ask(&wire_route_explain);
	expect_done(RESULT_DENY, "nobody is not enrolled");
}

static void set_address(const char *kind, const char *value)
{
	memset(&request, 0, sizeof(request));
	strcpy(request.address.user, "alice");
	strcpy(request.address.kind, kind);
	strcpy(request.address.value, value);
	ask(&wire_address);
}

static void an_email_address_is_set_and_forgotten(void **state)
{
	static const char *const bad[] = {"alice", "@example.org", "alice@", "a b@example.org", "a@b>,c@d"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		set_address("email", bad[i]);
		expect_done(RESULT_DENY, "no e-mail address");
	}
	set_address("telegram", "12345");
	expect_done(RESULT_DENY, "by a link");
	set_address("email", "alice@example.org");
	expect_done(RESULT_ALLOW, "alice is changed");
	assert_null(strstr(reply.note, "alice@"));
	memset(&request, 0, sizeof(request));
	strcpy(request.route_explain.user, "alice");
	ask(&wire_route_explain);
	assert_true(page.items[2].route_step.used);
	set_address("email", "");
	expect_done(RESULT_ALLOW, "");
	memset(&request, 0, sizeof(request));
	strcpy(request.route_explain.user, "alice");
	ask(&wire_route_explain);
	assert_true(!page.items[3].route_step.used && !page.items[2].route_step.used);
}

static void a_chat_is_made_known_by_a_link(void **state)
{
	struct linked linked = {.address = "123456789"};
	struct reply told = {0};

	(void)state;
	strcpy(request.link_begin.user, "alice");
	strcpy(request.link_begin.channel, "whatsapp");
	ask(&wire_link_begin);
	expect_done(RESULT_DENY, "has no bot_name");
	strcpy(request.link_begin.channel, "bot");
	ask(&wire_link_begin);
	expect_done(RESULT_ALLOW, "https://t.me/OtpBot?start=");
	assert_true(reply.has_link);
	assert_string_equal(reply.link.channel, "bot");
	memcpy(linked.nonce, reply.link.nonce, sizeof(linked.nonce));
	assert_int_equal(addresses_linked(&f.engine, f.tx, &linked, &told), 0);
	assert_non_null(strstr(told.note, "alice: can be reached by channel bot"));
	memset(&told, 0, sizeof(told));
	assert_int_equal(addresses_linked(&f.engine, f.tx, &linked, &told), 0); /* once */
	assert_string_equal(told.note, "");
	strcpy(request.link_begin.channel, "bot");
	ask(&wire_link_begin);
	memcpy(linked.nonce, reply.link.nonce, sizeof(linked.nonce));
	fixture_advance(&f, 601); /* too late */
	assert_int_equal(addresses_linked(&f.engine, f.tx, &linked, &told), 0);
	assert_string_equal(told.note, "");
}

/* A number that is in doubt */

static void a_stale_enrolment_comes_back_when_it_is_verified(void **state)
{
	struct enroll_answer typed = {0};
	char code[WIRE_CODE_MAX];

	(void)state;
	assert_int_equal(store_enrolment_state(f.tx, "alice", ENROLMENT_STALE), 0);
	strcpy(request.user.user, "alice");
	ask(&wire_show);
	assert_string_equal(page.items[0].enrolment.state, "stale");
	ask(&wire_test);
	expect_done(RESULT_DENY, "suspended or locked");
	ask(&wire_verify);
	assert_int_equal(reply.kind, REPLY_ASK);
	snprintf(code, sizeof(code), "%s", f.last.code);
	memcpy(typed.challenge, reply.ask.challenge, sizeof(typed.challenge));
	snprintf(typed.text, sizeof(typed.text), "%s", code);
	memset(&request, 0, sizeof(request));
	request.enroll_answer = typed;
	ask(&wire_enroll_answer);
	expect_done(RESULT_ALLOW, "alice is enrolled");
	assert_int_equal(fixture_enrolment(&f, "alice").state, ENROLMENT_ACTIVE);
	assert_int_equal(store_enrolment_state(f.tx, "alice", ENROLMENT_SUSPENDED), 0);
	memset(&request, 0, sizeof(request));
	strcpy(request.user.user, "alice");
	ask(&wire_verify);
	expect_done(RESULT_DENY, "suspended by an admin");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(alarms_are_listed_until_they_are_forgotten_and_marked_when_acknowledged),
		TEST(more_alarms_than_a_page_holds),
		TEST(alarms_that_were_acknowledged_make_room_for_others),
		TEST(breakers_are_shown_and_closed),
		TEST(statistics_by_each_key),
		TEST(hours_become_days_after_a_month),
		TEST(keys_come_in_order_each_on_one_page),
		TEST(a_route_is_explained),
		TEST(an_email_address_is_set_and_forgotten),
		TEST(a_chat_is_made_known_by_a_link),
		TEST(a_stale_enrolment_comes_back_when_it_is_verified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
