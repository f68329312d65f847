#include "daemon/core/server.h"

#include "daemon/base/log.h"
#include "daemon/core/bookkeeping.h"
#include "daemon/core/core.h"
#include "daemon/core/courier.h"
#include "daemon/core/prober.h"
#include "daemon/core/session_admin.h"
#include "daemon/core/session_login.h"
#include "daemon/core/session_webhook.h"
#include "daemon/core/siren.h"
#include "daemon/core/statistics.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define SWEEP_USEC (1 * SECOND)
#define PAUSE_USEC (SECOND / 10)     /* before accept(2) is tried again without free descriptors */
#define FIRST_WORD_USEC (5 * SECOND) /* a connection must say something within this time */
#define ACCEPTS_A_TURN 16
#define PRUNE_EVERY_USEC (600 * SECOND)

struct socket_kind {
	const char *name; /* FileDescriptorName= of the socket unit */
	size_t path;      /* offset in struct config_core */
	mode_t mode;
	const struct connection_ops *ops;
	size_t user;          /* offset in struct config_core: whose it is besides root's and ours; 0: not one user's */
	const char *stranger; /* what one who is not that user is told */
};

static const struct socket_kind socket_kinds[] = {
	{"login", offsetof(struct config_core, login_socket), 0666, &session_login_ops, 0, NULL},
	{"admin", offsetof(struct config_core, admin_socket), 0660, &session_admin_ops, 0, NULL},
	{"sender", offsetof(struct config_core, sender_socket), 0600, &courier_connection_ops,
	 offsetof(struct config_core, sender_user), "not the sender: core { sender_user } names who is"},
	{"webhook", offsetof(struct config_core, webhook_socket), 0600, &session_webhook_ops,
	 offsetof(struct config_core, webhook_user), "not the webhook: core { webhook_user } names who is"},
};
#define WEBHOOK_SOCKET 3 /* its place: it is there only if there is a webhook */

#define SERVER_SOCKETS (sizeof(socket_kinds) / sizeof(socket_kinds[0]))

struct listener {
	struct server *server;
	const struct socket_kind *kind;
	sd_event_source *io;
	int fd;
	bool own; /* bound by us: the path is ours to remove */
};

struct server {
	struct core core;
	struct listener listeners[SERVER_SOCKETS];
	sd_event_source *sweep_timer, *prune_timer, *pause_timer;
};

/* Connections */

static bool is_privileged(const struct connection *c)
{
	return c->peer.uid == 0 || c->peer.uid == geteuid();
}

/* What a local user can open is counted, so that root's logins always find room. */
static bool is_over_limit(const struct core *core, const struct connection *fresh)
{
	int64_t of_uid = 0, all = 0;

	if (is_privileged(fresh))
		return false;
	for (const struct connection *c = core->connections.first; c; c = c->next) {
		if (c == fresh)
			continue;
		all += !is_privileged(c);
		of_uid += c->peer.uid == fresh->peer.uid;
	}
	return of_uid >= core->config->core.connections_per_uid || all >= core->config->core.connections;
}

/* The uid that a socket belongs to; root's if it is nobody's or the user does not exist. */
static uid_t owner_uid(const struct config *config, const struct socket_kind *kind)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];

	if (kind->user &&
	    getpwnam_r(*(char *const *)((const char *)&config->core + kind->user), &entry, buffer, sizeof(buffer),
		       &found) == 0 &&
	    found)
		return found->pw_uid;
	return 0;
}

static bool may_connect(const struct core *core, const struct connection *c, const struct socket_kind *kind)
{
	return !kind->user || is_privileged(c) || c->peer.uid == owner_uid(core->config, kind);
}

static void turn_away(struct core *core, struct connection *c, const char *why)
{
	core_log_refusal(core, "connect", c, why);
	connection_close(c);
}

static void admit(struct core *core, const struct socket_kind *kind, int fd)
{
	struct connection *c;
	int r = connection_new(core, core->event, &core->connections, fd, kind->ops, &c);

	if (r < 0)
		log_error("a connection is dropped: %s", strerror(-r));
	else if (!may_connect(core, c, kind))
		turn_away(core, c, kind->stranger);
	else if (!kind->user && is_over_limit(core, c))
		turn_away(core, c, "too many connections: core { connections_per_uid connections }");
	else if (c->ops == &courier_connection_ops)
		courier_connected(core->courier, c);
	else if (c->ops == &session_webhook_ops)
		session_webhook_connected(c);
	else {
		c->deadline = core_now(core) + FIRST_WORD_USEC;
		connection_listen(c);
	}
}

static int on_pause_over(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct server *server = userdata;

	(void)source;
	(void)usec;
	for (size_t i = 0; i < SERVER_SOCKETS; i++)
		if (server->listeners[i].io)
			sd_event_source_set_enabled(server->listeners[i].io, SD_EVENT_ON);
	return 0;
}

/* No descriptors or memory: an accept that fails at once would spin. */
static void pause_accepting(struct server *server, sd_event_source *source)
{
	log_error("accept: %m: new connections wait");
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	sd_event_source_set_time_relative(server->pause_timer, PAUSE_USEC);
	sd_event_source_set_enabled(server->pause_timer, SD_EVENT_ONESHOT);
}

static int on_accept(sd_event_source *source, int listening, uint32_t revents, void *userdata)
{
	struct listener *listener = userdata;

	(void)revents;
	for (unsigned i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0)
			admit(&listener->server->core, listener->kind, fd);
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR && errno != ECONNABORTED) {
			pause_accepting(listener->server, source);
			break;
		}
	}
	return 0;
}

static int on_sweep(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct server *server = userdata;
	int64_t now = core_now(&server->core);

	(void)usec;
	for (struct connection *c = server->core.connections.first, *next; c; c = next) {
		next = c->next;
		if (c->deadline != 0 && c->deadline <= now)
			connection_close(c);
	}
	courier_tick(server->core.courier);
	session_webhook_tick(&server->core);
	prober_tick(server->core.prober);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return sd_event_source_set_time_relative(source, SWEEP_USEC);
}

/* Listening */

static const char *socket_path(const struct config *config, const struct socket_kind *kind)
{
	return *(char *const *)((const char *)&config->core + kind->path);
}

/* A socket file that nobody answers at is left from a crash; one that somebody answers at is another core's. */
static int remove_stale(const struct sockaddr_un *address)
{
	int r, fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	r = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? -EADDRINUSE : -errno;
	close(fd);
	if (r == -ENOENT)
		return 0;
	if (r != -ECONNREFUSED)
		return r;
	return unlink(address->sun_path) < 0 ? -errno : 0;
}

/*
 * Root gives the sockets to their users, as systemd's socket units do. A core that binds them without being root
 * cannot: then anybody may knock at sender.sock, and may_connect() lets in whom the config names.
 */
static int give_to(const char *path, const struct socket_kind *kind, const struct config *config)
{
	bool root = geteuid() == 0;

	if (kind->user && owner_uid(config, kind) != geteuid())
		return root ? chown(path, owner_uid(config, kind), (gid_t)-1) : chmod(path, 0666);
	if (kind->ops == &session_admin_ops && root) {
		struct group entry, *found = NULL;
		char buffer[16384];

		if (getgrnam_r(config->core.admin_group, &entry, buffer, sizeof(buffer), &found) == 0 && found)
			return chown(path, 0, found->gr_gid);
	}
	return 0;
}

static int bind_socket(struct listener *listener, const struct config *config)
{
	const char *path = socket_path(config, listener->kind);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	int r;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	r = remove_stale(&address);
	if (r < 0)
		return r;
	listener->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0)
		return -errno;
	mask = umask((mode_t)~listener->kind->mode & 0777);
	r = bind(listener->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	umask(mask);
	if (r < 0)
		return r;
	listener->own = true;
	if (give_to(path, listener->kind, config) < 0)
		return -errno;
	return listen(listener->fd, SOMAXCONN) < 0 ? -errno : 0;
}

/* The descriptor that the supervisor passed for this socket, -1 if it passed none. */
static int passed_socket(const struct socket_kind *kind, char **names, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], kind->name) == 0 &&
		    sd_is_socket(SD_LISTEN_FDS_START + i, AF_UNIX, SOCK_SEQPACKET, 1) > 0)
			return SD_LISTEN_FDS_START + i;
	return -1;
}

static int listen_on(struct server *server, size_t i, char **names, int count, char why[static CONFIG_WHY_MAX])
{
	struct listener *listener = &server->listeners[i];
	int r = 0;

	*listener = (struct listener){.server = server, .kind = &socket_kinds[i]};
	listener->fd = passed_socket(listener->kind, names, count);
	if (listener->fd < 0 && i == WEBHOOK_SOCKET && !server->core.config->webhook.listen[0])
		return 0;
	if (listener->fd < 0)
		r = bind_socket(listener, server->core.config);
	else if (fcntl(listener->fd, F_SETFL, O_NONBLOCK) <
		 0) /* systemd's are not: accept would wait for the next one */
		r = -errno;
	if (r == 0)
		r = sd_event_add_io(server->core.event, &listener->io, listener->fd, EPOLLIN, on_accept, listener);
	if (r >= 0)
		r = sd_event_source_set_priority(listener->io, WORKER_PRIORITY + 10);
	if (r < 0 && listener->fd >= 0) { /* a later try begins anew */
		close(listener->fd);
		listener->fd = -1;
	}
	if (r < 0)
		snprintf(why, CONFIG_WHY_MAX, "%s: cannot listen: %s%s",
			 socket_path(server->core.config, listener->kind), strerror(-r),
			 r == -EADDRINUSE ? ": another core is running" : "");
	return r;
}

static int listen_on_all(struct server *server, char why[static CONFIG_WHY_MAX])
{
	char **names = NULL;
	int r = 0, count = sd_listen_fds_with_names(1, &names);

	for (size_t i = 0; i < SERVER_SOCKETS && r >= 0; i++)
		r = listen_on(server, i, names, count, why);
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
	return r;
}

static void close_listeners(struct server *server)
{
	for (size_t i = 0; i < SERVER_SOCKETS; i++) {
		struct listener *listener = &server->listeners[i];

		sd_event_source_disable_unref(listener->io);
		if (listener->kind && listener->fd >= 0)
			close(listener->fd);
		if (listener->own)
			unlink(socket_path(server->core.config, listener->kind));
	}
}

/* Housekeeping */

static int run_prune(struct job *job, struct tx *tx)
{
	const struct engine *engine = &((struct request *)job)->engine;
	int64_t now = engine->clock->now(engine->clock);

	return bookkeeping_prune(tx, now, engine->clock->wall(engine->clock));
}

static void prune_done(struct job *job, int result)
{
	(void)result; /* logged by the worker; the next one is due anyway */
	request_free((struct request *)job);
}

static int on_prune(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct server *server = userdata;
	struct request *request = request_new(sizeof(*request), &server->core, NULL, run_prune, prune_done);

	(void)usec;
	if (request)
		request_submit(request);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return sd_event_source_set_time_relative(source, PRUNE_EVERY_USEC);
}

struct ping_request {
	struct request request;
	void (*alive)(void);
};

static int run_ping(struct job *job, struct tx *tx)
{
	(void)job;
	(void)tx;
	return 0;
}

static void ping_done(struct job *job, int result)
{
	struct ping_request *p = (struct ping_request *)job;

	/* A store that fails answers, too: a restart would not mend a full disk, so it is no reason for one. */
	(void)result;
	p->alive();
	request_free(&p->request);
}

void server_ping(struct server *server, void (*alive)(void))
{
	struct ping_request *p = request_new(sizeof(*p), &server->core, NULL, run_ping, ping_done);

	if (!p)
		return;
	p->alive = alive;
	request_submit(&p->request);
}

void server_status(struct server *server, char *text, size_t size)
{
	snprintf(text, size, "%zu connections; %llu logins accepted, %llu refused; sender %s",
		 server->core.connections.count, (unsigned long long)server->core.accepted_logins,
		 (unsigned long long)server->core.refused_logins,
		 server->core.sender_ready ? "connected" : "not connected");
}

/* Starting, reloading, stopping */

/* A name mistyped there refuses every login that the policy could match: better said before the first one. */
static void warn_of_groups(const struct config *config)
{
	const char *policy, *group = config_missing_group(config, &policy);

	if (group)
		log_warning(
			"policy \"%s\": there is no group \"%s\" on this host: logins that it could match are refused",
			policy, group);
}

static void find_hostname(struct server *server)
{
	char full[256] = "";

	if (server->core.config->core.hostname[0])
		snprintf(full, sizeof(full), "%s", server->core.config->core.hostname);
	else if (gethostname(full, sizeof(full) - 1) == 0)
		full[strcspn(full, ".")] = '\0';
	snprintf(server->core.hostname, sizeof(server->core.hostname), "%.*s", (int)sizeof(server->core.hostname) - 1,
		 full);
}

/* As many connections as the kernel lets us have: login.sock is where everybody waits at a prompt. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int add_timers(struct server *server)
{
	int r = sd_event_add_time_relative(server->core.event, &server->sweep_timer, CLOCK_BOOTTIME, SWEEP_USEC, 100000,
					   on_sweep, server);

	if (r >= 0)
		r = sd_event_add_time_relative(server->core.event, &server->prune_timer, CLOCK_BOOTTIME,
					       PRUNE_EVERY_USEC, 1000000, on_prune, server);
	if (r >= 0)
		r = sd_event_add_time_relative(server->core.event, &server->pause_timer, CLOCK_BOOTTIME, PAUSE_USEC,
					       1000, on_pause_over, server);
	return r;
}

/* A database under another key would refuse every login, each with an error of its own. */
static int check_key(struct core *core, char why[static CONFIG_WHY_MAX])
{
	char mark[KEYS_MARK_MAX];
	int r = keys_mark(core->keys, mark);

	if (r == 0)
		r = store_claim(core->store, mark);
	if (r == -EKEYREJECTED)
		snprintf(why, CONFIG_WHY_MAX, "%s: is not the master key that %s was made with: put that one back",
			 core->config->core.master_key, core->config->core.state_dir);
	else if (r < 0)
		snprintf(why, CONFIG_WHY_MAX, "%s: %s", core->config->core.state_dir, store_error(core->store));
	return r;
}

static int build(struct server *server, char why[static CONFIG_WHY_MAX])
{
	const struct config_core *core = &server->core.config->core;
	int r = keys_load(core->master_key, &server->core.keys, why, CONFIG_WHY_MAX);

	if (r == 0)
		r = store_open(core->state_dir, &server->core.clock, &server->core.store, why, CONFIG_WHY_MAX);
	if (r == 0)
		r = check_key(&server->core, why);
	if (r == 0)
		r = worker_new(server->core.event, server->core.store, &server->core.worker);
	if (r == 0)
		r = courier_new(&server->core, &server->core.courier);
	if (r == 0)
		r = statistics_new(&server->core, &server->core.statistics);
	if (r == 0)
		r = siren_new(&server->core, &server->core.siren);
	if (r == 0)
		r = prober_new(&server->core, &server->core.prober);
	if (r >= 0)
		r = listen_on_all(server, why);
	if (r >= 0)
		r = add_timers(server);
	return r;
}

int server_start(sd_event *event, struct config *config, const struct clock *clock, struct server **ret,
		 char why[static CONFIG_WHY_MAX])
{
	struct server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return -ENOMEM;
	server->core.event = sd_event_ref(event);
	server->core.config = config_ref(config);
	server->core.clock = *clock;
	find_hostname(server);
	warn_of_groups(config);
	raise_descriptor_limit();
	r = build(server, why);
	if (r < 0) {
		server_stop(server);
		return r;
	}
	*ret = server;
	return 0;
}

/* What a running core cannot change under its feet. */
static const char *fixed_change(const struct config_core *old, const struct config_core *new)
{
	if (strcmp(old->state_dir, new->state_dir) != 0)
		return "state_dir";
	if (strcmp(old->master_key, new->master_key) != 0)
		return "master_key";
	for (size_t i = 0; i < SERVER_SOCKETS; i++)
		if (strcmp(*(char *const *)((const char *)old + socket_kinds[i].path),
			   *(char *const *)((const char *)new + socket_kinds[i].path)) != 0)
			return "a socket's path";
	return NULL;
}

int server_reload(struct server *server, struct config *config, char why[static CONFIG_WHY_MAX])
{
	const char *fixed = fixed_change(&server->core.config->core, &config->core);

	if (fixed) {
		snprintf(why, CONFIG_WHY_MAX, "core { }: %s can only change by a restart", fixed);
		return -EBUSY;
	}
	config_unref(server->core.config);
	server->core.config = config_ref(config);
	if (server->listeners[WEBHOOK_SOCKET].fd < 0 && listen_on(server, WEBHOOK_SOCKET, NULL, 0, why) < 0)
		log_error("%s: no receipts are heard until that is mended", why);
	find_hostname(server);
	warn_of_groups(config);
	return 0;
}

void server_stop(struct server *server)
{
	server->core.stopping = true;
	close_listeners(server);
	if (server->core.statistics)
		statistics_flush(server->core.statistics);
	worker_free(server->core.worker); /* what was begun is answered */
	while (server->core.connections.first)
		connection_close(server->core.connections.first);
	courier_free(server->core.courier);
	prober_free(server->core.prober);
	siren_free(server->core.siren);
	statistics_free(server->core.statistics);
	sd_event_source_disable_unref(server->sweep_timer);
	sd_event_source_disable_unref(server->prune_timer);
	sd_event_source_disable_unref(server->pause_timer);
	store_close(server->core.store);
	keys_free(server->core.keys);
	config_unref(server->core.config);
	sd_event_unref(server->core.event);
	free(server);
}
