#include "daemon/core/policy.h"

#include <errno.h>
#include <string.h>

static bool listed(char *const *list, const char *name)
{
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

static int in_some_group(char *const *groups, const char *user, policy_in_group *in_group)
{
	int r = 0;

	for (; *groups && r == 0; groups++)
		r = in_group(user, *groups);
	return r;
}

static int matches(const struct config_policy *policy, const struct login_begin *login, policy_in_group *in_group)
{
	if (policy->services[0] && !listed(policy->services, login->service))
		return 0;
	if (policy->users[0] && !listed(policy->users, login->user))
		return 0;
	return policy->groups[0] ? in_some_group(policy->groups, login->user, in_group) : 1;
}

int policy_match(const struct config *config, const struct login_begin *login, policy_in_group *in_group,
		 const struct config_policy **ret)
{
	if (login->policy[0]) {
		*ret = config_policy(config, login->policy);
		return *ret ? 0 : -ENOENT;
	}
	for (size_t i = 0; i + 1 < config->policy_count; i++) {
		int r = matches(&config->policies[i], login, in_group);

		if (r != 0) {
			*ret = &config->policies[i];
			return r < 0 ? r : 0;
		}
	}
	*ret = &config->policies[config->policy_count - 1];
	return 0;
}

bool policy_is_remote(const struct login_begin *login)
{
	/* sshd's PAM_TTY is "ssh" (HOSTS.md 2.2, item 22), also where it could not tell the address. */
	return login->rhost[0] || strcmp(login->tty, "ssh") == 0;
}

bool policy_sends_at_once(const struct config_policy *policy, const struct login_begin *login)
{
	bool proven = login->first_factor != FIRST_FACTOR_NONE ||
		      (policy_is_remote(login) && policy->first_factor == FIRST_FACTOR_NOT_NEEDED);

	return policy->send == SEND_AUTO && proven && !login->blind;
}

bool policy_may_send(const struct config_policy *policy, const struct login_begin *login)
{
	return !policy_is_remote(login) || login->first_factor != FIRST_FACTOR_NONE ||
	       policy->first_factor == FIRST_FACTOR_NOT_NEEDED;
}
