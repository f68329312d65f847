#include "daemon/webhook/listener.h"

#include "daemon/base/log.h"
#include "daemon/webhook/door.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define BACKLOG 1024
#define CERTIFICATE_MAX (64 * 1024)
#define OLD_DOORS_MAX 4 /* that still have guests; beyond, the oldest is closed on them */

struct listener {
	sd_event *event;
	struct reception *reception;
	int fd;        /* -1: nowhere */
	char *address; /* that it is bound to; NULL: it was passed */
	struct door *door, *old[OLD_DOORS_MAX];
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage storage;
};

/* The address. */

/* "127.0.0.1:8480", "[::1]:8480". The length, or 0. */
static socklen_t address_parse(const char *text, union address *ret)
{
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0, digits = colon ? strspn(colon + 1, "0123456789") : 0;
	char host[INET6_ADDRSTRLEN] = "";
	unsigned long port;

	*ret = (union address){0};
	if (digits == 0 || digits > 5 || colon[1 + digits] != '\0')
		return 0;
	port = strtoul(colon + 1, NULL, 10);
	if (port == 0 || port > 65535)
		return 0;
	if (text[0] == '[' && length > 2 && text[length - 1] == ']' && length - 2 < sizeof(host)) {
		memcpy(host, text + 1, length - 2);
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons((uint16_t)port);
		return inet_pton(AF_INET6, host, &ret->v6.sin6_addr) == 1 ? sizeof(ret->v6) : 0;
	}
	if (length >= sizeof(host))
		return 0;
	memcpy(host, text, length);
	ret->v4.sin_family = AF_INET;
	ret->v4.sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, host, &ret->v4.sin_addr) == 1 ? sizeof(ret->v4) : 0;
}

/* Whoever can speak to it is on this host. */
static bool is_local(int fd)
{
	union address address = {0};
	socklen_t length = sizeof(address);

	if (getsockname(fd, &address.any, &length) < 0)
		return false;
	if (address.any.sa_family == AF_INET)
		return ntohl(address.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	if (address.any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
	return address.any.sa_family == AF_UNIX;
}

/* A listening socket, or -errno. */
static int bind_to(const union address *address, socklen_t length, int shared)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, r = 0;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &shared, sizeof(shared)) < 0 ||
	    bind(fd, &address->any, length) < 0 || listen(fd, BACKLOG) < 0)
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static in_port_t port_of(const union address *address)
{
	return address->any.sa_family == AF_INET ? address->v4.sin_port : address->v6.sin6_port;
}

static bool has_port(int fd, in_port_t port)
{
	union address address = {0};
	socklen_t length = sizeof(address);

	return fd >= 0 && getsockname(fd, &address.any, &length) == 0 && port_of(&address) == port;
}

/*
 * The same beside old (or -1), which is there until all else of the new config has been found good: of one port two
 * addresses can overlap (127.0.0.1 and 0.0.0.0), so they share it for as long as it takes to bind, and nobody else
 * does.
 */
static int bind_beside(int old, const union address *address, socklen_t length)
{
	int fd = bind_to(address, length, 0), on = 1, off = 0;

	if (fd != -EADDRINUSE || !has_port(old, port_of(address)))
		return fd;
	setsockopt(old, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	fd = bind_to(address, length, 1);
	setsockopt(old, SOL_SOCKET, SO_REUSEPORT, &off, sizeof(off));
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &off, sizeof(off));
	return fd;
}

/* The socket of the config: the one that there is, a new one, or -1 in ret for none. */
static int socket_for(const struct listener *l, const struct config *config, int *ret, char why[static CONFIG_WHY_MAX])
{
	const char *text = config->webhook.listen;
	union address address;
	socklen_t length;
	int fd;

	*ret = l->fd;
	if (l->fd >= 0 && (!l->address || strcmp(l->address, text) == 0))
		return 0;
	*ret = -1;
	if (!*text)
		return 0;
	length = address_parse(text, &address);
	if (length == 0)
		return hooks_config_error(config, why,
					  "listen must be an address and a port: 127.0.0.1:8480, [::1]:8480");
	fd = bind_beside(l->fd, &address, length);
	if (fd < 0)
		return hooks_config_error(config, why, "listen: %s: %s", text, strerror(-fd));
	*ret = fd;
	return 0;
}

/* The certificate. */

static int certificate_read(const char *path, char **ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = fd >= 0 ? calloc(1, CERTIFICATE_MAX + 1) : NULL;
	size_t used = 0;
	ssize_t n = 1;
	int r = fd < 0 ? -errno : text ? 0 : -ENOMEM;

	while (r == 0 && n > 0 && used < CERTIFICATE_MAX) {
		n = read(fd, text + used, CERTIFICATE_MAX - used);
		if (n > 0)
			used += (size_t)n;
		else if (n < 0 && errno != EINTR)
			r = -errno;
	}
	if (fd >= 0)
		close(fd);
	if (r == 0 && used == CERTIFICATE_MAX)
		r = -EFBIG;
	if (r < 0) {
		free(text);
		return r;
	}
	*ret = text; /* transferred */
	return 0;
}

static int tls_load(const struct config *config, struct door_tls *ret, char why[static CONFIG_WHY_MAX])
{
	const struct config_webhook *webhook = &config->webhook;
	char text[CONFIG_WHY_MAX / 2];
	int r;

	*ret = (struct door_tls){0};
	if (!*webhook->tls_cert && !*webhook->tls_key)
		return 0;
	if (!*webhook->tls_cert || !*webhook->tls_key)
		return hooks_config_error(config, why, "tls_cert and tls_key go together: set both or none");
	r = certificate_read(webhook->tls_cert, &ret->certificate);
	if (r < 0)
		return hooks_config_error(config, why, "tls_cert: %s: %s", webhook->tls_cert, strerror(-r));
	r = secret_load(webhook->tls_key, &ret->key, text, sizeof(text));
	if (r < 0) {
		door_tls_free(ret);
		return hooks_config_error(config, why, "tls_key: %s", text);
	}
	return 0;
}

/* Doors. */

static void on_closed(struct door *door, void *userdata)
{
	struct listener *l = userdata;

	for (size_t i = 0; i < OLD_DOORS_MAX; i++)
		if (l->old[i] == door)
			l->old[i] = NULL;
	door_free(door);
}

/* The door takes no more guests; those that are there may stay until they are done. */
static void retire(struct listener *l)
{
	struct door *door = l->door;

	l->door = NULL;
	if (!door)
		return;
	door_shut(door);
	if (door_is_empty(door)) {
		door_free(door);
		return;
	}
	door_free(l->old[0]);
	memmove(&l->old[0], &l->old[1], sizeof(l->old) - sizeof(l->old[0]));
	l->old[OLD_DOORS_MAX - 1] = door;
}

static int open_door(struct listener *l, const struct config *config, int fd, struct door **ret,
		     char why[static CONFIG_WHY_MAX])
{
	struct door_tls tls;
	int r = tls_load(config, &tls, why);
	bool clear = tls.certificate == NULL;

	*ret = NULL;
	if (r < 0)
		return r;
	if (fd < 0) {
		door_tls_free(&tls);
		return 0;
	}
	if (clear && !is_local(fd)) {
		return hooks_config_error(config, why,
					  "listen: without tls_cert and tls_key it must be a loopback address, with a "
					  "reverse proxy in front");
	}
	r = door_open(l->event, fd, &tls, l->reception, on_closed, l, ret);
	if (r == -EINVAL && !clear)
		return hooks_config_error(config, why, "tls_cert and tls_key are no PEM, or do not belong together");
	if (r < 0)
		return hooks_config_error(config, why, "the HTTP server could not be started: %s", strerror(-r));
	return 0;
}

int listener_use(struct listener *l, const struct config *config, char why[static CONFIG_WHY_MAX])
{
	char *address = NULL;
	struct door *door;
	int fd, r = socket_for(l, config, &fd, why);

	if (r < 0)
		return r;
	r = open_door(l, config, fd, &door, why);
	if (r == 0 && fd != l->fd && fd >= 0) {
		address = strdup(config->webhook.listen);
		if (!address)
			r = hooks_config_error(config, why, "out of memory");
	}
	if (r < 0) {
		door_free(door);
		if (fd != l->fd && fd >= 0)
			close(fd);
		return r;
	}
	retire(l);
	l->door = door;
	if (fd != l->fd) {
		if (l->fd >= 0)
			close(l->fd);
		free(l->address);
		l->fd = fd;
		l->address = address; /* transferred */
	}
	return 0;
}

/* The whole. */

/* A socket of systemd's with our name, or -1. */
static int passed_socket(void)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names), found = -1;

	for (int i = 0; i < n; i++) {
		if (found < 0 && strcmp(names[i], LISTENER_FD_NAME) == 0)
			found = SD_LISTEN_FDS_START + i;
		free(names[i]);
	}
	free(names);
	if (found >= 0 && (sd_is_socket(found, AF_UNSPEC, SOCK_STREAM, 1) <= 0 ||
			   fcntl(found, F_SETFL, fcntl(found, F_GETFL) | O_NONBLOCK) < 0))
		return -EINVAL;
	return found;
}

int listener_new(sd_event *event, struct reception *reception, struct listener **ret)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	*l = (struct listener){.event = sd_event_ref(event), .reception = reception, .fd = passed_socket()};
	if (l->fd == -EINVAL) {
		log_error("the socket that was passed as %s is no listening stream socket", LISTENER_FD_NAME);
		l->fd = -1;
		listener_free(l);
		return -EINVAL;
	}
	*ret = l; /* transferred */
	return 0;
}

void listener_free(struct listener *l)
{
	if (!l)
		return;
	door_free(l->door);
	for (size_t i = 0; i < OLD_DOORS_MAX; i++)
		door_free(l->old[i]);
	if (l->fd >= 0)
		close(l->fd);
	sd_event_unref(l->event);
	free(l->address);
	free(l);
}

bool listener_is_open(const struct listener *l)
{
	return l->door != NULL;
}
