#include "tools/simulator/route.h"
#include "tools/simulator/feed.h"
#include "tools/simulator/gateway.h"
#include "tools/simulator/graph.h"
#include "tools/simulator/manage.h"
#include "tools/simulator/page.h"
#include "tools/simulator/vendors.h"

#include <string.h>

static bool is_sms(const char *path)
{
	return strcmp(path, "/sms") == 0;
}

static bool is_messages_json(const char *path)
{
	return strcmp(path, "/messages.json") == 0;
}

static bool is_requests_json(const char *path)
{
	return strcmp(path, "/requests.json") == 0;
}

static bool is_receipts_json(const char *path)
{
	return strcmp(path, "/receipts.json") == 0;
}

static bool is_any(const char *path)
{
	(void)path;
	return true;
}

static void answer_not_found(struct simulator *simulator, const struct request *request, struct answer *answer)
{
	(void)simulator;
	(void)request;
	answer_refuse(answer, 404, "there is nothing at this path");
}

/* The providers first: some of their paths end like Meta's. */
static const struct route routes[] = {
	{true, vendors_match, vendors_answer},    {true, graph_matches, graph_answer},
	{true, manage_matches, manage_answer},    {true, is_sms, gateway_answer},
	{false, is_messages_json, feed_messages}, {false, is_requests_json, feed_requests},
	{false, is_receipts_json, feed_receipts}, {false, page_matches, page_answer},
	{false, is_any, answer_not_found},
};

const char *const route_names[] = {
	"providers",     "messages",      "management", "sms",   "messages.json",
	"requests.json", "receipts.json", "page",       "other",
};
const size_t route_names_n = sizeof(route_names) / sizeof(route_names[0]);

_Static_assert(sizeof(route_names) / sizeof(route_names[0]) == sizeof(routes) / sizeof(routes[0]), "a name a route");
_Static_assert(sizeof(routes) / sizeof(routes[0]) <= TALLY_ENDPOINTS, "a count a route");

const struct route *route_find(const struct request *request, size_t *ret_index)
{
	size_t i = 0;

	while (!routes[i].matches(request->path))
		i++;
	*ret_index = i;
	return &routes[i];
}
