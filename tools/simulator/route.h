/* Which endpoint answers which path. */
#pragma once

#include "tools/simulator/answer.h"
#include "tools/simulator/request.h"
#include "tools/simulator/simulator.h"

struct route {
	bool is_provider; /* plays a provider: --delay is for it */
	bool (*matches)(const char *path);
	void (*answer)(struct simulator *simulator, const struct request *request, struct answer *answer);
};

/* Names of the routes for /requests.json, in their order. */
extern const char *const route_names[];
extern const size_t route_names_n;

/* Never NULL: the last route takes what no other knows. ret_index counts in route_names. */
const struct route *route_find(const struct request *request, size_t *ret_index);
