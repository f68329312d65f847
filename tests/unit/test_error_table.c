/*
 * Every row of Meta's error table, told at once and by a receipt: what goes out next and when, who is alarmed, and whom
 * the breaker keeps from the channel afterwards.
 */
#include "daemon/core/outcome.h"
#include "daemon/provider/provider.h"
#include "tests/unit/person.h"

#include <stdio.h>
#include <string.h>

#define SAUDI "+966"
#define GERMAN "+49"

static struct fixture f;
static unsigned people;

static int set_up(void **state)
{
	(void)state;
	fixture_open(&f, "limits { global = {\"100000/1h\"} breaker_after = 3 }\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

/* Somebody new from a country, who speaks a language, logs in. */
static struct person newcomer(const char *country, const char *lang)
{
	char name[16], number[24];
	struct enrolment e;
	struct person p;

	people++;
	snprintf(name, sizeof(name), "user%u", people);
	snprintf(number, sizeof(number), "%s51%06u", country, people);
	fixture_enroll(&f, name, number);
	e = fixture_enrolment(&f, name);
	snprintf(e.lang, sizeof(e.lang), "%s", lang);
	assert_int_equal(store_enrolment_put(f.tx, &e), 0);
	p = person_by_ssh(&f, name);
	snprintf(p.begin.rhost, sizeof(p.begin.rhost), "10.%u.%u.%u", people >> 16 & 255, people >> 8 & 255,
		 people & 255);
	assert_int_equal(person_begins(&p), 0);
	return p;
}

static bool goes_by_whatsapp(const char *country, const char *lang)
{
	newcomer(country, lang);
	return strcmp(f.last.channel, "whatsapp") == 0;
}

/* The last message fails with a code; what that leads to. */
static struct reply go_wrong(const char *code, bool by_receipt)
{
	struct failed failed = {0};
	struct reply reply = {0};

	if (by_receipt) {
		fixture_report_sent(&f);
		fixture_advance(&f, 2);
		return fixture_receipt(&f, f.last.id, RECEIPT_FAILED, code);
	}
	memcpy(failed.id, f.last.id, sizeof(failed.id));
	provider_explain(provider_error_find(&provider_meta, code), code, &failed.why);
	assert_int_equal(outcome_failed(&f.engine, f.tx, &failed, &reply), 0);
	return reply;
}

/* The next channel carries the same code now, but for a changed identity, after which nothing is sent. */
static void expect_next_step(const struct provider_error *row, const struct person *p, const struct reply *reply)
{
	char code[WIRE_CODE_MAX];

	snprintf(code, sizeof(code), "%s", p->code);
	assert_int_equal(reply->due, f.clock.now);
	if (row->failure == FAILURE_IDENTITY) {
		assert_int_equal(fixture_deliver(&f), 0);
		assert_int_equal(fixture_enrolment(&f, p->begin.user).state, ENROLMENT_STALE);
		return;
	}
	assert_int_equal(fixture_deliver(&f), 1);
	assert_string_equal(f.last.channel, "sms");
	assert_string_equal(f.last.code, code);
}

static void expect_alarm(const struct provider_error *row, const struct reply *reply, unsigned nth)
{
	bool expected = (row->alarm == ALARM_NOW && nth == 1) || (row->alarm == ALARM_OFTEN && nth == 3);

	assert_int_equal(reply->alarm_count, expected);
	if (!expected)
		return;
	if (row->failure == FAILURE_IDENTITY)
		assert_string_equal(reply->alarm[0].kind, "identity");
	else if (row->breaker == BREAKER_TEMPLATE)
		assert_string_equal(reply->alarm[0].kind, "template");
	else if (row->breaker == BREAKER_COUNTRY)
		assert_string_equal(reply->alarm[0].kind, "country");
	else
		assert_string_equal(reply->alarm[0].kind, "channel");
}

/* Who is kept from WhatsApp: all, those of the language, those of the country. */
static void expect_breaker(const struct provider_error *row, bool open)
{
	bool channel = open && row->breaker == BREAKER_CHANNEL;
	bool language = open && row->breaker == BREAKER_TEMPLATE;
	bool country = open && row->breaker == BREAKER_COUNTRY;

	assert_int_equal(goes_by_whatsapp(GERMAN, "ar"), !channel);
	assert_int_equal(goes_by_whatsapp(GERMAN, "en"), !channel && !language);
	assert_int_equal(goes_by_whatsapp(SAUDI, "ar"), !channel && !country);
}

/* The one whom it happened to begins another login. */
static void expect_recipient(const struct provider_error *row, struct person *p)
{
	if (row->breaker != BREAKER_RECIPIENT)
		return;
	strcpy(p->begin.service, "another");
	assert_int_equal(person_begins(p), 0);
	assert_string_equal(f.last.channel, "sms");
}

static void one_row(const struct provider_error *row, const char *code, bool by_receipt)
{
	unsigned times = row->often || row->alarm == ALARM_OFTEN ? 3 : 1;

	for (unsigned nth = 1; nth <= times; nth++) {
		struct person p;
		struct reply reply;
		bool often = row->often ? nth == 3 : true;

		/* Breakers of this row's own that opened before stand in the way of the next one. */
		if (nth > 1 && row->breaker != BREAKER_NONE && !row->often)
			p = newcomer(row->breaker == BREAKER_COUNTRY ? GERMAN : SAUDI, "en");
		else
			p = newcomer(SAUDI, "en");
		if (strcmp(f.last.channel, "whatsapp") != 0)
			return; /* a breaker that needs no second time */
		reply = go_wrong(code, by_receipt);
		expect_alarm(row, &reply, nth);
		expect_next_step(row, &p, &reply);
		if (nth == times || !row->often)
			expect_breaker(row, often);
		expect_recipient(row, &p);
	}
}

static void all_rows(bool by_receipt)
{
	for (size_t i = 0; i < provider_meta.error_count; i++) {
		const struct provider_error *row = &provider_meta.errors[i];
		const long long codes[] = {row->first, row->last};

		for (size_t k = 0; k < (row->first == row->last ? 1 : 2); k++) {
			char code[24];

			snprintf(code, sizeof(code), "%lld", codes[k]);
			print_message("%s %s\n", code, by_receipt ? "by a receipt" : "at once");
			tear_down(NULL);
			set_up(NULL);
			one_row(row, code, by_receipt);
		}
	}
}

static void every_code_told_at_once(void **state)
{
	(void)state;
	all_rows(false);
}

static void every_code_told_by_a_receipt(void **state)
{
	(void)state;
	all_rows(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_code_told_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_code_told_by_a_receipt, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
