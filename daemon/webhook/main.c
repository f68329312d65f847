/* whatsapp-otp-webhook(8): hears what providers say, and holds the secrets that prove it is them. */
#include "daemon/base/log.h"
#include "daemon/base/secret.h"
#include "daemon/base/service.h"
#include "daemon/webhook/listener.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct webhook {
	struct reception reception;
	struct listener *listener;
};

static void webhook_stop(void *state)
{
	struct webhook *w = state;

	listener_free(w->listener);
	hooks_unref(w->reception.hooks);
	herald_free(w->reception.herald);
	free(w);
}

/* All of the new config or nothing of it: what can fail comes first, and the listener last. */
static int webhook_use(struct webhook *w, struct config *config, char why[static CONFIG_WHY_MAX])
{
	struct hooks *hooks = NULL;
	int r = hooks_open(config, &hooks, why);

	if (r == 0)
		r = listener_use(w->listener, config, why);
	if (r < 0) {
		hooks_unref(hooks);
		return r;
	}
	hooks_unref(w->reception.hooks);
	w->reception.hooks = hooks; /* transferred */
	if (!listener_is_open(w->listener))
		log_notice("webhook { listen } is not set: nothing to do until it is");
	else if (hooks->count == 0)
		log_notice("no path_NAME is set in webhook { }: no provider is heard");
	return 0;
}

static int webhook_start(sd_event *event, struct config *config, void **ret, char why[static CONFIG_WHY_MAX])
{
	struct webhook *w = calloc(1, sizeof(*w));
	int r = w ? 0 : -ENOMEM;

	secret_harden_process();
	snprintf(why, CONFIG_WHY_MAX, "the webhook could not be set up");
	if (r == 0)
		r = herald_new(event, config->core.webhook_socket, (size_t)config->webhook.queue, &w->reception.herald);
	if (r == 0)
		r = listener_new(event, &w->reception, &w->listener);
	if (r == 0)
		r = webhook_use(w, config, why);
	if (r < 0) {
		if (w)
			webhook_stop(w);
		return r;
	}
	*ret = w; /* transferred */
	return 0;
}

static int webhook_reload(void *state, struct config *config, char why[static CONFIG_WHY_MAX])
{
	struct webhook *w = state;
	int r = webhook_use(w, config, why);

	if (r == 0)
		r = herald_use(w->reception.herald, config->core.webhook_socket, (size_t)config->webhook.queue);
	return r;
}

static void webhook_status(void *state, char *text, size_t size)
{
	const struct reception *reception = &((const struct webhook *)state)->reception;

	snprintf(text, size, "%s; %zu waiting, %" PRIu64 " messages taken, %" PRIu64 " requests refused",
		 herald_is_connected(reception->herald) ? "connected to the core" : "waiting for the core",
		 herald_waiting(reception->herald), reception->taken, reception->refused);
}

static void webhook_ping(void *state, void (*alive)(void))
{
	(void)state;
	alive();
}

static const struct service_ops webhook = {
	.program = "whatsapp-otp-webhook",
	.purpose = "Hears what providers say about the codes of pam_whatsapp_otp.",
	.start = webhook_start,
	.reload = webhook_reload,
	.status = webhook_status,
	.ping = webhook_ping,
	.stop = webhook_stop,
};

int main(int argc, char **argv)
{
	return service_main(&webhook, argc, argv);
}
