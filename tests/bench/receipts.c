/*
 * receipts PORT SECRET-FILE CONNECTIONS BATCH RATE FILE: plays Meta towards a webhook on 127.0.0.1. For each delivery
 * in FILE, a line with its id, it says that the message was delivered, and the same of a message that nobody knows.
 * BATCH statuses go in one signed post, over connections that are kept; RATE posts a second, 0: the next when one is
 * answered. What gets a 503 is posted again. JSON with when it began (CLOCK_MONOTONIC) and how long answers took.
 */
#include "tests/bench/people.h"
#include "tests/bench/stopwatch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 64
#define STATUS_MAX 640
#define HEAD_MAX 512
#define ANSWER_MAX 4096
#define RETRY_NS 100000000
#define PATIENCE_NS 30000000000
#define UNKNOWN "wamid.HBgLOTY2NTB%08zuVAgARGBI%08zu"

struct request {
	char *data;
	size_t length;
};

struct list {
	char **ids;
	size_t count;
};

struct connection {
	int fd;
	const struct request *request; /* NULL: idle */
	size_t sent, received;
	int64_t since; /* the time of its answer begins here */
	int64_t again; /* after a 503: not before */
	char answer[ANSWER_MAX];
};

struct meta {
	struct request *requests;
	size_t count, next, answered, busy;
	double rate;
	int64_t began, heard;
	struct connection connections[CONNECTIONS_MAX];
	size_t width;
	struct samples times;
};

/* What is posted. */

static struct list read_list(const char *path)
{
	FILE *file = fopen(path, "r");
	struct list list = {0};
	size_t room = 0;
	char line[128];

	if (!file)
		give_up(errno, "%s", path);
	while (fscanf(file, "%127s", line) == 1) {
		if (list.count == room) {
			room = room ? 2 * room : 1024;
			list.ids = realloc(list.ids, room * sizeof(*list.ids));
			if (!list.ids)
				give_up(errno, "%s", path);
		}
		list.ids[list.count++] = strdup(line);
	}
	fclose(file);
	return list;
}

/* The n-th of twice as many statuses as there are deliveries: one of ours, one of somebody's. */
static size_t write_status(char *text, const struct list *list, size_t n)
{
	char message[128], ours[160] = "", phone[WIRE_PHONE_MAX];

	people_phone(n / 2, phone);
	if (n % 2 == 0) {
		snprintf(message, sizeof(message), "wamid.%s", list->ids[n / 2]);
		snprintf(ours, sizeof(ours), ",\"biz_opaque_callback_data\":\"%s\"", list->ids[n / 2]);
	} else {
		snprintf(message, sizeof(message), UNKNOWN, n, n * 7919 % 99999989);
	}
	return (size_t)snprintf(
		text, STATUS_MAX,
		"%s{\"id\":\"%s\",\"status\":\"delivered\",\"timestamp\":\"%lld\",\"recipient_id\":\"%s\","
		"\"conversation\":{\"id\":\"CONVERSATION%zu\",\"origin\":{\"type\":\"authentication\"}},"
		"\"pricing\":{\"billable\":true,\"pricing_model\":\"PMP\",\"category\":\"authentication\","
		"\"type\":\"regular\"}%s}",
		text[-1] == '[' ? "" : ",", message, (long long)time(NULL), phone + 1, n, ours);
}

static size_t write_body(char *text, const struct list *list, size_t first, size_t end)
{
	char *at = text;

	at += sprintf(at,
		      "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"102290129340398\",\"changes\":"
		      "[{\"value\":{\"messaging_product\":\"whatsapp\",\"metadata\":{\"display_phone_number\":"
		      "\"15550783881\",\"phone_number_id\":\"106540352242922\"},\"statuses\":[");
	for (size_t n = first; n < end; n++)
		at += write_status(at, list, n);
	at += sprintf(at, "]},\"field\":\"messages\"}]}]}");
	return (size_t)(at - text);
}

static void sign(const char *secret, const char *body, size_t length, char hex[static 65])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	if (!HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)body, length, digest, &size))
		give_up(0, "HMAC");
	for (unsigned i = 0; i < size; i++)
		sprintf(hex + (size_t)2 * i, "%02x", digest[i]);
}

static struct request make_request(const char *secret, const struct list *list, size_t first, size_t end)
{
	size_t room = HEAD_MAX + (end - first + 1) * STATUS_MAX, length, head;
	char *body = malloc(room), *data = malloc(room + HEAD_MAX), hex[65];

	if (!body || !data)
		give_up(errno, "a request");
	length = write_body(body, list, first, end);
	sign(secret, body, length, hex);
	head = (size_t)sprintf(data,
			       "POST /meta HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: facebookexternalua\r\n"
			       "Content-Type: application/json\r\nX-Hub-Signature-256: sha256=%s\r\nContent-Length: "
			       "%zu\r\n\r\n",
			       hex, length);
	memcpy(data + head, body, length);
	free(body);
	return (struct request){data, head + length};
}

static void make_requests(struct meta *meta, const char *secret_file, const struct list *list, size_t batch)
{
	size_t statuses = 2 * list->count;
	FILE *file = fopen(secret_file, "r");
	char secret[128];

	if (!file || fscanf(file, "%127s", secret) != 1)
		give_up(errno, "%s", secret_file);
	fclose(file);
	meta->count = (statuses + batch - 1) / batch;
	meta->requests = calloc(meta->count + 1, sizeof(*meta->requests));
	if (!meta->requests)
		give_up(errno, "requests");
	for (size_t i = 0; i < meta->count; i++)
		meta->requests[i] =
			make_request(secret, list, i * batch, (i + 1) * batch < statuses ? (i + 1) * batch : statuses);
}

/* How it is posted. */

static void open_connection(struct connection *c, in_port_t port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons(port)};
	int on = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		give_up(errno, "127.0.0.1:%u", port);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void send_more(struct connection *c)
{
	ssize_t n = send(c->fd, c->request->data + c->sent, c->request->length - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN)
		give_up(errno, "the webhook");
	if (n > 0)
		c->sent += (size_t)n;
}

static void begin(struct connection *c, const struct request *request, int64_t since)
{
	c->request = request;
	c->sent = c->received = 0;
	c->since = since;
	c->again = 0;
	send_more(c);
}

/* The status of an answer that is complete, else 0. */
static int status_of(const char *answer)
{
	const char *length = strcasestr(answer, "\r\nContent-Length:"), *end = strstr(answer, "\r\n\r\n");

	if (!length || !end || strlen(end + 4) < strtoul(length + 17, NULL, 10))
		return 0;
	return atoi(answer + strlen("HTTP/1.1 "));
}

static void take_answer(struct meta *meta, struct connection *c)
{
	int64_t now = stopwatch_now();
	int status = status_of(c->answer);

	if (status == 0)
		return;
	samples_add(&meta->times, (double)(now - c->since) / 1e6);
	meta->heard = now;
	if (status == 503) {
		meta->busy++;
		c->again = now + RETRY_NS;
		return;
	}
	if (status != 200)
		give_up(0, "answered with %d", status);
	c->request = NULL;
	meta->answered++;
}

static void receive(struct meta *meta, struct connection *c)
{
	ssize_t n = recv(c->fd, c->answer + c->received, sizeof(c->answer) - 1 - c->received, MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		give_up(n < 0 ? errno : ECONNRESET, "the webhook");
	if (n < 0)
		return;
	c->received += (size_t)n;
	c->answer[c->received] = '\0';
	take_answer(meta, c);
}

/* When the next request is due; without a rate it is always. */
static int64_t due(const struct meta *meta, int64_t now)
{
	return meta->rate > 0 ? meta->began + (int64_t)((double)meta->next * 1e9 / meta->rate) : now;
}

/* Gives requests to those that have none; nanoseconds until there is more to give. */
static int64_t give(struct meta *meta)
{
	int64_t now = stopwatch_now(), wait = RETRY_NS;

	for (size_t i = 0; i < meta->width; i++) {
		struct connection *c = &meta->connections[i];

		if (c->again && c->again <= now)
			begin(c, c->request, now);
		if (!c->request && meta->next < meta->count && due(meta, now) <= now) {
			begin(c, &meta->requests[meta->next], due(meta, now));
			meta->next++;
		}
	}
	if (meta->next < meta->count && due(meta, now) - now < wait)
		wait = due(meta, now) - now;
	return wait > 0 ? wait : RETRY_NS;
}

static void run(struct meta *meta)
{
	struct pollfd fds[CONNECTIONS_MAX];

	meta->began = meta->heard = stopwatch_now();
	while (meta->answered < meta->count) {
		int64_t wait = give(meta);
		const struct timespec timeout = {.tv_sec = wait / 1000000000, .tv_nsec = wait % 1000000000};

		for (size_t i = 0; i < meta->width; i++) {
			const struct connection *c = &meta->connections[i];
			bool writes = c->request && !c->again && c->sent < c->request->length;

			fds[i] = (struct pollfd){.fd = c->fd, .events = writes ? POLLIN | POLLOUT : POLLIN};
		}
		ppoll(fds, meta->width, &timeout, NULL);
		for (size_t i = 0; i < meta->width; i++) {
			if (fds[i].revents & POLLOUT)
				send_more(&meta->connections[i]);
			if (fds[i].revents & (POLLIN | POLLHUP | POLLERR))
				receive(meta, &meta->connections[i]);
		}
		if (stopwatch_now() - meta->heard > PATIENCE_NS)
			give_up(ETIMEDOUT, "the webhook does not answer");
	}
}

int main(int argc, char **argv)
{
	static struct meta meta;
	struct list list;

	if (argc != 7 || strtoul(argv[3], NULL, 10) > CONNECTIONS_MAX || strtoul(argv[4], NULL, 10) == 0) {
		fprintf(stderr, "usage: receipts PORT SECRET-FILE CONNECTIONS BATCH RATE FILE\n");
		return 2;
	}
	meta.width = strtoul(argv[3], NULL, 10);
	meta.rate = atof(argv[5]);
	list = read_list(argv[6]);
	make_requests(&meta, argv[2], &list, strtoul(argv[4], NULL, 10));
	for (size_t i = 0; i < meta.width; i++)
		open_connection(&meta.connections[i], (in_port_t)atoi(argv[1]));
	run(&meta);
	printf("{\"began_ns\": %lld, \"seconds\": %.6f, \"posts\": %zu, \"statuses\": %zu, \"busy\": %zu, "
	       "\"answer_p50_ms\": %.3f, \"answer_p99_ms\": %.3f, \"answer_most_ms\": %.3f}\n",
	       (long long)meta.began, (double)(meta.heard - meta.began) / 1e9, meta.count, 2 * list.count, meta.busy,
	       samples_at(&meta.times, 0.5), samples_at(&meta.times, 0.99), samples_at(&meta.times, 1));
	return 0;
}
