#include "daemon/base/line.h"

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
#define SENDS_A_TURN 64    /* then what else there is to do has its turn */
#define RECEIVES_A_TURN 16 /* the same */

struct line {
	sd_event *event;
	const struct line_ops *ops;
	void *userdata;
	char *path;
	uid_t core_uid; /* whom else than root we trust to listen there */
	int fd;         /* -1: not connected */
	sd_event_source *io, *reconnect;
	uint64_t backoff_ms, connected_at; /* CLOCK_MONOTONIC, microseconds */
	int told;                          /* the last reason not to connect that was logged */
	STAILQ_HEAD(, batch) queue;
	size_t waiting; /* messages */
};

static void disconnect(struct line *l);

static uint64_t now_of(const struct line *l)
{
	uint64_t now = 0;

	sd_event_now(l->event, CLOCK_MONOTONIC, &now);
	return now;
}

/* Out. */

/* What is waited for: room to write if something waits, the core's words unless they are too many. */
static void listen_for(struct line *l)
{
	bool wants = !l->ops->wants || l->ops->wants(l->userdata);
	uint32_t events = (wants ? EPOLLIN : 0U) | (STAILQ_EMPTY(&l->queue) ? 0U : EPOLLOUT);

	if (l->io)
		sd_event_source_set_io_events(l->io, events);
}

static void drop_first(struct line *l)
{
	struct batch *batch = STAILQ_FIRST(&l->queue);

	STAILQ_REMOVE_HEAD(&l->queue, link);
	batch_free(batch);
}

/* The next n datagrams of the first batch are done with. */
static void advance(struct line *l, size_t n)
{
	struct batch *batch = STAILQ_FIRST(&l->queue);
	size_t length;

	for (size_t i = 0; i < n; i++)
		(void)batch_next(batch, &batch->at, &length);
	l->waiting -= n;
	if (batch->at >= batch->used)
		drop_first(l);
}

/* How many of the first batch's datagrams the socket took, or -errno. */
static int send_some(struct line *l)
{
	const struct batch *batch = STAILQ_FIRST(&l->queue);
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
	r = sendmmsg(l->fd, messages, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return r < 0 ? -errno : r;
}

static bool is_gone(int r)
{
	return r == -EPIPE || r == -ECONNRESET || r == -ENOTCONN;
}

static void flush(struct line *l)
{
	int r = 0;

	while (l->fd >= 0 && !STAILQ_EMPTY(&l->queue)) {
		r = send_some(l);
		if (r == -EINTR)
			continue;
		if (r < 0)
			break;
		advance(l, (size_t)r);
		if (r == SENDS_A_TURN)
			break;
	}
	if (is_gone(r)) {
		disconnect(l);
		return;
	}
	if (r < 0 && r != -EAGAIN && r != -ENOBUFS) {
		log_error("a message could not be given to the core: %s", strerror(-r));
		advance(l, 1);
	}
	listen_for(l);
}

void line_take(struct line *l, struct batch *batch)
{
	l->waiting += batch->count;
	STAILQ_INSERT_TAIL(&l->queue, batch, link);
	if (STAILQ_FIRST(&l->queue) == batch)
		flush(l);
	else
		listen_for(l);
}

static bool send_at_once(struct line *l, const struct wire_message *message, const void *body)
{
	return l->fd >= 0 && STAILQ_EMPTY(&l->queue) && wire_send_message(l->fd, message, body) == 0;
}

int line_send(struct line *l, const struct wire_message *message, const void *body)
{
	struct batch *batch;
	int r;

	if (send_at_once(l, message, body)) {
		listen_for(l);
		return 0;
	}
	batch = batch_new();
	r = batch ? batch_add(batch, message, body) : -ENOMEM;
	if (r < 0) {
		batch_free(batch);
		return r;
	}
	line_take(l, batch);
	return 0;
}

void line_drop_oldest(struct line *l)
{
	advance(l, 1);
}

/* In. */

/* One datagram. True if there was one, and so may be more. */
static bool receive(struct line *l)
{
	char data[WIRE_DATAGRAM_MAX];
	ssize_t n = recv(l->fd, data, sizeof(data), MSG_DONTWAIT | MSG_TRUNC);

	if (n > (ssize_t)sizeof(data)) {
		log_error("the core sent a datagram that is too long");
	} else if (n > 0) {
		if (l->ops->received)
			l->ops->received(l->userdata, data, (size_t)n);
		explicit_bzero(data, (size_t)n);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		disconnect(l);
	}
	return n > 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct line *l = userdata;

	(void)source, (void)fd;
	if (revents & EPOLLOUT)
		flush(l);
	if (l->fd >= 0 && (revents & EPOLLIN))
		for (unsigned i = 0; i < RECEIVES_A_TURN && l->fd >= 0 && receive(l); i++)
			;
	else if (l->fd >= 0 && (revents & (EPOLLHUP | EPOLLERR)))
		disconnect(l);
	listen_for(l);
	return 0;
}

/* The connection. */

static void reconnect_later(struct line *l)
{
	sd_event_source_set_time_relative(l->reconnect, l->backoff_ms * 1000);
	sd_event_source_set_enabled(l->reconnect, SD_EVENT_ONESHOT);
	l->backoff_ms *= 2;
	if (l->backoff_ms > LINE_BACKOFF_MAX_MS)
		l->backoff_ms = LINE_BACKOFF_MAX_MS;
}

static void disconnect(struct line *l)
{
	log_warning("the core has closed %s; connecting again", l->path);
	/* One that hangs up at once, because it does not want us, must not be called without pause. */
	if (now_of(l) - l->connected_at >= LINE_BACKOFF_MAX_MS * 1000)
		l->backoff_ms = LINE_BACKOFF_MIN_MS;
	sd_event_source_disable_unref(l->io);
	l->io = NULL;
	close(l->fd);
	l->fd = -1;
	reconnect_later(l);
}

static void tell_why(struct line *l, int r)
{
	if (l->told == r)
		return;
	l->told = r;
	if (r == -EPERM)
		log_alert("%s: who listens there is neither root nor user %s: not trusted", l->path, CORE_USER);
	else
		log_warning("%s: the core cannot be reached: %s; trying on", l->path, strerror(-r));
}

/* Never waits: on AF_UNIX a connection is there at once or not at all. */
static int try_connect(struct line *l)
{
	int fd = wire_connect(l->path, l->core_uid, 0);
	int r;

	if (fd < 0)
		return fd;
	r = sd_event_add_io(l->event, &l->io, fd, EPOLLIN, on_io, l);
	if (r < 0) {
		close(fd);
		return r;
	}
	l->fd = fd;
	return 0;
}

static int on_reconnect(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct line *l = userdata;
	int r = try_connect(l);

	(void)source, (void)usec;
	if (r < 0) {
		tell_why(l, r);
		reconnect_later(l);
		return 0;
	}
	l->told = 0;
	l->connected_at = now_of(l);
	log_info("connected to the core at %s", l->path);
	if (l->ops->connected)
		l->ops->connected(l->userdata);
	flush(l);
	return 0;
}

/* The whole. */

/* (uid_t)-1, nobody's, if there is no such user: the core then runs as root or as we do. */
static uid_t core_uid(void)
{
	const struct passwd *pw = getpwnam(CORE_USER);

	return pw ? pw->pw_uid : (uid_t)-1;
}

int line_use(struct line *l, const char *path)
{
	char *copy;

	if (strcmp(l->path, path) == 0)
		return 0;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	if (l->fd >= 0)
		disconnect(l);
	free(l->path);
	l->path = copy; /* transferred */
	l->told = 0;
	return 0;
}

int line_new(sd_event *event, const char *path, const struct line_ops *ops, void *userdata, struct line **ret)
{
	struct line *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	*l = (struct line){
		.event = sd_event_ref(event),
		.ops = ops,
		.userdata = userdata,
		.core_uid = core_uid(),
		.fd = -1,
		.backoff_ms = LINE_BACKOFF_MIN_MS,
	};
	STAILQ_INIT(&l->queue);
	l->path = strdup(path);
	r = l->path ? sd_event_add_time_relative(event, &l->reconnect, CLOCK_MONOTONIC, 0, 1, on_reconnect, l)
		    : -ENOMEM;
	if (r < 0) {
		line_free(l);
		return r;
	}
	*ret = l; /* transferred */
	return 0;
}

void line_free(struct line *l)
{
	if (!l)
		return;
	sd_event_source_disable_unref(l->io);
	sd_event_source_disable_unref(l->reconnect);
	if (l->fd >= 0)
		close(l->fd);
	while (!STAILQ_EMPTY(&l->queue))
		drop_first(l);
	sd_event_unref(l->event);
	free(l->path);
	free(l);
}

bool line_is_connected(const struct line *l)
{
	return l->fd >= 0;
}

size_t line_waiting(const struct line *l)
{
	return l->waiting;
}
