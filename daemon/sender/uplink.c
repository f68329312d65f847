#include "daemon/sender/uplink.h"

#include "daemon/base/log.h"
#include "daemon/sender/memory.h"
#include "wire/client.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#define CORE_USER "whatsapp-otp"

struct item {
	STAILQ_ENTRY(item) link;
	const struct wire_message *message;
	union {
		struct sent sent;
		struct failed failed;
		struct health health;
		struct receipt receipt;
		struct linked linked;
	} body;
};

#define RECEIVES_A_TURN 16 /* then the providers' answers have their turn */

struct uplink {
	sd_event *event;
	struct dispatch *dispatch;
	char *path;
	uid_t core_uid; /* whom else than root we trust to listen there */
	int fd;         /* -1: not connected */
	sd_event_source *io, *reconnect;
	uint64_t backoff_ms, connected_at; /* CLOCK_MONOTONIC, microseconds */
	int told;                          /* the last reason not to connect that was logged */
	STAILQ_HEAD(, item) queue;
	size_t queued;
};

static void disconnect(struct uplink *u);

static uint64_t now_of(const struct uplink *u)
{
	uint64_t now = 0;

	sd_event_now(u->event, CLOCK_MONOTONIC, &now);
	return now;
}

/* Out. */

/* What is waited for: room to write if something waits, the core's words unless too much is under way. */
static void listen_for(struct uplink *u)
{
	bool full = dispatch_counts(u->dispatch).under_way >= UPLINK_UNDER_WAY_MAX;
	uint32_t events = (full ? 0U : EPOLLIN) | (STAILQ_EMPTY(&u->queue) ? 0U : EPOLLOUT);

	if (u->io)
		sd_event_source_set_io_events(u->io, events);
}

static void queue_drop_first(struct uplink *u)
{
	struct item *item = STAILQ_FIRST(&u->queue);

	STAILQ_REMOVE_HEAD(&u->queue, link);
	u->queued--;
	memory_free(item);
}

static void flush(struct uplink *u)
{
	while (u->fd >= 0 && !STAILQ_EMPTY(&u->queue)) {
		const struct item *item = STAILQ_FIRST(&u->queue);
		int r = wire_send_message(u->fd, item->message, &item->body);

		if (r == -EAGAIN)
			break;
		if (r == -EPIPE || r == -ECONNRESET || r == -ENOTCONN) {
			disconnect(u);
			return;
		}
		if (r < 0)
			log_error("a message of type %s could not be given to the core: %s", item->message->op,
				  strerror(-r));
		queue_drop_first(u);
	}
	listen_for(u);
}

/* Behind what waits, or at once: true if the core has it. */
static bool tell_at_once(struct uplink *u, const struct wire_message *message, const void *body)
{
	return u->fd >= 0 && STAILQ_EMPTY(&u->queue) && wire_send_message(u->fd, message, body) == 0;
}

static void enqueue(struct uplink *u, const struct wire_message *message, const void *body)
{
	struct item *item;

	if (tell_at_once(u, message, body)) {
		listen_for(u); /* less is under way now */
		return;
	}
	item = calloc(1, sizeof(*item));
	if (!item) {
		log_error("out of memory: the core does not hear of an answer");
		return;
	}
	item->message = message;
	memcpy(&item->body, body, message->size);
	if (u->queued >= UPLINK_QUEUE_MAX) {
		log_error("more than %d answers wait for the core, the oldest is lost", UPLINK_QUEUE_MAX);
		queue_drop_first(u);
	}
	STAILQ_INSERT_TAIL(&u->queue, item, link);
	u->queued++;
	flush(u);
}

static void on_answered(void *userdata, const char *id, const struct channel_answer *answer)
{
	struct failed failed = {.why = answer->why};
	struct sent sent = {0};

	snprintf(sent.id, sizeof(sent.id), "%s", id);
	snprintf(sent.message_id, sizeof(sent.message_id), "%s", answer->message_id);
	snprintf(failed.id, sizeof(failed.id), "%s", id);
	if (answer->sent)
		enqueue(userdata, &wire_sent, &sent);
	else
		enqueue(userdata, &wire_failed, &failed);
}

/* Without a core nobody wants to know; with the next connection all is told. */
static void on_health(void *userdata, const struct health *health)
{
	const struct uplink *u = userdata;

	if (u->fd >= 0)
		enqueue(userdata, &wire_health, health);
}

static void on_receipt(void *userdata, const struct receipt *receipt)
{
	enqueue(userdata, &wire_receipt, receipt);
}

static void on_linked(void *userdata, const struct linked *linked)
{
	enqueue(userdata, &wire_linked, linked);
}

/* In. */

static void on_send(struct uplink *u, const char *data, size_t length)
{
	char why[WIRE_WHY_MAX];
	struct send send;

	if (wire_decode(&wire_send, data, length, &send, why) < 0)
		log_error("the core's order to send was refused: %s", why);
	else
		dispatch_send(u->dispatch, &send);
	explicit_bzero(&send, sizeof(send));
}

static void on_probe(struct uplink *u, const char *data, size_t length)
{
	char why[WIRE_WHY_MAX];
	struct health health;

	if (wire_decode(&wire_health, data, length, &health, why) < 0)
		log_error("the core's question for health was refused: %s", why);
	else
		dispatch_probe(u->dispatch, health.name);
}

static void on_watch(struct uplink *u, const char *data, size_t length)
{
	char why[WIRE_WHY_MAX];
	struct watch order;

	if (wire_decode(&wire_watch, data, length, &order, why) < 0)
		log_error("the core's order to watch was refused: %s", why);
	else
		dispatch_watch(u->dispatch, &order);
}

static void on_link(struct uplink *u, const char *data, size_t length)
{
	char why[WIRE_WHY_MAX];
	struct link order;

	if (wire_decode(&wire_link, data, length, &order, why) < 0)
		log_error("the core's order to wait for a link was refused: %s", why);
	else
		dispatch_link(u->dispatch, &order);
	explicit_bzero(&order, sizeof(order));
}

static const struct {
	const struct wire_message *message;
	void (*handle)(struct uplink *u, const char *data, size_t length);
} orders[] = {
	{&wire_send, on_send},
	{&wire_watch, on_watch},
	{&wire_link, on_link},
	{&wire_health, on_probe},
};

static void obey(struct uplink *u, const char *data, size_t length)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		if (wire_is(orders[i].message, data, length)) {
			orders[i].handle(u, data, length);
			return;
		}
	log_error("the core said something that this version does not know");
}

/* One datagram. True if there was one, and so may be more. */
static bool receive(struct uplink *u)
{
	char data[WIRE_DATAGRAM_MAX];
	ssize_t n = recv(u->fd, data, sizeof(data), MSG_DONTWAIT | MSG_TRUNC);

	if (n > (ssize_t)sizeof(data)) {
		log_error("the core sent a datagram that is too long");
	} else if (n > 0) {
		obey(u, data, (size_t)n);
		explicit_bzero(data, (size_t)n);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		disconnect(u);
	}
	return n > 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct uplink *u = userdata;

	(void)source, (void)fd;
	if (revents & EPOLLOUT)
		flush(u);
	if (u->fd >= 0 && (revents & EPOLLIN))
		for (unsigned i = 0; i < RECEIVES_A_TURN && u->fd >= 0 && receive(u); i++)
			;
	else if (u->fd >= 0 && (revents & (EPOLLHUP | EPOLLERR)))
		disconnect(u);
	listen_for(u);
	return 0;
}

/* The connection. */

static void reconnect_later(struct uplink *u)
{
	sd_event_source_set_time_relative(u->reconnect, u->backoff_ms * 1000);
	sd_event_source_set_enabled(u->reconnect, SD_EVENT_ONESHOT);
	u->backoff_ms *= 2;
	if (u->backoff_ms > UPLINK_BACKOFF_MAX_MS)
		u->backoff_ms = UPLINK_BACKOFF_MAX_MS;
}

static void disconnect(struct uplink *u)
{
	log_warning("the core has closed %s; connecting again", u->path);
	/* One that hangs up at once, because it does not want us, must not be called without pause. */
	if (now_of(u) - u->connected_at >= UPLINK_BACKOFF_MAX_MS * 1000)
		u->backoff_ms = UPLINK_BACKOFF_MIN_MS;
	sd_event_source_disable_unref(u->io);
	u->io = NULL;
	close(u->fd);
	u->fd = -1;
	reconnect_later(u);
}

static void tell_why(struct uplink *u, int r)
{
	if (u->told == r)
		return;
	u->told = r;
	if (r == -EPERM)
		log_alert("%s: who listens there is neither root nor user %s: not trusted", u->path, CORE_USER);
	else
		log_warning("%s: the core cannot be reached: %s; trying on", u->path, strerror(-r));
}

/* Never waits: on AF_UNIX a connection is there at once or not at all. */
static int try_connect(struct uplink *u)
{
	int fd = wire_connect(u->path, u->core_uid, 0);
	int r;

	if (fd < 0)
		return fd;
	r = sd_event_add_io(u->event, &u->io, fd, EPOLLIN, on_io, u);
	if (r < 0) {
		close(fd);
		return r;
	}
	u->fd = fd;
	return 0;
}

static int on_reconnect(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct uplink *u = userdata;
	int r = try_connect(u);

	(void)source, (void)usec;
	if (r < 0) {
		tell_why(u, r);
		reconnect_later(u);
		return 0;
	}
	u->told = 0;
	u->connected_at = now_of(u);
	log_info("connected to the core at %s", u->path);
	dispatch_tell_health(u->dispatch);
	flush(u);
	return 0;
}

/* The whole. */

/* (uid_t)-1, nobody's, if there is no such user: the core then runs as root or as we do. */
static uid_t core_uid(void)
{
	const struct passwd *pw = getpwnam(CORE_USER);

	return pw ? pw->pw_uid : (uid_t)-1;
}

int uplink_use(struct uplink *u, const char *path, struct channels *channels)
{
	bool moved = strcmp(u->path, path) != 0;
	char *copy = moved ? strdup(path) : NULL;

	if (moved && !copy)
		return -ENOMEM;
	dispatch_use(u->dispatch, channels);
	if (!moved) {
		dispatch_tell_health(u->dispatch);
		return 0;
	}
	if (u->fd >= 0)
		disconnect(u);
	free(u->path);
	u->path = copy; /* transferred */
	u->told = 0;
	return 0;
}

int uplink_new(sd_event *event, const char *path, struct channels *channels, struct uplink **ret)
{
	struct uplink *u = calloc(1, sizeof(*u));
	struct dispatch_listener listener = {on_answered, on_health, on_receipt, on_linked, u};
	int r;

	if (!u)
		return -ENOMEM;
	*u = (struct uplink){
		.event = sd_event_ref(event), .core_uid = core_uid(), .fd = -1, .backoff_ms = UPLINK_BACKOFF_MIN_MS};
	STAILQ_INIT(&u->queue);
	u->path = strdup(path);
	r = u->path ? dispatch_new(event, channels, &listener, &u->dispatch) : -ENOMEM;
	if (r >= 0)
		r = sd_event_add_time_relative(event, &u->reconnect, CLOCK_MONOTONIC, 0, 1, on_reconnect, u);
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
	sd_event_source_disable_unref(u->io);
	sd_event_source_disable_unref(u->reconnect);
	if (u->fd >= 0)
		close(u->fd);
	while (!STAILQ_EMPTY(&u->queue))
		queue_drop_first(u);
	sd_event_unref(u->event);
	free(u->path);
	free(u);
}

void uplink_status(const struct uplink *u, char *text, size_t size)
{
	struct dispatch_counts counts = dispatch_counts(u->dispatch);

	snprintf(text, size, "%s; %" PRIu64 " under way, %" PRIu64 " sent, %" PRIu64 " failed",
		 u->fd >= 0 ? "connected to the core" : "waiting for the core", counts.under_way, counts.sent,
		 counts.failed);
}
