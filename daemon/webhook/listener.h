/*
 * Where providers reach us: the listening socket of the config or of systemd (FileDescriptorName=webhook-http), and the
 * doors that lead in from it. The socket stays over reloads, so that no connection is refused meanwhile.
 */
#pragma once

#include "daemon/webhook/exchange.h"

#include <systemd/sd-event.h>

#define LISTENER_FD_NAME "webhook-http"

struct listener;

/* reception: lent. 0 or -errno. It listens nowhere yet. */
int listener_new(sd_event *event, struct reception *reception, struct listener **ret);
void listener_free(struct listener *listener);

/*
 * From now on: the address and the certificate of this config. What is under way ends as it began. 0, or -errno with
 * "file:line: …" in why, and nothing has changed.
 */
int listener_use(struct listener *listener, const struct config *config, char why[static CONFIG_WHY_MAX]);

/* False: the config names no address, and no socket was passed. */
bool listener_is_open(const struct listener *listener);
