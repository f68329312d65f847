/* pam/result: no way to end but the named ones is PAM_SUCCESS or PAM_IGNORE. */
#include "pam/result.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#include <cmocka.h>

static char line[512];
static int level;

void __wrap_pam_syslog(const pam_handle_t *pamh, int priority, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void __wrap_pam_syslog(const pam_handle_t *pamh, int priority, const char *format, ...)
{
	va_list arguments;

	(void)pamh;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	level = priority;
}

static int report(enum situation situation, bool quiet)
{
	static const struct login_begin login = {.user = "alice", .rhost = "192.0.2.7"};

	line[0] = '\0';
	return result_report(NULL, &login, situation, "why", quiet);
}

static void each_situation_has_its_code(void **state)
{
	static const int codes[] = {
		[SITUATION_DENY] = PAM_AUTH_ERR,
		[SITUATION_ALLOW] = PAM_SUCCESS,
		[SITUATION_IGNORE] = PAM_IGNORE,
		[SITUATION_LOCKED] = PAM_MAXTRIES,
		[SITUATION_UNAVAILABLE] = PAM_AUTHINFO_UNAVAIL,
		[SITUATION_ABSENT] = PAM_AUTHINFO_UNAVAIL,
		[SITUATION_FAILMODE] = PAM_SUCCESS,
		[SITUATION_UNREACHABLE] = PAM_AUTHINFO_UNAVAIL,
		[SITUATION_UNTRUSTED] = PAM_AUTHINFO_UNAVAIL,
		[SITUATION_SILENT] = PAM_AUTHINFO_UNAVAIL,
		[SITUATION_STILL_SILENT] = PAM_AUTHINFO_UNAVAIL,
		[SITUATION_LOST] = PAM_AUTHINFO_UNAVAIL,
		[SITUATION_GARBLED] = PAM_AUTHINFO_UNAVAIL,
		[SITUATION_CONVERSATION] = PAM_CONV_ERR,
		[SITUATION_INTERRUPTED] = PAM_CONV_ERR,
		[SITUATION_NO_ANSWER] = PAM_AUTH_ERR,
		[SITUATION_BLOCKED] = PAM_AUTH_ERR,
		[SITUATION_PASSWORD] = PAM_AUTH_ERR,
		[SITUATION_UNFIT_ANSWER] = PAM_AUTH_ERR,
		[SITUATION_ENDLESS] = PAM_AUTH_ERR,
		[SITUATION_UNFIT_LOGIN] = PAM_AUTH_ERR,
		[SITUATION_BAD_ARGUMENT] = PAM_SERVICE_ERR,
		[SITUATION_NO_MEMORY] = PAM_BUF_ERR,
		[SITUATION_TALKING] = PAM_SYSTEM_ERR,
	};

	(void)state;
	for (int s = 0; s <= SITUATION_TALKING; s++) {
		assert_int_equal(report((enum situation)s, false), codes[s]);
		assert_true(line[0]);
	}
}

static void what_is_no_situation_is_a_refusal(void **state)
{
	(void)state;
	assert_int_equal(report((enum situation)(SITUATION_TALKING + 1), false), PAM_SYSTEM_ERR);
	assert_int_equal(report((enum situation)9999, false), PAM_SYSTEM_ERR);
	assert_int_equal(report((enum situation) - 1, false), PAM_SYSTEM_ERR);
}

static void no_error_number_is_a_decision(void **state)
{
	(void)state;
	for (int e = 0; e < 200; e++) {
		enum situation s = result_of_errno(-e);

		assert_in_range(s, SITUATION_ABSENT, SITUATION_NO_MEMORY);
		assert_true(s != SITUATION_FAILMODE);
	}
}

static void only_nobody_there_is_what_failmode_covers(void **state)
{
	(void)state;
	for (int e = 0; e < 200; e++)
		assert_int_equal(result_of_errno(-e) == SITUATION_ABSENT, e == ENOENT || e == ECONNREFUSED);
}

static void a_line_says_who_and_from_where(void **state)
{
	(void)state;
	report(SITUATION_DENY, false);
	assert_string_equal(line, "alice from 192.0.2.7: refused: why");
	assert_int_equal(level, LOG_NOTICE);
}

static void quiet_keeps_back_information_only(void **state)
{
	(void)state;
	for (int s = 0; s <= SITUATION_TALKING; s++) {
		report((enum situation)s, false);
		report((enum situation)s, true);
		assert_int_equal(line[0] == '\0', level == LOG_INFO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_situation_has_its_code),
		cmocka_unit_test(what_is_no_situation_is_a_refusal),
		cmocka_unit_test(no_error_number_is_a_decision),
		cmocka_unit_test(only_nobody_there_is_what_failmode_covers),
		cmocka_unit_test(a_line_says_who_and_from_where),
		cmocka_unit_test(quiet_keeps_back_information_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
