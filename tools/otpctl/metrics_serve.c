/* metrics --listen: a page for Prometheus, on loopback or a Unix socket, for nobody else. */
#include "tools/otpctl/connection.h"
#include "tools/otpctl/exposition.h"
#include "tools/otpctl/metrics.h"
#include "tools/otpctl/openmetrics.h"
#include "tools/otpctl/output.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define PATH "/metrics"
#define CONNECTIONS_MAX 16
#define IDLE_SECONDS 10
#define BACKLOG 16

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

static bool is_private(const union address *a)
{
	switch (a->any.sa_family) {
	case AF_UNIX:
		return true;
	case AF_INET:
		return ntohl(a->in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	case AF_INET6:
		return IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr);
	default:
		return false;
	}
}

static bool parse_port(const char *text, in_port_t *ret)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	*ret = htons((uint16_t)port);
	return text[0] >= '0' && text[0] <= '9' && !*end && port <= UINT16_MAX;
}

/* "127.0.0.1:9753", "[::1]:9753", "/run/x.sock". */
static int parse_address(const char *text, union address *ret, socklen_t *size)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2];
	bool six = text[0] == '[';

	*ret = (union address){.un.sun_family = AF_UNIX};
	*size = sizeof(ret->un);
	if (text[0] == '/') {
		if (strlen(text) >= sizeof(ret->un.sun_path))
			return -EINVAL;
		memcpy(ret->un.sun_path, text, strlen(text) + 1);
		return 0;
	}
	if (!colon || snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text) >= (int)sizeof(host))
		return -EINVAL;
	if (six && host[strlen(host) - 1] != ']')
		return -EINVAL;
	*ret = (union address){.any.sa_family = six ? AF_INET6 : AF_INET};
	*size = six ? sizeof(ret->in6) : sizeof(ret->in);
	if (six)
		host[strlen(host) - 1] = '\0';
	if (inet_pton(ret->any.sa_family, host + six, six ? (void *)&ret->in6.sin6_addr : &ret->in.sin_addr) != 1)
		return -EINVAL;
	return parse_port(colon + 1, six ? &ret->in6.sin6_port : &ret->in.sin_port) ? 0 : -EINVAL;
}

/* A socket that nobody listens at any more is in the way of a new one; anything else is not ours to remove. */
static void remove_left_over(const union address *a)
{
	struct stat st;
	int fd;

	if (a->any.sa_family != AF_UNIX || lstat(a->un.sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, &a->any, sizeof(a->un)) < 0 && errno == ECONNREFUSED)
		(void)unlink(a->un.sun_path);
	if (fd >= 0)
		close(fd);
}

static int bind_and_listen(const union address *a, socklen_t size)
{
	const int on = 1;
	int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

	if (fd < 0)
		return -errno;
	if (a->any.sa_family != AF_UNIX)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &a->any, size) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	r = -errno;
	close(fd);
	return r;
}

/* What systemd passes is held to the same rule as what is typed. */
static int passed_socket(void)
{
	union address a = {0};
	socklen_t size = sizeof(a);

	if (sd_listen_fds(1) != 1) {
		output_error("metrics: --listen systemd: wants one socket from systemd, see systemd.socket(5)");
		return -1;
	}
	if (getsockname(SD_LISTEN_FDS_START, &a.any, &size) < 0 || !is_private(&a) ||
	    sd_is_socket(SD_LISTEN_FDS_START, AF_UNSPEC, SOCK_STREAM, 1) <= 0) {
		output_error("metrics: --listen systemd: the socket is not on loopback, nor a Unix socket; correct "
			     "ListenStream=");
		return -1;
	}
	return SD_LISTEN_FDS_START;
}

/* -1 after an error; *usage: what was typed is the error. */
static int open_listener(const char *listen, union address *a, bool *usage)
{
	socklen_t size;
	int fd;

	*usage = false;
	*a = (union address){0};
	if (strcmp(listen, "systemd") == 0)
		return passed_socket();
	*usage = true;
	if (parse_address(listen, a, &size) < 0)
		output_error("--listen %s: not an address; write 127.0.0.1:PORT, [::1]:PORT, /PATH or systemd", listen);
	else if (!is_private(a))
		output_error("--listen %s: not on loopback; write 127.0.0.1:PORT, and put a proxy with TLS in front of "
			     "it for others",
			     listen);
	else
		*usage = false;
	if (*usage)
		return -1;
	remove_left_over(a);
	fd = bind_and_listen(a, size);
	if (fd < 0)
		output_error("metrics: --listen %s: %s", listen, strerror(-fd));
	return fd < 0 ? -1 : fd;
}

struct server {
	struct otpctl *ctl;
	bool was_up;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type, const char *text,
			      size_t length)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(length, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result r;

	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	r = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return r;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *sentence)
{
	return answer(connection, status, "text/plain; charset=utf-8", sentence, strlen(sentence));
}

/* Said once when it begins and once when it ends, not with each request. */
static void note_change(struct server *server, bool up)
{
	if (up && !server->was_up)
		output_warning("metrics: the core answers again");
	server->was_up = up;
}

static enum MHD_Result answer_metrics(struct server *server, struct MHD_Connection *connection)
{
	enum MHD_Result r;
	size_t length;
	bool up;
	char *text = metrics_text(server->ctl, !server->was_up, &up, &length);

	if (!text)
		return MHD_NO;
	note_change(server, up);
	r = answer(connection, MHD_HTTP_OK, OPENMETRICS_CONTENT_TYPE, text, length);
	free(text);
	return r;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
				  const char *version, const char *data, size_t *size, void **slot)
{
	static char begun;

	(void)version;
	(void)data;
	if (!*slot) {
		*slot = &begun;
		return MHD_YES;
	}
	if (*size > 0) {
		*size = 0;
		return MHD_YES;
	}
	if (strcmp(url, PATH) != 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND, "The metrics are at " PATH ".\n");
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Only GET and HEAD.\n");
	return answer_metrics(context, connection);
}

/* One thread answers, one request after the other; this one waits for a signal. */
static int serve(struct server *server, int fd)
{
	const unsigned flags = MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD;
	struct MHD_Daemon *daemon;
	sigset_t signals;
	int which;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
				  MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
				  IDLE_SECONDS, MHD_OPTION_END);
	if (!daemon) {
		output_error("metrics: the server does not start: %s", strerror(errno));
		return EXIT_REFUSED;
	}
	(void)sd_notify(0, "READY=1");
	(void)sigwait(&signals, &which);
	MHD_stop_daemon(daemon); /* closes fd */
	return EXIT_OK;
}

int metrics_serve(struct otpctl *ctl)
{
	struct server server = {.ctl = ctl, .was_up = true};
	union address address;
	bool usage;
	int fd, status;

	(void)otpctl_socket(ctl); /* reads the config before there is a second thread */
	fd = open_listener(ctl->options.listen, &address, &usage);
	if (fd < 0)
		return usage ? EXIT_USAGE : EXIT_REFUSED;
	status = serve(&server, fd);
	if (address.any.sa_family == AF_UNIX)
		(void)unlink(address.un.sun_path);
	return status;
}
