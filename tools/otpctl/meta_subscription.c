#include "tools/otpctl/meta_subscription.h"

#include <stdio.h>
#include <string.h>

int meta_subscription_get(struct graph *graph, const char *account, struct meta_subscription *ret,
			  struct graph_answer *answer)
{
	json_t *app;
	size_t i;

	*ret = (struct meta_subscription){0};
	if (graph_call(graph, "GET", NULL, GRAPH_PLAIN, answer, "%s/subscribed_apps", account) != EXIT_OK)
		return answer->status;
	json_array_foreach(json_object_get(answer->root, "data"), i, app)
	{
		ret->subscribed = true;
		if (!ret->app[0] && !graph_text(app, "/whatsapp_business_api_data/name", ret->app)[0])
			graph_text(app, "/whatsapp_business_api_data/id", ret->app);
		if (!ret->url[0])
			graph_text(app, "/override_callback_uri", ret->url);
	}
	graph_answer_clear(answer);
	return EXIT_OK;
}

const char *meta_subscription_wanted(const struct config *config, char url[static GRAPH_TEXT_MAX])
{
	const char *base = config->webhook.public_url, *path = config->webhook.path_meta;
	int length = (int)strlen(base);

	if (!base[0] || !path[0])
		return NULL;
	while (length > 0 && base[length - 1] == '/')
		length--;
	return snprintf(url, GRAPH_TEXT_MAX, "%.*s%s", length, base, path) < GRAPH_TEXT_MAX ? url : NULL;
}
