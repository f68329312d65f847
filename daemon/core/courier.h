/*
 * The link to the sender: hands it what is due, takes its reports, remembers how its channels are. One timer looks at
 * the earliest planned delivery. There is one sender; a new connection takes the place of the old.
 */
#pragma once

#include "daemon/core/connection.h"
#include "daemon/core/request.h"
#include "wire/proto.h"

struct courier;

#define COURIER_CHANNELS_MAX 32

int courier_new(struct core *core, struct courier **ret);
void courier_free(struct courier *courier);

/* What a connection on sender.sock does. */
extern const struct connection_ops courier_connection_ops;
void courier_connected(struct courier *courier, struct connection *connection);

/*
 * After a request's commit: logs its note, tells its alarms, counts its events, hands its message to the sender, looks
 * at the outbox when it is time.
 */
void courier_publish(struct courier *courier, const struct request *request);

/* Called about once a second: a sender that stays away is an alarm. */
void courier_tick(struct courier *courier);

/* Raises an alarm, of static text, if one of the programs has been gone for a minute. Whether it did. */
bool courier_missed(struct core *core, int64_t gone_at, const char *kind, const char *text);

/* What is known of the sender and its channels. Returns the number of items. */
size_t courier_health(const struct courier *courier, struct health items[static COURIER_CHANNELS_MAX + 1]);
/* Whoever is told that a channel works, each time that the sender says so. */
void courier_listen(struct courier *courier, void (*works)(void *userdata, const char *channel), void *userdata);
/* Asks one channel; its answer is for whoever asks for health next, and for the prober. */
void courier_probe_channel(struct courier *courier, const char *channel);
/* Asks every channel; ready() is called when all have answered or the time is over. One probe at a time: -EBUSY. */
int courier_probe(struct courier *courier, void (*ready)(void *userdata), void *userdata);
