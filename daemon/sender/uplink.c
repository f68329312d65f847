#include "daemon/sender/uplink.h"

#include "daemon/base/line.h"
#include "daemon/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct uplink {
	struct dispatch *dispatch;
	struct line *line;
};

/* Out. */

static void tell(struct uplink *u, const struct wire_message *message, const void *body)
{
	int r;

	if (line_waiting(u->line) >= UPLINK_QUEUE_MAX) {
		log_error("more than %d answers wait for the core, the oldest is lost", UPLINK_QUEUE_MAX);
		line_drop_oldest(u->line);
	}
	r = line_send(u->line, message, body);
	if (r < 0)
		log_error("a message of type %s could not be given to the core: %s", message->op, strerror(-r));
}

static void on_answered(void *userdata, const char *id, const struct channel_answer *answer)
{
	struct failed failed = {.why = answer->why};
	struct sent sent = {0};

	snprintf(sent.id, sizeof(sent.id), "%s", id);
	snprintf(sent.message_id, sizeof(sent.message_id), "%s", answer->message_id);
	snprintf(failed.id, sizeof(failed.id), "%s", id);
	if (answer->sent)
		tell(userdata, &wire_sent, &sent);
	else
		tell(userdata, &wire_failed, &failed);
}

/* Without a core nobody wants to know; with the next connection all is told. */
static void on_health(void *userdata, const struct health *health)
{
	const struct uplink *u = userdata;

	if (line_is_connected(u->line))
		tell(userdata, &wire_health, health);
}

static void on_receipt(void *userdata, const struct receipt *receipt)
{
	tell(userdata, &wire_receipt, receipt);
}

static void on_linked(void *userdata, const struct linked *linked)
{
	tell(userdata, &wire_linked, linked);
}

/* In. */

union order {
	struct send send;
	struct watch watch;
	struct link link;
	struct health health;
};

static void on_send(struct dispatch *dispatch, const union order *order)
{
	dispatch_send(dispatch, &order->send);
}

static void on_watch(struct dispatch *dispatch, const union order *order)
{
	dispatch_watch(dispatch, &order->watch);
}

static void on_link(struct dispatch *dispatch, const union order *order)
{
	dispatch_link(dispatch, &order->link);
}

static void on_probe(struct dispatch *dispatch, const union order *order)
{
	dispatch_probe(dispatch, order->health.name);
}

static const struct {
	const struct wire_message *message;
	const char *what;
	void (*handle)(struct dispatch *dispatch, const union order *order);
} orders[] = {
	{&wire_send, "order to send", on_send},
	{&wire_watch, "order to watch", on_watch},
	{&wire_link, "order to wait for a link", on_link},
	{&wire_health, "question for health", on_probe},
};

static void obey(void *userdata, const char *data, size_t length)
{
	const struct uplink *u = userdata;
	char why[WIRE_WHY_MAX];
	union order order;
	size_t i = 0;

	while (i < sizeof(orders) / sizeof(orders[0]) && !wire_is(orders[i].message, data, length))
		i++;
	if (i == sizeof(orders) / sizeof(orders[0])) {
		log_error("the core said something that this version does not know");
		return;
	}
	if (wire_decode(orders[i].message, data, length, &order, why) < 0)
		log_error("the core's %s was refused: %s", orders[i].what, why);
	else
		orders[i].handle(u->dispatch, &order);
	explicit_bzero(&order, sizeof(order)); /* the code, the number */
}

static void on_connected(void *userdata)
{
	const struct uplink *u = userdata;

	dispatch_tell_health(u->dispatch);
}

static bool wants_more(void *userdata)
{
	const struct uplink *u = userdata;

	return dispatch_counts(u->dispatch).under_way < UPLINK_UNDER_WAY_MAX;
}

static const struct line_ops ops = {.connected = on_connected, .received = obey, .wants = wants_more};

/* The whole. */

int uplink_use(struct uplink *u, const char *path, struct channels *channels)
{
	int r = line_use(u->line, path);

	if (r < 0)
		return r;
	dispatch_use(u->dispatch, channels);
	dispatch_tell_health(u->dispatch);
	return 0;
}

int uplink_new(sd_event *event, const char *path, struct channels *channels, struct uplink **ret)
{
	struct uplink *u = calloc(1, sizeof(*u));
	struct dispatch_listener listener = {on_answered, on_health, on_receipt, on_linked, u};
	int r;

	if (!u)
		return -ENOMEM;
	r = dispatch_new(event, channels, &listener, &u->dispatch);
	if (r >= 0)
		r = line_new(event, path, &ops, u, &u->line);
	if (r < 0) {
		uplink_free(u);
		return r;
	}
	*ret = u; /* transferred */
	return 0;
}

void uplink_free(struct uplink *u)
{
	if (!u)
		return;
	dispatch_free(u->dispatch);
	line_free(u->line);
	free(u);
}

void uplink_status(const struct uplink *u, char *text, size_t size)
{
	struct dispatch_counts counts = dispatch_counts(u->dispatch);

	snprintf(text, size, "%s; %" PRIu64 " under way, %" PRIu64 " sent, %" PRIu64 " failed",
		 line_is_connected(u->line) ? "connected to the core" : "waiting for the core", counts.under_way,
		 counts.sent, counts.failed);
}
