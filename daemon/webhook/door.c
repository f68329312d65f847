#include "daemon/webhook/door.h"

#include "daemon/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#define SWEEP_USEC 1000000
#define CONNECTION_MEMORY (32 * 1024) /* request line and headers */
#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* One connection. */
struct guest {
	TAILQ_ENTRY(guest) link; /* who came or spoke first stands first */
	struct door *door;
	int fd;
	uint64_t since; /* CLOCK_MONOTONIC, microseconds */
	uint64_t patience;
	bool has_asked; /* the headers of a request are there */
	bool is_shown_out;
};

struct door {
	sd_event *event;
	struct MHD_Daemon *http;
	struct reception *reception;
	struct door_tls tls;
	sd_event_source *io, *timer, *sweep;
	bool is_shut;
	void (*closed)(struct door *door, void *userdata);
	void *userdata;
	TAILQ_HEAD(guests, guest) guests;
	size_t count;
};

static uint64_t now_of(const struct door *door)
{
	uint64_t now = 0;

	sd_event_now(door->event, CLOCK_MONOTONIC, &now);
	return now;
}

/* Guests. */

static struct guest *guest_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void guest_spoke(struct guest *guest, bool has_asked)
{
	if (!guest)
		return;
	guest->has_asked = has_asked;
	guest->patience = DOOR_PATIENCE_S * 1000000ULL;
	guest->since = now_of(guest->door);
	TAILQ_REMOVE(&guest->door->guests, guest, link);
	TAILQ_INSERT_TAIL(&guest->door->guests, guest, link);
}

static void sweep_later(struct door *door)
{
	sd_event_source_set_time_relative(door->sweep, SWEEP_USEC);
	sd_event_source_set_enabled(door->sweep, SD_EVENT_ONESHOT);
}

/* The socket's end is what libmicrohttpd sees of this one. */
static void show_out(struct guest *guest)
{
	guest->is_shown_out = true;
	shutdown(guest->fd, SHUT_RDWR);
}

/* Who has asked for nothing goes first: who has is mostly answered in the same moment. */
static void make_room(struct door *door)
{
	struct guest *guest, *oldest = NULL;

	TAILQ_FOREACH(guest, &door->guests, link)
	{
		if (guest->is_shown_out)
			continue;
		if (!oldest || !guest->has_asked)
			oldest = guest;
		if (!guest->has_asked)
			break;
	}
	if (oldest)
		show_out(oldest);
}

static void guest_come(struct door *door, struct MHD_Connection *connection, void **slot)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct guest *guest = calloc(1, sizeof(*guest));

	if (!guest || !info) {
		free(guest);
		return;
	}
	*guest = (struct guest){
		.door = door,
		.fd = info->connect_fd,
		.since = now_of(door),
		.patience = DOOR_GREETING_S * 1000000ULL,
	};
	if (door->count + 1 >= DOOR_CONNECTIONS_MAX)
		make_room(door);
	TAILQ_INSERT_TAIL(&door->guests, guest, link);
	door->count++;
	*slot = guest;
	if (TAILQ_FIRST(&door->guests) == guest)
		sweep_later(door);
}

static void on_connection(void *userdata, struct MHD_Connection *connection, void **slot,
			  enum MHD_ConnectionNotificationCode code)
{
	struct guest *guest = *slot;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		guest_come(userdata, connection, slot);
	} else if (guest) {
		TAILQ_REMOVE(&guest->door->guests, guest, link);
		guest->door->count--;
		free(guest);
		*slot = NULL;
	}
}

/* libmicrohttpd's own time limit begins anew with every byte. */
static int on_sweep(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct door *door = userdata;
	uint64_t now = now_of(door);
	struct guest *guest;

	(void)source, (void)usec;
	TAILQ_FOREACH(guest, &door->guests, link)
	{
		if (!guest->is_shown_out && now - guest->since >= guest->patience)
			show_out(guest);
	}
	if (!TAILQ_EMPTY(&door->guests))
		sweep_later(door);
	return 0;
}

/* Requests. */

static enum MHD_Result send_answer(struct door *door, struct MHD_Connection *connection, const struct answer *answer)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(answer->body), (void *)(uintptr_t)answer->body, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result r;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", "text/plain");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (answer->header)
		MHD_add_response_header(response, answer->header, answer->value);
	if (door->is_shut)
		MHD_add_response_header(response, "Connection", "close");
	r = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	return r;
}

static void *on_uri(void *userdata, const char *uri, struct MHD_Connection *connection)
{
	struct door *door = userdata;

	(void)connection;
	return exchange_new(door->reception, uri);
}

/* The headers are there; a client that waits for "100 Continue" can be spared the body. */
static enum MHD_Result on_headers(struct door *door, struct MHD_Connection *connection, const char *method,
				  struct exchange *exchange)
{
	bool certain = exchange_begin(exchange, connection, method);
	const struct answer *answer;

	guest_spoke(guest_of(connection), true);
	if (!certain)
		return MHD_YES;
	answer = exchange_answer(exchange);
	if (answer->at_once || MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Expect"))
		return send_answer(door, connection, answer);
	return MHD_YES;
}

static enum MHD_Result on_access(void *userdata, struct MHD_Connection *connection, const char *url, const char *method,
				 const char *version, const char *data, size_t *size, void **slot)
{
	struct exchange *exchange = *slot;
	size_t length = *size;

	(void)url, (void)version;
	if (!exchange)
		return MHD_NO;
	if (!exchange_has_begun(exchange))
		return on_headers(userdata, connection, method, exchange);
	*size = 0;
	if (length > 0)
		return exchange_take(exchange, data, length) ? MHD_YES : MHD_NO;
	return send_answer(userdata, connection, exchange_answer(exchange));
}

static void on_completed(void *userdata, struct MHD_Connection *connection, void **slot,
			 enum MHD_RequestTerminationCode why)
{
	(void)userdata, (void)why;
	exchange_free(*slot);
	*slot = NULL;
	guest_spoke(guest_of(connection), false);
}

/* The loop. */

static void rearm(struct door *door)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;

	if (MHD_get_timeout(door->http, &ms) == MHD_YES) {
		sd_event_source_set_time_relative(door->timer, (uint64_t)ms * 1000);
		sd_event_source_set_enabled(door->timer, SD_EVENT_ONESHOT);
	} else {
		sd_event_source_set_enabled(door->timer, SD_EVENT_OFF);
	}
}

/*
 * libmicrohttpd lets go of ended connections after it has looked whether there is room for new ones: when it was full,
 * it must look again, or nobody is let in until one of the others speaks.
 */
static void run(struct door *door)
{
	bool was_full = door->count >= DOOR_CONNECTIONS_MAX;

	MHD_run(door->http);
	if (was_full)
		MHD_run(door->http);
	if (door->is_shut && door_is_empty(door))
		door->closed(door, door->userdata);
	else
		rearm(door);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source, (void)fd, (void)revents;
	run(userdata);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source, (void)usec;
	run(userdata);
	return 0;
}

static int listen_with_http(struct door *door, int fd)
{
	bool tls = door->tls.certificate != NULL;
	struct MHD_OptionItem options[] = {
		{MHD_OPTION_LISTEN_SOCKET, fd, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, DOOR_CONNECTIONS_MAX, NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
		{MHD_OPTION_PER_IP_CONNECTION_LIMIT, tls ? DOOR_PER_ADDRESS_MAX : 0, NULL},
		{MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, NULL},
		{MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, door},
		{MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_uri, door},
		{tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, door->tls.certificate},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, door->tls.key.data},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES},
		{MHD_OPTION_END, 0, NULL},
	};
	unsigned flags = MHD_USE_EPOLL | MHD_USE_ITC | (tls ? MHD_USE_TLS : 0);

	door->http = MHD_start_daemon(flags, 0, NULL, NULL, on_access, door, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
	return door->http ? 0 : -EINVAL;
}

static int add_sources(struct door *door)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(door->http, MHD_DAEMON_INFO_EPOLL_FD);
	int r = info ? sd_event_add_io(door->event, &door->io, info->epoll_fd, EPOLLIN, on_io, door) : -ENOTSUP;

	if (r >= 0)
		r = sd_event_add_time_relative(door->event, &door->timer, CLOCK_MONOTONIC, 0, 1, on_timer, door);
	if (r >= 0)
		r = sd_event_add_time_relative(door->event, &door->sweep, CLOCK_MONOTONIC, SWEEP_USEC, SWEEP_USEC,
					       on_sweep, door);
	return r < 0 ? r : 0;
}

int door_open(sd_event *event, int fd, struct door_tls *tls, struct reception *reception,
	      void (*closed)(struct door *door, void *userdata), void *userdata, struct door **ret)
{
	struct door *door = calloc(1, sizeof(*door));
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	int r;

	if (!door || own < 0) {
		r = door ? -errno : -ENOMEM;
		if (own >= 0)
			close(own);
		free(door);
		door_tls_free(tls);
		return r;
	}
	*door = (struct door){.event = sd_event_ref(event),
			      .reception = reception,
			      .tls = *tls,
			      .closed = closed,
			      .userdata = userdata};
	*tls = (struct door_tls){0}; /* transferred */
	TAILQ_INIT(&door->guests);
	r = listen_with_http(door, own);
	if (r < 0)
		close(own);
	else
		r = add_sources(door);
	if (r < 0) {
		door_free(door);
		return r;
	}
	*ret = door; /* transferred */
	return 0;
}

void door_shut(struct door *door)
{
	MHD_socket fd = MHD_quiesce_daemon(door->http);

	if (fd != MHD_INVALID_SOCKET)
		close(fd);
	door->is_shut = true;
}

bool door_is_empty(const struct door *door)
{
	return TAILQ_EMPTY(&door->guests);
}

void door_free(struct door *door)
{
	if (!door)
		return;
	sd_event_source_disable_unref(door->io);
	sd_event_source_disable_unref(door->timer);
	sd_event_source_disable_unref(door->sweep);
	if (door->http)
		MHD_stop_daemon(door->http);
	door_tls_free(&door->tls);
	sd_event_unref(door->event);
	free(door);
}

void door_tls_free(struct door_tls *tls)
{
	free(tls->certificate);
	secret_free(&tls->key);
	*tls = (struct door_tls){0};
}
