#include "wire/peer.h"

#include <errno.h>
#include <sys/socket.h>

int peer_of(int fd, struct peer *ret)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
		return -errno;
	*ret = (struct peer){.uid = cred.uid, .gid = cred.gid, .pid = cred.pid};
	return 0;
}

bool peer_in_group(int fd, gid_t gid)
{
	gid_t groups[1024];
	socklen_t size = sizeof(groups);
	struct peer peer;

	if (peer_of(fd, &peer) == 0 && peer.gid == gid)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(groups[0]); i++)
		if (groups[i] == gid)
			return true;
	return false;
}
