#include "daemon/webhook/herald.h"

#include "daemon/base/log.h"
#include "wire/client.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CORE_USER "whatsapp-otp"
#define SENDS_A_TURN 64 /* then requests have their turn */

struct herald {
	sd_event *event;
	char *path;
	uid_t core_uid; /* whom else than root we trust to listen there */
	int fd;         /* -1: not connected */
	sd_event_source *io, *reconnect;
	uint64_t backoff_ms, connected_at; /* CLOCK_MONOTONIC, microseconds */
	int told;                          /* the last reason not to connect that was logged */
	STAILQ_HEAD(, batch) queue;
	size_t waiting, limit; /* messages */
};

static void disconnect(struct herald *h);

static uint64_t now_of(const struct herald *h)
{
	uint64_t now = 0;

	sd_event_now(h->event, CLOCK_MONOTONIC, &now);
	return now;
}

/* Out. */

static void watch(struct herald *h)
{
	if (h->io)
		sd_event_source_set_io_events(h->io, EPOLLIN | (STAILQ_EMPTY(&h->queue) ? 0U : EPOLLOUT));
}

static void drop_first(struct herald *h)
{
	struct batch *batch = STAILQ_FIRST(&h->queue);

	STAILQ_REMOVE_HEAD(&h->queue, link);
	batch_free(batch);
}

/* The next n datagrams of the first batch are done with. */
static void advance(struct herald *h, size_t n)
{
	struct batch *batch = STAILQ_FIRST(&h->queue);
	size_t length;

	for (size_t i = 0; i < n; i++)
		(void)batch_next(batch, &batch->at, &length);
	h->waiting -= n;
	if (batch->at >= batch->used)
		drop_first(h);
}

/* How many of the first batch's datagrams the socket took, or -errno. */
static int send_some(struct herald *h)
{
	const struct batch *batch = STAILQ_FIRST(&h->queue);
	struct mmsghdr messages[SENDS_A_TURN] = {0};
	struct iovec parts[SENDS_A_TURN];
	size_t at = batch->at, length;
	unsigned n = 0;
	int r;

	for (; n < SENDS_A_TURN; n++) {
		const char *datagram = batch_next(batch, &at, &length);

		if (!datagram)
			break;
		parts[n] = (struct iovec){(void *)(uintptr_t)datagram, length};
		messages[n].msg_hdr = (struct msghdr){.msg_iov = &parts[n], .msg_iovlen = 1};
	}
	r = sendmmsg(h->fd, messages, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return r < 0 ? -errno : r;
}

static bool is_gone(int r)
{
	return r == -EPIPE || r == -ECONNRESET || r == -ENOTCONN;
}

static void flush(struct herald *h)
{
	int r = 0;

	while (h->fd >= 0 && !STAILQ_EMPTY(&h->queue)) {
		r = send_some(h);
		if (r == -EINTR)
			continue;
		if (r < 0)
			break;
		advance(h, (size_t)r);
		if (r == SENDS_A_TURN)
			break;
	}
	if (is_gone(r)) {
		disconnect(h);
		return;
	}
	if (r < 0 && r != -EAGAIN && r != -ENOBUFS) {
		log_error("a message could not be given to the core: %s", strerror(-r));
		advance(h, 1);
	}
	watch(h);
}

int herald_take(struct herald *h, struct batch *batch)
{
	if (batch->count == 0) {
		batch_free(batch);
		return 0;
	}
	if (h->waiting > 0 && h->waiting + batch->count > h->limit)
		return -EAGAIN;
	h->waiting += batch->count;
	STAILQ_INSERT_TAIL(&h->queue, batch, link);
	if (STAILQ_FIRST(&h->queue) == batch)
		flush(h);
	return 0;
}

/* The connection. */

static void reconnect_later(struct herald *h)
{
	sd_event_source_set_time_relative(h->reconnect, h->backoff_ms * 1000);
	sd_event_source_set_enabled(h->reconnect, SD_EVENT_ONESHOT);
	h->backoff_ms *= 2;
	if (h->backoff_ms > HERALD_BACKOFF_MAX_MS)
		h->backoff_ms = HERALD_BACKOFF_MAX_MS;
}

static void disconnect(struct herald *h)
{
	log_warning("the core has closed %s; connecting again", h->path);
	/* One that hangs up at once, because it does not want us, must not be called without pause. */
	if (now_of(h) - h->connected_at >= HERALD_BACKOFF_MAX_MS * 1000)
		h->backoff_ms = HERALD_BACKOFF_MIN_MS;
	sd_event_source_disable_unref(h->io);
	h->io = NULL;
	close(h->fd);
	h->fd = -1;
	reconnect_later(h);
}

/* The core has nothing to say here but that it goes. */
static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct herald *h = userdata;
	char data[64];
	ssize_t n = -1;

	(void)source;
	errno = EAGAIN;
	if (revents & (EPOLLIN | EPOLLHUP | EPOLLERR))
		n = recv(fd, data, sizeof(data), MSG_DONTWAIT | MSG_TRUNC);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		disconnect(h);
	else if (revents & EPOLLOUT)
		flush(h);
	return 0;
}

static void tell_why(struct herald *h, int r)
{
	if (h->told == r)
		return;
	h->told = r;
	if (r == -EPERM)
		log_alert("%s: who listens there is neither root nor user %s: not trusted", h->path, CORE_USER);
	else
		log_warning("%s: the core cannot be reached: %s; trying on", h->path, strerror(-r));
}

/* Never waits: on AF_UNIX a connection is there at once or not at all. */
static int try_connect(struct herald *h)
{
	int fd = wire_connect(h->path, h->core_uid, 0);
	int r;

	if (fd < 0)
		return fd;
	r = sd_event_add_io(h->event, &h->io, fd, EPOLLIN, on_io, h);
	if (r < 0) {
		close(fd);
		return r;
	}
	h->fd = fd;
	return 0;
}

static int on_reconnect(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct herald *h = userdata;
	int r = try_connect(h);

	(void)source, (void)usec;
	if (r < 0) {
		tell_why(h, r);
		reconnect_later(h);
		return 0;
	}
	h->told = 0;
	h->connected_at = now_of(h);
	log_info("connected to the core at %s", h->path);
	flush(h);
	return 0;
}

/* The whole. */

/* (uid_t)-1, nobody's, if there is no such user: the core then runs as root or as we do. */
static uid_t core_uid(void)
{
	const struct passwd *pw = getpwnam(CORE_USER);

	return pw ? pw->pw_uid : (uid_t)-1;
}

int herald_use(struct herald *h, const char *path, size_t limit)
{
	bool moved = strcmp(h->path, path) != 0;
	char *copy = moved ? strdup(path) : NULL;

	if (moved && !copy)
		return -ENOMEM;
	h->limit = limit;
	if (!moved)
		return 0;
	if (h->fd >= 0)
		disconnect(h);
	free(h->path);
	h->path = copy; /* transferred */
	h->told = 0;
	return 0;
}

int herald_new(sd_event *event, const char *path, size_t limit, struct herald **ret)
{
	struct herald *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	*h = (struct herald){.event = sd_event_ref(event),
			     .core_uid = core_uid(),
			     .fd = -1,
			     .backoff_ms = HERALD_BACKOFF_MIN_MS,
			     .limit = limit};
	STAILQ_INIT(&h->queue);
	h->path = strdup(path);
	r = h->path ? sd_event_add_time_relative(event, &h->reconnect, CLOCK_MONOTONIC, 0, 1, on_reconnect, h)
		    : -ENOMEM;
	if (r < 0) {
		herald_free(h);
		return r;
	}
	*ret = h; /* transferred */
	return 0;
}

void herald_free(struct herald *h)
{
	if (!h)
		return;
	if (h->waiting > 0)
		log_warning("%zu messages that waited for the core are lost", h->waiting);
	sd_event_source_disable_unref(h->io);
	sd_event_source_disable_unref(h->reconnect);
	if (h->fd >= 0)
		close(h->fd);
	while (!STAILQ_EMPTY(&h->queue))
		drop_first(h);
	sd_event_unref(h->event);
	free(h->path);
	free(h);
}

bool herald_is_connected(const struct herald *h)
{
	return h->fd >= 0;
}

size_t herald_waiting(const struct herald *h)
{
	return h->waiting;
}
