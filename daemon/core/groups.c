#include "daemon/core/groups.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <sys/types.h>

#define GROUPS_MAX 1024

int groups_contain(const char *user, const char *group)
{
	struct passwd passwd, *found_user = NULL;
	struct group entry, *found_group = NULL;
	gid_t gids[GROUPS_MAX];
	int r, count = GROUPS_MAX;
	char buffer[32768];

	r = getgrnam_r(group, &entry, buffer, sizeof(buffer), &found_group);
	if (r != 0 || !found_group)
		return r != 0 ? -r : -ESRCH;
	entry.gr_name = NULL; /* the buffer is used again: only the number counts from here on */
	r = getpwnam_r(user, &passwd, buffer, sizeof(buffer), &found_user);
	if (r != 0 || !found_user)
		return -r;
	if (getgrouplist(user, passwd.pw_gid, gids, &count) < 0)
		return -E2BIG;
	for (int i = 0; i < count; i++)
		if (gids[i] == entry.gr_gid)
			return 1;
	return 0;
}
