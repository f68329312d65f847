#include "tools/simulator/request.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

const char *request_query(const struct request *request, const char *key)
{
	for (size_t i = 0; i < request->query_n && i < REQUEST_QUERY_MAX; i++)
		if (strcmp(request->query[i].key, key) == 0)
			return request->query[i].value;
	return NULL;
}

bool request_has_type(const struct request *request, const char *type)
{
	size_t n = strlen(type);

	if (!request->content_type || strncasecmp(request->content_type, type, n) != 0)
		return false;
	n += strspn(request->content_type + n, " ");
	return request->content_type[n] == '\0' || request->content_type[n] == ';';
}

bool request_is_local(const struct request *request)
{
	char name[INET_ADDRSTRLEN] = "";
	struct in_addr address;
	size_t n;

	if (!request->host)
		return false;
	if (strncmp(request->host, "[::1]", 5) == 0)
		return true;
	n = strcspn(request->host, ":");
	if (n >= sizeof(name))
		return false;
	memcpy(name, request->host, n);
	return strcasecmp(name, "localhost") == 0 ||
	       (inet_pton(AF_INET, name, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}
