/* Which policy a login falls under: the first that matches its service, user and groups; "default" is the last. Pure.
 */
#pragma once

#include "daemon/base/config.h"
#include "wire/proto.h"

/* 1 if the user is in the group, 0 if not, -errno if that could not be found out. */
typedef int policy_in_group(const char *user, const char *group);

/*
 * 0 with the policy; -ENOENT with NULL if the module's policy= names none; or what in_group returned, with the policy
 * whose group it was: a group that cannot be looked up must not exempt anybody, so the login is refused (duo_unix#384).
 */
int policy_match(const struct config *config, const struct login_begin *login, policy_in_group *in_group,
		 const struct config_policy **ret);

/* True if the login comes over a network, by what the host told. */
bool policy_is_remote(const struct login_begin *login);

/*
 * Does a code go out before anything was typed? Only with a proven first factor: a host that cannot converse (cron,
 * sudo -n, no terminal) must never cause a message, nor one that answers prompts by itself.
 */
bool policy_sends_at_once(const struct config_policy *policy, const struct login_begin *login);

/* May this login cause a message? A remote one needs a proven first factor unless its policy says otherwise. */
bool policy_may_send(const struct config_policy *policy, const struct login_begin *login);
