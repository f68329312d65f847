/*
 * What the daemons' mains share: options, config, sd-event loop, signals, watchdog, sd_notify(3). SIGTERM and SIGINT
 * stop cleanly, SIGHUP reloads: the new config is built beside the old and handed over whole, or the old one stays.
 */
#pragma once

#include "daemon/base/config.h"

#include <systemd/sd-event.h>

struct service_ops {
	const char *program; /* "whatsapp-otpd" */
	const char *purpose; /* one line for --help */
	/* Builds the daemon's state on the event loop. 0, or -errno with a sentence in why. The config's reference is
	 * lent: take one to keep it. */
	int (*start)(sd_event *event, struct config *config, void **ret, char why[static CONFIG_WHY_MAX]);
	/* Takes the new config over as a whole; on an error nothing has changed. */
	int (*reload)(void *state, struct config *config, char why[static CONFIG_WHY_MAX]);
	void (*status)(void *state, char *text, size_t size); /* one line, STATUS= */
	/* Called before each WATCHDOG=1 with a function that sends it; a daemon that waits for its store calls that
	 * when the store has answered, and not at all when it did not. */
	void (*ping)(void *state, void (*alive)(void));
	void (*stop)(void *state);
};

/* Runs until a signal ends it. Returns the exit status: 0; 1 after an error (logged); 2 for wrong options. */
int service_main(const struct service_ops *ops, int argc, char **argv);
