/* daemon/webhook/whatsapp_events: what each word of a provider's is worth. */
#include "daemon/webhook/whatsapp_events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NOTHING, WARNS, STOPS, HEALS };

struct row {
	const char *word;
	int worth;
};

static void is_worth(const struct signal *signal, const struct row *row)
{
	if (signal->stops != (row->worth == STOPS) || signal->healthy != (row->worth == HEALS) ||
	    signal->alarm != (row->worth == STOPS || row->worth == WARNS ? ALARM_NOW : ALARM_NONE))
		fail_msg("%s: alarm %s, stops %d, healthy %d", row->word, alarm_names[signal->alarm], signal->stops,
			 signal->healthy);
}

static struct signal signal_of(const char *word)
{
	/* What was there before does not count. */
	struct signal signal = {.alarm = ALARM_OFTEN, .stops = true, .healthy = true};

	snprintf(signal.event, sizeof(signal.event), "%s", word);
	return signal;
}

static void test_words_about_templates(void **state)
{
	static const struct row rows[] = {
		{"PAUSED", STOPS},
		{"DISABLED", STOPS},
		{"REJECTED", STOPS},
		{"DELETED", STOPS},
		{"PENDING_DELETION", STOPS},
		{"ARCHIVED", STOPS},
		{"LOCKED", STOPS},
		{"FLAGGED", WARNS},
		{"LIMIT_EXCEEDED", WARNS},
		{"QUALITY_RED", WARNS},
		{"CATEGORY_UTILITY", WARNS},
		{"CATEGORY_MARKETING", WARNS},
		{"CATEGORY_OTHER", WARNS},
		{"A_WORD_OF_TOMORROW", WARNS},
		{"OTHER", WARNS},
		{"paused", WARNS},
		{"APPROVED", HEALS},
		{"REINSTATED", HEALS},
		{"UNARCHIVED", HEALS},
		{"UNFLAGGED", NOTHING},
		{"QUALITY_GREEN", NOTHING},
		{"QUALITY_YELLOW", NOTHING},
		{"PENDING", NOTHING},
		{"QUALITY_UNKNOWN", NOTHING},
		{"IN_APPEAL", NOTHING},
		{"CATEGORY_AUTHENTICATION", NOTHING},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct signal signal = signal_of(rows[i].word);

		whatsapp_weigh_template(&signal);
		is_worth(&signal, &rows[i]);
	}
}

static void test_words_about_the_account(void **state)
{
	static const struct row rows[] = {
		{"DISABLED_UPDATE", STOPS},
		{"ACCOUNT_DELETED", STOPS},
		{"DELETED", STOPS},
		{"DISABLE", STOPS},
		{"REINSTATE", HEALS},
		{"REINSTATED", HEALS},
		{"SCHEDULE_FOR_DISABLE", WARNS},
		{"ACCOUNT_RESTRICTION", WARNS},
		{"ACCOUNT_VIOLATION", WARNS},
		{"REJECTED", WARNS},
		{"A_WORD_OF_TOMORROW", WARNS},
		{"APPROVED", NOTHING},
		{"VERIFIED_ACCOUNT", NOTHING},
		{"PARTNER_ADDED", NOTHING},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct signal signal = signal_of(rows[i].word);

		whatsapp_weigh_account(i % 2 ? NULL : "", &signal);
		is_worth(&signal, &rows[i]);
		signal = signal_of("DISABLED_UPDATE"); /* the ban's word says more */
		whatsapp_weigh_account(rows[i].word, &signal);
		is_worth(&signal, &rows[i]);
		assert_string_equal(signal.event, "DISABLED_UPDATE");
	}
}

static void test_words_about_a_number(void **state)
{
	static const struct row rows[] = {
		{"DELETED", STOPS},     {"BANNED", STOPS},    {"FLAGGED", WARNS},      {"DOWNGRADE", WARNS},
		{"UNFLAGGED", NOTHING}, {"UPGRADE", NOTHING}, {"ONBOARDING", NOTHING}, {"A_NEW_WORD", WARNS},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct signal signal = signal_of(rows[i].word);

		whatsapp_weigh_number(&signal);
		is_worth(&signal, &rows[i]);
	}
}

static void test_a_restriction_of_what_we_send_stops(void **state)
{
	static const struct {
		const char *restrictions;
		bool stops;
	} rows[] = {
		{"[{\"type\":\"RESTRICTED_BIZ_INITIATED_MESSAGING\",\"expiration\":1}]", true},
		{"[{\"type\":\"RESTRICTED_ADD_PHONE_NUMBER_ACTION\"},"
		 "{\"type\":\"RESTRICTED_BIZ_INITIATED_MESSAGING\"}]",
		 true},
		{"[{\"type\":\"RESTRICTED_ADD_PHONE_NUMBER_ACTION\"}]", false},
		{"[{\"type\":\"RESTRICTED_CUSTOMER_INITIATED_MESSAGING\"}]", false},
		{"[{\"other\":\"RESTRICTED_BIZ_INITIATED_MESSAGING\"},{\"type\":5},null,[]]", false},
		{"[]", false},
		{"{\"type\":\"RESTRICTED_BIZ_INITIATED_MESSAGING\"}", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *restrictions = json_loads(rows[i].restrictions, 0, NULL);
		struct signal signal = signal_of("ACCOUNT_RESTRICTION");

		assert_non_null(restrictions);
		whatsapp_weigh_account(NULL, &signal);
		whatsapp_weigh_restrictions(restrictions, "type", &signal);
		assert_int_equal(signal.stops, rows[i].stops);
		assert_int_equal(signal.alarm, ALARM_NOW);
		json_decref(restrictions);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_about_templates),
		cmocka_unit_test(test_words_about_the_account),
		cmocka_unit_test(test_words_about_a_number),
		cmocka_unit_test(test_a_restriction_of_what_we_send_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
