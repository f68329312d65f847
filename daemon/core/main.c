/* whatsapp-otpd: decides about one-time codes. A server on an event loop, driven by the kernel's clock. */
#include "daemon/base/clock.h"
#include "daemon/base/secret.h"
#include "daemon/base/service.h"
#include "daemon/core/server.h"

#include <stdio.h>
#include <string.h>

static int start(sd_event *event, struct config *config, void **ret, char why[static CONFIG_WHY_MAX])
{
	struct server *server = NULL;
	struct clock clock;
	int r = clock_system(&clock);

	if (r < 0) {
		snprintf(why, CONFIG_WHY_MAX, "the boot id cannot be read: %s", strerror(-r));
		return r;
	}
	secret_harden_process();
	r = server_start(event, config, &clock, &server, why);
	*ret = server;
	return r;
}

static int reload(void *state, struct config *config, char why[static CONFIG_WHY_MAX])
{
	return server_reload(state, config, why);
}

static void status(void *state, char *text, size_t size)
{
	server_status(state, text, size);
}

static void ping(void *state, void (*alive)(void))
{
	server_ping(state, alive);
}

static void stop(void *state)
{
	server_stop(state);
}

int main(int argc, char **argv)
{
	static const struct service_ops ops = {
		.program = "whatsapp-otpd",
		.purpose = "Decides about one-time codes for pam_whatsapp_otp(8).",
		.start = start,
		.reload = reload,
		.status = status,
		.ping = ping,
		.stop = stop,
	};

	return service_main(&ops, argc, argv);
}
