/* The host's groups. */
#pragma once

/* policy_in_group: 1, 0, or -errno if the user or the group cannot be looked up. An unknown user is in no group. */
int groups_contain(const char *user, const char *group);
