#include "daemon/core/connection.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS ((uint32_t)(EPOLLIN | EPOLLRDHUP))

struct datagram {
	struct datagram *next;
	size_t length;
	char data[];
};

static void drop_output(struct connection *c)
{
	while (c->out) {
		struct datagram *first = c->out;

		c->out = first->next;
		OPENSSL_cleanse(first->data, first->length);
		free(first);
	}
	c->out_last = &c->out;
}

/* What is waited for: words unless they are held, and room while something waits for it. */
static int watch(struct connection *c)
{
	uint32_t in = c->held ? (uint32_t)EPOLLRDHUP : EVENTS;

	return sd_event_source_set_io_events(c->io, in | (c->out ? (uint32_t)EPOLLOUT : 0U));
}

static void flush(struct connection *c)
{
	while (c->out) {
		struct datagram *first = c->out;

		if (send(c->fd, first->data, first->length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
			if (errno != EAGAIN && errno != EINTR)
				connection_close(c);
			return;
		}
		c->out = first->next;
		OPENSSL_cleanse(first->data, first->length);
		free(first);
	}
	c->out_last = &c->out;
	watch(c);
	if (c->ops->drained)
		c->ops->drained(c);
}

static void receive(struct connection *c)
{
	char data[WIRE_DATAGRAM_MAX];
	ssize_t n = recv(c->fd, data, sizeof(data), MSG_DONTWAIT | MSG_TRUNC);

	if (n > 0 && n <= (ssize_t)sizeof(data))
		c->ops->received(c, data, (size_t)n);
	else if (n >= 0 || (errno != EAGAIN && errno != EINTR))
		connection_close(c); /* the end, a broken socket, or more than any message holds */
	OPENSSL_cleanse(data, sizeof(data));
}

static void handle(struct connection *c, uint32_t events)
{
	bool gone = events & (EPOLLHUP | EPOLLRDHUP | EPOLLERR);

	connection_ref(c);
	if (gone && (c->ops->drop_on_hangup || !(events & EPOLLIN)))
		connection_close(c);
	if (c->fd >= 0 && events & EPOLLIN)
		receive(c);
	if (c->fd >= 0 && events & EPOLLOUT)
		flush(c);
	connection_unref(c);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	(void)source;
	(void)fd;
	handle(userdata, events);
	return 0;
}

static void list_add(struct connection_list *list, struct connection *c)
{
	c->list = list;
	c->next = list->first;
	if (c->next)
		c->next->previous = c;
	list->first = c;
	list->count++;
}

static void list_remove(struct connection_list *list, struct connection *c)
{
	if (c->previous)
		c->previous->next = c->next;
	else
		list->first = c->next;
	if (c->next)
		c->next->previous = c->previous;
	list->count--;
}

int connection_new(struct core *core, sd_event *event, struct connection_list *list, int fd,
		   const struct connection_ops *ops, struct connection **ret)
{
	struct connection *c = calloc(1, sizeof(*c));
	int r = -ENOMEM;

	if (c) {
		*c = (struct connection){.ops = ops, .core = core, .fd = fd, .references = 1};
		c->out_last = &c->out;
		r = peer_of(fd, &c->peer);
		if (r == 0)
			r = sd_event_add_io(event, &c->io, fd, EVENTS, on_io, c);
	}
	if (r < 0) {
		close(fd);
		free(c);
		return r;
	}
	list_add(list, c);
	*ret = c;
	return 0;
}

struct connection *connection_ref(struct connection *c)
{
	c->references++;
	return c;
}

void connection_unref(struct connection *c)
{
	if (!c || --c->references > 0)
		return;
	free(c);
}

void connection_listen(struct connection *c)
{
	/* poll(2), not recv(2): who has gone while the core hung has left a request that must not be decided. */
	struct pollfd p = {.fd = c->fd, .events = POLLIN | POLLRDHUP};

	_Static_assert(POLLIN == EPOLLIN && POLLRDHUP == EPOLLRDHUP && POLLHUP == EPOLLHUP && POLLERR == EPOLLERR,
		       "poll's events are epoll's");
	if (poll(&p, 1, 0) > 0)
		handle(c, (uint32_t)(unsigned short)p.revents);
}

void connection_close(struct connection *c)
{
	if (c->fd < 0)
		return;
	c->io = sd_event_source_disable_unref(c->io);
	close(c->fd);
	c->fd = -1;
	drop_output(c);
	c->ops->closed(c);
	list_remove(c->list, c);
	connection_unref(c); /* the list's */
}

static int queue(struct connection *c, const char *data, size_t length)
{
	struct datagram *datagram = malloc(sizeof(*datagram) + length);

	if (!datagram)
		return -ENOMEM;
	*datagram = (struct datagram){.length = length};
	memcpy(datagram->data, data, length);
	*c->out_last = datagram;
	c->out_last = &datagram->next;
	return watch(c);
}

int connection_send(struct connection *c, const struct wire_message *message, const void *in)
{
	char data[WIRE_DATAGRAM_MAX];
	ssize_t length;
	int r = 0;

	if (c->fd < 0)
		return -EPIPE;
	length = wire_encode(message, in, data, sizeof(data));
	if (length < 0)
		r = (int)length;
	else if (c->out)
		r = queue(c, data, (size_t)length);
	else if (send(c->fd, data, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		r = errno == EAGAIN ? queue(c, data, (size_t)length) : -errno;
	OPENSSL_cleanse(data, sizeof(data));
	if (r < 0)
		connection_close(c);
	return r < 0 ? r : 0;
}

void connection_hold(struct connection *c, bool hold)
{
	if (c->fd < 0 || c->held == hold)
		return;
	c->held = hold;
	watch(c);
}

bool connection_is_full(const struct connection *c)
{
	return c->out != NULL;
}
