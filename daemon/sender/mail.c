#include "daemon/sender/mail.h"

#include "daemon/base/log.h"
#include "daemon/sender/handle.h"
#include "daemon/sender/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ERRANDS_MAX 64
#define STACK_BYTES (512 * 1024)
#define GOODBYE_USEC 2000000 /* a mail has been answered then; who does not say goodbye in time is left without */
#define STOP_SECONDS 3       /* for threads that have been told to end, when the program stops */
#define REPLY_TAKEN 250
#define REPLY_NO_LOGIN 535

struct client {
	struct mail mail; /* first */
	sd_event *event;
	int pipe[2]; /* threads write errands into it: once with an answer, once more at their end */
	sd_event_source *io;
	struct errand *errands;
	size_t count;
};

/* One mail. The thread has it while it runs, but for call and the list, which are the loop's. */
struct errand {
	struct client *client;
	struct errand *next;
	struct http_call *call; /* NULL: answered or cancelled */
	pthread_t thread;
	CURL *easy;
	struct curl_slist *to;
	char *text;
	size_t length, offset;
	bool handed_over; /* libcurl has the last byte */
	bool answered;    /* the pipe has brought the answer */
	atomic_bool cancelled;
	pthread_mutex_t lock; /* of socket */
	int socket;           /* -1: none is open */
	sd_event_source *goodbye;
	struct http_answer answer;
};

/* Waits of libcurl's that heed no callback end with the connection. */
static void interrupt(struct errand *e)
{
	pthread_mutex_lock(&e->lock);
	atomic_store(&e->cancelled, true);
	if (e->socket >= 0)
		(void)shutdown(e->socket, SHUT_RDWR);
	pthread_mutex_unlock(&e->lock);
}

/* The thread. */

static size_t on_read(char *buffer, size_t size, size_t count, void *userdata)
{
	struct errand *e = userdata;
	size_t n = e->length - e->offset;

	n = n < size * count ? n : size * count;
	memcpy(buffer, e->text + e->offset, n);
	e->offset += n;
	e->handed_over = e->offset == e->length;
	return n;
}

static curl_socket_t on_open(void *userdata, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct errand *e = userdata;
	int fd = -1;

	(void)purpose;
	pthread_mutex_lock(&e->lock);
	if (!atomic_load(&e->cancelled)) /* else interrupt() has been here, and will not be again */
		fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	e->socket = fd;
	pthread_mutex_unlock(&e->lock);
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static int on_close(void *userdata, curl_socket_t fd)
{
	struct errand *e = userdata;
	int r;

	pthread_mutex_lock(&e->lock);
	if (e->socket == fd)
		e->socket = -1;
	r = close(fd);
	pthread_mutex_unlock(&e->lock);
	return r;
}

static int on_progress(void *userdata, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct errand *e = userdata;

	(void)a, (void)b, (void)c, (void)d;
	return atomic_load(&e->cancelled);
}

static void find_outcome(struct errand *e, CURLcode code)
{
	struct http_answer *a = &e->answer;

	*a = (struct http_answer){.outcome = HTTP_ANSWERED, .body = "", .error = ""};
	curl_easy_getinfo(e->easy, CURLINFO_RESPONSE_CODE, &a->status);
	if (code == CURLE_OK) {
		a->status = REPLY_TAKEN;
	} else if (handle_is_untrusted(code)) {
		a->outcome = HTTP_NOT_TRUSTED;
		a->error = handle_verify_error(e->easy, code);
	} else if (code == CURLE_USE_SSL_FAILED) {
		a->outcome = HTTP_NOT_TRUSTED;
		a->error = "the server does not do STARTTLS: plain text is never spoken";
	} else if (code == CURLE_LOGIN_DENIED && a->status < 400) {
		a->status = REPLY_NO_LOGIN;
	} else if (a->status < 400) {
		a->outcome = e->handed_over ? HTTP_LOST : HTTP_NOT_SENT;
		a->error = curl_easy_strerror(code);
	}
}

static void tell(struct errand *e)
{
	while (write(e->client->pipe[1], &e, sizeof(e)) < 0 && errno == EINTR)
		;
}

static void *run(void *userdata)
{
	struct errand *e = userdata;

	find_outcome(e, curl_easy_perform(e->easy));
	tell(e);
	curl_easy_cleanup(e->easy); /* says goodbye to the server, which may take a while */
	tell(e);
	return NULL;
}

/* The loop. */

static void errand_free(struct errand *e)
{
	sd_event_source_disable_unref(e->goodbye);
	pthread_mutex_destroy(&e->lock);
	curl_slist_free_all(e->to);
	memory_free(e->text);
	free(e);
}

static void errand_end(struct client *c, struct errand *e)
{
	struct errand **link = &c->errands;

	while (*link != e)
		link = &(*link)->next;
	*link = e->next;
	c->count--;
	pthread_join(e->thread, NULL);
	errand_free(e);
}

static int on_goodbye(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source, (void)usec;
	interrupt(userdata);
	return 0;
}

static void errand_answer(struct errand *e)
{
	struct http_call *call = e->call;

	e->answered = true;
	e->call = NULL;
	(void)sd_event_add_time_relative(e->client->event, &e->goodbye, CLOCK_MONOTONIC, GOODBYE_USEC, 0, on_goodbye,
					 e);
	if (!call)
		return;
	call->transfer = NULL;
	call->done(call, &e->answer); /* which may free the call */
}

static int on_told(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct client *c = userdata;
	struct errand *e;

	(void)source, (void)revents;
	while (read(fd, &e, sizeof(e)) == (ssize_t)sizeof(e)) {
		if (e->answered)
			errand_end(c, e);
		else
			errand_answer(e);
	}
	return 0;
}

static CURLcode set_callbacks(CURL *easy)
{
	CURLcode r = curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);

	if (r == CURLE_OK)
		r = curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	if (r == CURLE_OK)
		r = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	return r == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close) : r;
}

static CURLcode set_mail(struct errand *e, const struct mail_message *m)
{
	const struct {
		CURLoption option;
		const void *value;
	} values[] = {
		{CURLOPT_MAIL_FROM, m->from},
		{CURLOPT_MAIL_RCPT, e->to},
		{CURLOPT_READDATA, e},
		{CURLOPT_XFERINFODATA, e},
		{CURLOPT_OPENSOCKETDATA, e},
		{CURLOPT_CLOSESOCKETDATA, e},
		{CURLOPT_USERNAME, *m->user ? m->user : NULL},
		{CURLOPT_PASSWORD, *m->user ? m->password : NULL},
	};
	const struct {
		CURLoption option;
		long value;
	} numbers[] = {
		{CURLOPT_UPLOAD, 1},
		{CURLOPT_NOPROGRESS, 0},
		{CURLOPT_USE_SSL, CURLUSESSL_ALL},
	};
	CURLcode r = set_callbacks(e->easy);

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]) && r == CURLE_OK; i++)
		r = curl_easy_setopt(e->easy, values[i].option, values[i].value);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && r == CURLE_OK; i++)
		r = curl_easy_setopt(e->easy, numbers[i].option, numbers[i].value);
	return r;
}

static bool errand_prepare(struct errand *e, const struct mail_message *m)
{
	const struct handle_terms terms = {
		.url = m->url,
		.protocols = "smtp,smtps",
		.ca_file = m->ca_file,
		.connect_ms = HTTP_CONNECT_MS,
		.timeout_ms = m->timeout_ms,
		.connect_only = m->connect_only,
	};

	e->easy = curl_easy_init();
	e->to = curl_slist_append(NULL, m->to);
	e->length = strlen(m->text);
	e->text = memory_resize(NULL, e->length + 1);
	if (!e->easy || !e->to || !e->text)
		return false;
	memcpy(e->text, m->text, e->length + 1);
	return set_mail(e, m) == CURLE_OK && handle_set(e->easy, &terms) == CURLE_OK;
}

static int errand_start(struct errand *e)
{
	pthread_attr_t attributes;
	int r = pthread_attr_init(&attributes);

	if (r != 0)
		return -r;
	r = pthread_attr_setstacksize(&attributes, STACK_BYTES);
	if (r == 0)
		r = pthread_create(&e->thread, &attributes, run, e);
	pthread_attr_destroy(&attributes);
	return -r;
}

static void refuse(struct http_call *call, const char *error)
{
	const struct http_answer answer = {.outcome = HTTP_NOT_SENT, .body = "", .error = error};

	call->done(call, &answer);
}

static void client_start(struct mail *mail, const struct mail_message *message, struct http_call *call)
{
	struct client *c = (struct client *)mail;
	struct errand *e = c->count < ERRANDS_MAX ? calloc(1, sizeof(*e)) : NULL;

	if (!e) {
		refuse(call, c->count < ERRANDS_MAX ? "out of memory" : "too many mails at once");
		return;
	}
	*e = (struct errand){.client = c, .call = call, .lock = PTHREAD_MUTEX_INITIALIZER, .socket = -1};
	if (!errand_prepare(e, message) || errand_start(e) < 0) {
		curl_easy_cleanup(e->easy);
		errand_free(e);
		refuse(call, "out of memory");
		return;
	}
	e->next = c->errands;
	c->errands = e;
	c->count++;
	call->transfer = e;
}

static void client_cancel(struct mail *mail, struct http_call *call)
{
	struct errand *e = call->transfer;

	(void)mail;
	if (!e)
		return;
	e->call = NULL;
	call->transfer = NULL;
	interrupt(e);
}

int mail_new(sd_event *event, struct mail **ret)
{
	struct client *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	*c = (struct client){.mail = {client_start, client_cancel}, .event = sd_event_ref(event), .pipe = {-1, -1}};
	r = pipe2(c->pipe, O_CLOEXEC) < 0 ? -errno : 0;
	if (r == 0 && fcntl(c->pipe[0], F_SETFL, O_NONBLOCK) < 0)
		r = -errno;
	if (r == 0)
		r = sd_event_add_io(event, &c->io, c->pipe[0], EPOLLIN, on_told, c);
	if (r < 0) {
		mail_free(&c->mail);
		return r;
	}
	*ret = &c->mail; /* transferred */
	return 0;
}

/* Ends all threads; returns how many have not ended in time. These keep what they use. */
static size_t stop_all(struct client *c)
{
	struct timespec until;
	size_t stuck = 0;

	for (struct errand *e = c->errands; e; e = e->next)
		interrupt(e);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STOP_SECONDS;
	while (c->errands) {
		struct errand *e = c->errands;

		c->errands = e->next;
		sd_event_source_disable_unref(e->goodbye);
		e->goodbye = NULL;
		if (pthread_clockjoin_np(e->thread, NULL, CLOCK_MONOTONIC, &until) == 0)
			errand_free(e);
		else
			stuck++;
	}
	return stuck;
}

void mail_free(struct mail *mail)
{
	struct client *c = (struct client *)mail;
	size_t stuck;

	if (!c)
		return;
	stuck = stop_all(c);
	sd_event_source_disable_unref(c->io);
	if (stuck > 0) {
		log_warning("mails that are stuck in their connections: %zu; they end with the process", stuck);
		return; /* their threads use the client */
	}
	for (size_t i = 0; i < 2; i++)
		if (c->pipe[i] >= 0)
			close(c->pipe[i]);
	sd_event_unref(c->event);
	free(c);
}

/* URLs. */

static bool has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

const char *mail_url_error(const char *text)
{
	static const char what[] = "is no URL like smtp://host:587 or smtps://host:465";
	size_t scheme = strncmp(text, "smtp://", 7) == 0 ? 7 : strncmp(text, "smtps://", 8) == 0 ? 8 : 0;
	size_t end = scheme + strcspn(text + scheme, "/?#");
	CURLU *url = curl_url();
	bool ok = url && scheme > 0 && text[scheme] != '\0' && strcmp(text + end, "") == 0 &&
		  curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) == CURLUE_OK &&
		  has_part(url, CURLUPART_HOST);

	curl_url_cleanup(url);
	return ok ? NULL : what;
}
