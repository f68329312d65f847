#include "tools/simulator/server.h"
#include "tools/simulator/route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#define CONNECTIONS_MAX 4096
#define IDLE_SECONDS 300
#define BODY_DROPPED_MAX (16 * 1024 * 1024) /* a client that sends more than this is cut off */

struct server {
	struct MHD_Daemon *daemon;
	struct simulator *simulator;
	struct pauses *pauses;
};

/* One request from its headers to the end of its answer. */
struct call {
	struct request request;
	struct answer answer;
	struct pause pause;
	size_t received;     /* bytes of the body, those that were thrown away included */
	uint64_t wait_until; /* 0: it has not begun to wait */
	bool answered;
};

static uint64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static enum MHD_Result add_query(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct request *request = context;

	(void)kind;
	if (request->query_n < REQUEST_QUERY_MAX)
		request->query[request->query_n] = (struct request_pair){key, value};
	request->query_n++;
	return MHD_YES;
}

static enum MHD_Result add_header(void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
	static const char prefix[] = "X-Kannel-";
	struct request *request = context;
	size_t n = sizeof(prefix) - 1;

	(void)kind;
	if (strncasecmp(key, prefix, n) == 0 && value && request->headers_n < REQUEST_QUERY_MAX)
		request->headers[request->headers_n++] = (struct request_pair){key + n, value};
	return MHD_YES;
}

static struct call *call_new(struct MHD_Connection *connection, const char *url, const char *method)
{
	struct call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->pause.connection = connection;
	call->request = (struct request){
		.method = method,
		.path = url,
		.host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host"),
		.authorization = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization"),
		.content_type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type"),
		.user_agent = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "User-Agent"),
		.key = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Key"),
		.api_key = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-API-Key"),
		.x_authorization = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Authorization"),
		.at_ms = wall_ms(),
	};
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_query, &call->request);
	MHD_get_connection_values(connection, MHD_HEADER_KIND, add_header, &call->request);
	return call;
}

static void call_free(struct call *call)
{
	if (!call)
		return;
	answer_free(&call->answer);
	free(call->request.body);
	free(call);
}

static enum MHD_Result call_take_body(struct call *call, const char *data, size_t n)
{
	struct request *request = &call->request;
	char *body;

	call->received += n;
	if (call->received > REQUEST_BODY_MAX) {
		request->body_too_big = true;
		return call->received > BODY_DROPPED_MAX ? MHD_NO : MHD_YES;
	}
	body = realloc(request->body, request->body_size + n + 1);
	if (!body)
		return MHD_NO;
	memcpy(body + request->body_size, data, n);
	request->body = body;
	request->body_size += n;
	body[request->body_size] = '\0';
	return MHD_YES;
}

static void call_ask_once(struct server *server, struct call *call, const struct route *route)
{
	uint64_t now = pause_now_ms();

	answer_free(&call->answer);
	call->request.waited = call->wait_until && now >= call->wait_until;
	if (request_is_local(&call->request))
		route->answer(server->simulator, &call->request, &call->answer);
	else
		answer_refuse(&call->answer, 421, "Host must name localhost or a loopback address");
	if (call->answer.how == ANSWER_WAIT && !call->wait_until)
		call->wait_until = now + call->answer.wait_ms;
}

/* True: the answer is ready; false: the request is held and will be asked again. */
static bool call_ask(struct server *server, struct call *call, const struct route *route)
{
	int r;

	do {
		uint64_t seen = pauses_seen(server->pauses);

		call_ask_once(server, call, route);
		if (call->answer.how != ANSWER_WAIT)
			return true;
		r = pauses_hold_for_messages(server->pauses, &call->pause, call->wait_until, seen);
	} while (r == -EAGAIN);
	if (r == 0)
		return false;
	call->answer.how = ANSWER_SEND;
	return true;
}

static const char *const fixed_headers[][2] = {
	{"Cache-Control", "no-store"},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
				    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
};

static struct MHD_Response *response_of(struct answer *answer)
{
	void *data = answer->body ? answer->body : (void *)(uintptr_t)answer->page;
	enum MHD_ResponseMemoryMode mode = answer->body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT;
	struct MHD_Response *response = MHD_create_response_from_buffer(answer->size, data, mode);

	if (!response)
		return NULL;
	answer->body = NULL; /* transferred */
	MHD_add_response_header(response, "Content-Type", answer->type);
	for (size_t i = 0; i < sizeof(fixed_headers) / sizeof(fixed_headers[0]); i++)
		MHD_add_response_header(response, fixed_headers[i][0], fixed_headers[i][1]);
	if (answer->header)
		MHD_add_response_header(response, answer->header, answer->header_value);
	return response;
}

/* Closes without a word; hard: with a TCP reset. */
static enum MHD_Result drop(struct MHD_Connection *connection, bool hard)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	const struct linger linger = {.l_onoff = 1};

	if (hard && info)
		setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	return MHD_NO;
}

static enum MHD_Result call_send(struct call *call)
{
	struct MHD_Response *response;
	enum MHD_Result r;

	if (call->answer.how != ANSWER_SEND)
		return drop(call->pause.connection, call->answer.how == ANSWER_RESET);
	response = response_of(&call->answer);
	if (!response)
		return MHD_NO;
	r = MHD_queue_response(call->pause.connection, call->answer.status, response);
	MHD_destroy_response(response);
	return r;
}

/* The request is complete, or what it waited for has come. */
static enum MHD_Result call_go_on(struct server *server, struct call *call)
{
	uint64_t until = PAUSE_FOR_EVER;
	const struct route *route;
	size_t index;

	if (call->answered)
		return call_send(call);
	route = route_find(&call->request, &index);
	if (!call_ask(server, call, route))
		return MHD_YES;
	call->answered = true;
	tally_count(server->simulator->tally, index, call->request.method, &call->answer);
	if (call->answer.changes_messages)
		pauses_wake(server->pauses);
	if (call->answer.how != ANSWER_HANG) {
		if (!route->is_provider || server->simulator->options->delay_ms == 0)
			return call_send(call);
		until = pause_now_ms() + server->simulator->options->delay_ms;
	}
	return pauses_hold(server->pauses, &call->pause, until) == 0 ? MHD_YES : call_send(call);
}

static enum MHD_Result on_access(void *context, struct MHD_Connection *connection, const char *url, const char *method,
				 const char *version, const char *data, size_t *size, void **slot)
{
	struct call *call = *slot;
	size_t n = *size;

	(void)version;
	if (!call) {
		*slot = call_new(connection, url, method);
		return *slot ? MHD_YES : MHD_NO;
	}
	if (n == 0)
		return call_go_on(context, call);
	*size = 0;
	return call_take_body(call, data, n);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
			 enum MHD_RequestTerminationCode why)
{
	(void)context;
	(void)connection;
	(void)why;
	call_free(*slot);
	*slot = NULL;
}

static struct MHD_Daemon *daemon_start(struct server *server, int listener, const struct certificate *certificate)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | (certificate ? MHD_USE_TLS : 0);
	struct MHD_OptionItem options[] = {
		{MHD_OPTION_LISTEN_SOCKET, listener, NULL},
		{MHD_OPTION_THREAD_POOL_SIZE, SERVER_THREADS, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, NULL},
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, NULL},
		{certificate ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, certificate ? certificate->pem : NULL},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, certificate ? certificate->key_pem : NULL},
		{MHD_OPTION_END, 0, NULL},
	};

	return MHD_start_daemon(flags, 0, NULL, NULL, on_access, server, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

struct server *server_start(int listener, const struct certificate *certificate, struct simulator *simulator,
			    struct pauses *pauses)
{
	struct server *server = calloc(1, sizeof(*server));

	if (!server)
		return NULL;
	*server = (struct server){.simulator = simulator, .pauses = pauses};
	server->daemon = daemon_start(server, listener, certificate);
	if (server->daemon)
		return server;
	free(server);
	return NULL;
}

void server_stop(struct server *server)
{
	if (!server)
		return;
	pauses_stop(server->pauses);
	MHD_stop_daemon(server->daemon);
	free(server);
}
