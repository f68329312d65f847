/*
 * The sender's line to the core: connects to sender.sock, hands what the core says to dispatch and brings the answers
 * back. Answers that find no core wait for it.
 */
#pragma once

#include "daemon/sender/dispatch.h"

#include <systemd/sd-event.h>

#define UPLINK_QUEUE_MAX 1024     /* answers that wait for the core; beyond, the oldest is lost and logged */
#define UPLINK_UNDER_WAY_MAX 1024 /* messages under way; beyond, the socket is not read */

struct uplink;

/* Begins to connect to path. 0 or -errno. */
int uplink_new(sd_event *event, const char *path, struct channels *channels, struct uplink **ret);
void uplink_free(struct uplink *uplink);

/* From now on: this socket, these channels. 0, or -errno and nothing has changed. */
int uplink_use(struct uplink *uplink, const char *path, struct channels *channels);

/* One line for people. */
void uplink_status(const struct uplink *uplink, char *text, size_t size);
