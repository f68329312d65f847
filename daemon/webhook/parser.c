#include "daemon/webhook/parser.h"

#include <string.h>
#include <strings.h>

const char *parser_header(const struct parser_request *request, const char *name)
{
	const char *found = NULL;

	for (size_t i = 0; i < request->header_count; i++) {
		if (strcasecmp(request->headers[i].key, name) != 0)
			continue;
		if (found)
			return NULL;
		found = request->headers[i].value;
	}
	return found;
}

const char *parser_query(const struct parser_request *request, const char *key)
{
	return form_value(request->query, request->query_count, key);
}
