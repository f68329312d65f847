#include "tools/simulator/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

static int listener_bind(int fd, const struct sockaddr_storage *address, unsigned *ret_port)
{
	socklen_t size = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	union {
		struct sockaddr any;
		struct sockaddr_in in; /* the port is at the same place of both */
		struct sockaddr_storage storage;
	} bound = {.storage = *address};
	const int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 || bind(fd, &bound.any, size) < 0 ||
	    listen(fd, SOMAXCONN) < 0 || getsockname(fd, &bound.any, &size) < 0)
		return -errno;
	*ret_port = ntohs(bound.in.sin_port);
	return 0;
}

int listener_open(const struct sockaddr_storage *address, unsigned *ret_port)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return -errno;
	r = listener_bind(fd, address, ret_port);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}
