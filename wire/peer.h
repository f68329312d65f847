/* Who is on the other end of an AF_UNIX socket: the only identity that a request has (credentials(7), unix(7)). */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid; /* for logs only: a pid proves nothing */
};

/* The credentials at connect(2); of a listening socket's server, those of who called listen(2). 0 or -errno. */
int peer_of(int fd, struct peer *ret);

/* True if the peer's primary or a supplementary group at connect time is gid. */
bool peer_in_group(int fd, gid_t gid);
