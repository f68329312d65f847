/* Preloaded into the sender: a name server that is silent for names under ".hang", as one behind a dead link is. */
#include <netdb.h>
#include <string.h>
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
