/*
 * Preloaded into the sender: a name server that is silent for names under ".hang", as one behind a dead link is; and,
 * if DEAF is set, a network whose answers keep each thread but the first for ever.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SILENCE 9 /* seconds */

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
	const char *end = node ? strrchr(node, '.') : NULL;

	(void)service, (void)hints, (void)ret;
	if (end && strcmp(end, ".hang") == 0)
		sleep(SILENCE);
	return EAI_AGAIN;
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	static ssize_t (*real)(int, void *, size_t, int);

	while (gettid() != getpid() && getenv("DEAF"))
		sleep(SILENCE);
	if (!real)
		real = (ssize_t(*)(int, void *, size_t, int))dlsym(RTLD_NEXT, "recv");
	return real(fd, buffer, size, flags);
}
