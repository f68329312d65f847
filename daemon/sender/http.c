#include "daemon/sender/http.h"

#include "daemon/sender/handle.h"
#include "daemon/sender/memory.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>

/* Sockets that may be open to one provider, and that are kept for later. */
#define CONNECTIONS_MAX 32L
#define HANDLES_KEPT 64 /* a new handle for each message costs as much as the rest of our side */

struct client {
	struct http http; /* first */
	sd_event *event;
	CURLM *multi;
	sd_event_source *timer, *soon;
	uint64_t due;             /* when libcurl wants to be called, CLOCK_MONOTONIC; UINT64_MAX: never */
	uint64_t armed;           /* when the timer will fire: not later */
	CURL *kept[HANDLES_KEPT]; /* reset: nothing of an earlier message is in them */
	size_t kept_count;
};

struct transfer {
	struct client *client;
	struct http_call *call;
	CURL *easy;
	struct curl_slist *headers;
	char *body;
	size_t length, header_length;
	bool too_long;
};

/* The transfer. */

static CURL *take_handle(struct client *c)
{
	return c->kept_count > 0 ? c->kept[--c->kept_count] : curl_easy_init();
}

static void give_handle(struct client *c, CURL *easy)
{
	if (c->kept_count == HANDLES_KEPT) {
		curl_easy_cleanup(easy);
		return;
	}
	curl_easy_reset(easy);
	c->kept[c->kept_count++] = easy;
}

static void transfer_free(struct transfer *t)
{
	if (t->easy) {
		curl_multi_remove_handle(t->client->multi, t->easy);
		give_handle(t->client, t->easy);
	}
	curl_slist_free_all(t->headers);
	memory_free(t->body);
	free(t);
}

static size_t on_body(char *data, size_t size, size_t count, void *userdata)
{
	struct transfer *t = userdata;
	size_t n = size * count;
	char *body;

	t->too_long = n > HTTP_ANSWER_MAX - t->length;
	if (t->too_long)
		return 0;
	body = memory_resize(t->body, t->length + n + 1);
	if (!body)
		return 0;
	memcpy(body + t->length, data, n);
	t->body = body;
	t->length += n;
	body[t->length] = '\0';
	return n;
}

static size_t on_header(char *data, size_t size, size_t count, void *userdata)
{
	struct transfer *t = userdata;

	(void)data;
	t->header_length += size * count;
	t->too_long = t->header_length > HTTP_ANSWER_MAX;
	return t->too_long ? 0 : size * count;
}

static bool request_left(CURL *easy)
{
	long bytes = 0;

	curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes);
	return bytes > 0;
}

/* libcurl repeats a request by itself when a kept connection breaks before the answer. A message is not repeated. */
static int before_request(void *userdata, char *remote, char *local, int remote_port, int local_port)
{
	struct transfer *t = userdata;

	(void)remote, (void)local, (void)remote_port, (void)local_port;
	return request_left(t->easy) ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static void transfer_outcome(const struct transfer *t, CURLcode code, struct http_answer *answer)
{
	bool refused = handle_is_untrusted(code);

	if (code == CURLE_OK) {
		answer->outcome = HTTP_ANSWERED;
		answer->error = "";
	} else if (request_left(t->easy)) {
		answer->outcome = HTTP_LOST;
		answer->error = t->too_long || code == CURLE_FILESIZE_EXCEEDED ? "the answer is too long"
									       : curl_easy_strerror(code);
	} else {
		answer->outcome = refused ? HTTP_NOT_TRUSTED : HTTP_NOT_SENT;
		answer->error = refused ? handle_verify_error(t->easy, code) : curl_easy_strerror(code);
	}
}

static void transfer_finish(struct transfer *t, CURLcode code)
{
	struct http_answer answer = {.body = t->body ? t->body : "", .length = t->length};
	struct http_call *call = t->call;
	curl_off_t retry_after = 0;

	transfer_outcome(t, code, &answer);
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &answer.status);
	if (curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK)
		answer.retry_after = retry_after;
	curl_multi_remove_handle(t->client->multi, t->easy);
	call->transfer = NULL;
	call->done(call, &answer); /* which may free the call */
	transfer_free(t);
}

static void set_callbacks(struct transfer *t)
{
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, before_request);
	curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
}

static CURLcode set_body(CURL *easy, const char *body)
{
	CURLcode r;

	if (!body)
		return CURLE_OK;
	r = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
	return r == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, body) : r;
}

/*
 * Over TLS a request waits for a handshake under way: it may yield an HTTP/2 connection for all. In clear nobody can
 * know before the first answer, and one request that hangs would hold up the others.
 */
static CURLcode set_version(CURL *easy, const char *url)
{
	bool tls = strncasecmp(url, "https://", 8) == 0;
	CURLcode r = curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
				      (long)(tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));

	return r == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_PIPEWAIT, tls ? 1L : 0L) : r;
}

static CURLcode set_options(struct transfer *t, const struct http_request *request)
{
	const struct handle_terms terms = {
		.url = request->url,
		.protocols = "https,http",
		.ca_file = request->ca_file,
		.connect_ms = HTTP_CONNECT_MS,
		.timeout_ms = request->timeout_ms,
		.connect_only = request->connect_only,
	};
	const struct {
		CURLoption option;
		const void *value;
	} texts[] = {
		{CURLOPT_CUSTOMREQUEST, request->method}, /* behind the body, which makes it a POST */
		{CURLOPT_HTTPHEADER, t->headers},
		{CURLOPT_USERAGENT, HTTP_USER_AGENT},
	};
	CURLcode r = set_body(t->easy, request->body);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && r == CURLE_OK; i++)
		r = curl_easy_setopt(t->easy, texts[i].option, texts[i].value);
	if (r == CURLE_OK)
		r = curl_easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, 0L);
	if (r == CURLE_OK)
		r = curl_easy_setopt(t->easy, CURLOPT_MAXFILESIZE, (long)HTTP_ANSWER_MAX);
	if (r == CURLE_OK)
		r = set_version(t->easy, request->url);
	return r == CURLE_OK ? handle_set(t->easy, &terms) : r;
}

static bool set_headers(struct transfer *t, const char *const *headers)
{
	for (; headers && *headers; headers++) {
		struct curl_slist *list = curl_slist_append(t->headers, *headers);

		if (!list)
			return false;
		t->headers = list;
	}
	return true;
}

static void client_start(struct http *http, const struct http_request *request, struct http_call *call)
{
	static const struct http_answer no_memory = {.outcome = HTTP_NOT_SENT, .body = "", .error = "out of memory"};
	struct client *c = (struct client *)http;
	struct transfer *t = calloc(1, sizeof(*t));

	if (t) {
		*t = (struct transfer){.client = c, .call = call, .easy = take_handle(c)};
		if (t->easy)
			set_callbacks(t);
		if (t->easy && set_headers(t, request->headers) && set_options(t, request) == CURLE_OK &&
		    curl_multi_add_handle(c->multi, t->easy) == CURLM_OK) {
			call->transfer = t;
			return;
		}
		transfer_free(t);
	}
	call->done(call, &no_memory);
}

static void client_cancel(struct http *http, struct http_call *call)
{
	(void)http;
	if (call->transfer)
		transfer_free(call->transfer);
	call->transfer = NULL;
}

/* The event loop's side: libcurl says which sockets and which timer, and is told what happened there. */

static void client_collect(struct client *c)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(c->multi, &left))) {
		CURLcode code = message->data.result;
		struct transfer *t = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		transfer_finish(t, code);
	}
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct client *c = userdata;
	int action = 0, running;

	(void)source;
	if (revents & EPOLLIN)
		action |= CURL_CSELECT_IN;
	if (revents & EPOLLOUT)
		action |= CURL_CSELECT_OUT;
	if (revents & (EPOLLERR | EPOLLHUP))
		action |= CURL_CSELECT_ERR;
	curl_multi_socket_action(c->multi, fd, action, &running);
	client_collect(c);
	return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *userdata, void *source)
{
	struct client *c = userdata;
	sd_event_source *io = source;
	uint32_t events = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		sd_event_source_disable_unref(io);
		return 0;
	}
	if (io)
		return sd_event_source_set_io_events(io, events) < 0 ? -1 : 0;
	if (sd_event_add_io(c->event, &io, fd, events, on_io, c) < 0)
		return -1;
	curl_multi_assign(c->multi, fd, io);
	return 0;
}

static void client_timeout(struct client *c)
{
	int running;

	c->due = UINT64_MAX;
	curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	client_collect(c);
}

static int on_soon(sd_event_source *source, void *userdata)
{
	(void)source;
	client_timeout(userdata);
	return 0;
}

/* libcurl moves its timeout several times a request, mostly away. The timer then fires early and is moved only then:
 * setting it costs more than all else that the loop does for a request. */
static void arm(struct client *c)
{
	if (c->due >= c->armed)
		return;
	c->armed = c->due;
	sd_event_source_set_time(c->timer, c->due);
	sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct client *c = userdata;
	uint64_t now = usec;

	(void)source;
	c->armed = UINT64_MAX;
	sd_event_now(c->event, CLOCK_MONOTONIC, &now);
	if (c->due <= now)
		client_timeout(c);
	arm(c);
	return 0;
}

static int on_timeout(CURLM *multi, long timeout_ms, void *userdata)
{
	struct client *c = userdata;
	uint64_t now;

	(void)multi;
	if (timeout_ms == 0)
		return sd_event_source_set_enabled(c->soon, SD_EVENT_ONESHOT) < 0 ? -1 : 0;
	if (timeout_ms < 0) {
		c->due = UINT64_MAX;
		return 0;
	}
	if (sd_event_now(c->event, CLOCK_MONOTONIC, &now) < 0)
		return -1;
	c->due = now + (uint64_t)timeout_ms * 1000;
	arm(c);
	return 0;
}

static int client_setup(struct client *c)
{
	int r = sd_event_add_time(c->event, &c->timer, CLOCK_MONOTONIC, 0, 1, on_timer, c);

	if (r >= 0)
		r = sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(c->event, &c->soon, on_soon, c);
	if (r >= 0)
		r = sd_event_source_set_enabled(c->soon, SD_EVENT_OFF);
	if (r < 0)
		return r;
	c->due = c->armed = UINT64_MAX;
	c->multi = curl_multi_init();
	if (!c->multi)
		return -ENOMEM;
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_MAX_HOST_CONNECTIONS, CONNECTIONS_MAX);
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_MAX);
	return 0;
}

int http_new(sd_event *event, struct http **ret)
{
	struct client *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	*c = (struct client){.http = {.start = client_start, .cancel = client_cancel}, .event = sd_event_ref(event)};
	r = client_setup(c);
	if (r < 0) {
		http_free(&c->http);
		return r;
	}
	*ret = &c->http; /* transferred */
	return 0;
}

void http_free(struct http *http)
{
	struct client *c = (struct client *)http;

	if (!c)
		return;
	while (c->kept_count > 0)
		curl_easy_cleanup(c->kept[--c->kept_count]);
	curl_multi_cleanup(c->multi);
	sd_event_source_disable_unref(c->timer);
	sd_event_source_disable_unref(c->soon);
	sd_event_unref(c->event);
	free(c);
}

/* URLs. */

static bool is_loopback(const char *host)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
	return strcmp(host, "[::1]") == 0 || strcasecmp(host, "localhost") == 0;
}

static bool url_part(CURLU *url, CURLUPart part, char **ret)
{
	return curl_url_get(url, part, ret, 0) == CURLUE_OK;
}

static const char *url_error(CURLU *url, const char *text)
{
	char *scheme = NULL, *host = NULL;
	const char *error = NULL;

	if (curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) != CURLUE_OK ||
	    !url_part(url, CURLUPART_SCHEME, &scheme) || !url_part(url, CURLUPART_HOST, &host))
		error = "is no URL like https://host/path without user name";
	else if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		error = "must begin with https://";
	else if (strcmp(scheme, "http") == 0 && !is_loopback(host))
		error = "must begin with https://: plain http:// is for loopback addresses only";
	curl_free(scheme);
	curl_free(host);
	return error;
}

/* libcurl takes one to three slashes: what looks like a path would be a host. */
static bool has_two_slashes(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon && strncmp(colon, "://", 3) == 0 && colon[3] != '/';
}

const char *http_url_error(const char *text)
{
	CURLU *url = curl_url();
	const char *error = url ? url_error(url, text) : "out of memory";

	curl_url_cleanup(url);
	return error || has_two_slashes(text) ? error : "is no URL like https://host/path";
}
