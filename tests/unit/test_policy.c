/* daemon/core/policy: which policy a login falls under, and whether it may cause a message. */
#include "daemon/core/policy.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char *none[] = {NULL};
static char *sudo_services[] = {(char[]){"sudo"}, (char[]){"sudo-i"}, NULL};
static char *ssh_services[] = {(char[]){"sshd"}, NULL};
static char *admins[] = {(char[]){"wheel"}, (char[]){"ops"}, NULL};
static char *carol_only[] = {(char[]){"carol"}, NULL};
static char *broken[] = {(char[]){"unreachable"}, NULL};

static struct config_policy policies[] = {
	{.name = (char[]){"carol"}, .services = ssh_services, .users = carol_only, .groups = none},
	{.name = (char[]){"admins"}, .services = ssh_services, .users = none, .groups = admins},
	{.name = (char[]){"sudo"}, .services = sudo_services, .users = none, .groups = none},
	{.name = (char[]){"ldap"}, .services = (char *[]){(char[]){"login"}, NULL}, .users = none, .groups = broken},
	{.name = (char[]){"late"}, .services = sudo_services, .users = none, .groups = none},
	{.name = (char[]){"default"}, .services = none, .users = none, .groups = none},
};
static const struct config config = {.policies = policies, .policy_count = sizeof(policies) / sizeof(policies[0])};

/* alice is in ops; the group "unreachable" cannot be looked up. */
static int in_group(const char *user, const char *group)
{
	if (strcmp(group, "unreachable") == 0)
		return -EIO;
	return strcmp(group, "ops") == 0 && strcmp(user, "alice") == 0;
}

static struct login_begin login_of(const char *user, const char *service, const char *policy)
{
	struct login_begin login = {0};

	snprintf(login.user, sizeof(login.user), "%s", user);
	snprintf(login.service, sizeof(login.service), "%s", service);
	snprintf(login.policy, sizeof(login.policy), "%s", policy);
	return login;
}

static void the_first_that_matches_wins(void **state)
{
	static const struct {
		const char *user, *service, *asked, *policy; /* policy NULL: error */
		int error;
	} rows[] = {
		{"alice", "sshd", "", "admins", 0},
		{"bob", "sshd", "", "default", 0},
		{"carol", "sshd", "", "carol", 0},
		{"carol", "sudo", "", "sudo", 0},
		{"bob", "sudo-i", "", "sudo", 0},
		{"bob", "su", "", "default", 0},
		{"bob", "SUDO", "", "default", 0},
		{"bob", "sudo", "late", "late", 0},
		{"bob", "sshd", "default", "default", 0},
		{"bob", "login", "carol", "carol", 0}, /* named by the module: no group is asked */
		{"bob", "login", "", "ldap", -EIO},    /* whose group it was */
		{"bob", "sshd", "typo", NULL, -ENOENT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct login_begin login = login_of(rows[i].user, rows[i].service, rows[i].asked);
		const struct config_policy *policy = NULL;
		int r = policy_match(&config, &login, in_group, &policy);

		if (r != rows[i].error)
			fail_msg("%s %s: %d", rows[i].user, rows[i].service, r);
		if (rows[i].policy)
			assert_string_equal(policy->name, rows[i].policy);
		else
			assert_null(policy);
	}
}

static void remote_is_what_the_host_says(void **state)
{
	struct login_begin login = {0};

	(void)state;
	assert_false(policy_is_remote(&login));
	snprintf(login.tty, sizeof(login.tty), "/dev/pts/1");
	assert_false(policy_is_remote(&login));
	snprintf(login.tty, sizeof(login.tty), "ssh");
	assert_true(policy_is_remote(&login));
	login.tty[0] = '\0';
	snprintf(login.rhost, sizeof(login.rhost), "no-address.example");
	assert_true(policy_is_remote(&login));
}

/* Every combination of who asks and what the policy says. */
static void who_causes_a_message_and_when(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 32; bits++) {
		bool remote = bits & 1, proven = bits & 2, ask = bits & 4, not_needed = bits & 8, blind = bits & 16;
		struct config_policy policy = {.send = ask ? SEND_ASK : SEND_AUTO,
					       .first_factor = not_needed ? FIRST_FACTOR_NOT_NEEDED : FIRST_FACTOR_ANY};
		struct login_begin login = {.blind = blind,
					    .first_factor = proven ? FIRST_FACTOR_PUBLICKEY : FIRST_FACTOR_NONE};
		bool may = !remote || proven || not_needed;

		snprintf(login.rhost, sizeof(login.rhost), "%s", remote ? "192.0.2.1" : "");
		assert_int_equal(policy_may_send(&policy, &login), may);
		assert_int_equal(policy_sends_at_once(&policy, &login),
				 !ask && !blind && (proven || (remote && not_needed)));
		/* What may not be sent at all is never sent at once. */
		assert_true(may || !policy_sends_at_once(&policy, &login));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_that_matches_wins),
		cmocka_unit_test(remote_is_what_the_host_says),
		cmocka_unit_test(who_causes_a_message_and_when),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
