/*
 * libmicrohttpd on the event loop: takes connections from one listening socket, has each request answered by an
 * exchange, and ends connections that keep it waiting: in time, and when there is no place left the one that has waited
 * longest, so that nobody is deaf who holds them all. A door is never changed: a new one is opened on the same socket,
 * and the old one takes no more connections and goes when its last one has.
 */
#pragma once

#include "daemon/webhook/exchange.h"

#include <systemd/sd-event.h>

#define DOOR_CONNECTIONS_MAX 512
#define DOOR_PER_ADDRESS_MAX 64 /* of them from one address, where no proxy stands in front */
#define DOOR_GREETING_S 5       /* for the headers of the first request */
#define DOOR_PATIENCE_S 15      /* for its body, and for all of the next one */

/* Both empty: plain HTTP. */
struct door_tls {
	char *certificate; /* PEM, the server's first */
	struct secret key;
};

struct door;

/*
 * fd: a listening socket, of which the door makes a duplicate. tls is taken over, also on failure. closed is called,
 * outside of the door's own calls, when a door that was shut has let its last guest go. 0, -EINVAL: certificate and key
 * do not go together, or -errno.
 */
int door_open(sd_event *event, int fd, struct door_tls *tls, struct reception *reception,
	      void (*closed)(struct door *door, void *userdata), void *userdata, struct door **ret);
/* Ends what is under way. */
void door_free(struct door *door);

/* No new connections. */
void door_shut(struct door *door);
/* No connections at all. */
bool door_is_empty(const struct door *door);

void door_tls_free(struct door_tls *tls);
