/* Who hears of an account's events. */
#pragma once

#include "tools/otpctl/graph.h"

struct meta_subscription {
	bool subscribed;
	char app[GRAPH_TEXT_MAX], url[GRAPH_TEXT_MAX]; /* url empty: the app's own */
};

/* Returns answer->status. */
int meta_subscription_get(struct graph *graph, const char *account, struct meta_subscription *ret,
			  struct graph_answer *answer);
/* What the config's webhook is called from outside. Returns url, NULL if that is not known or too long. */
const char *meta_subscription_wanted(const struct config *config, char url[static GRAPH_TEXT_MAX]);
