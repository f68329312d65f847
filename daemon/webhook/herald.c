#include "daemon/webhook/herald.h"

#include "daemon/base/line.h"
#include "daemon/base/log.h"

#include <errno.h>
#include <stdlib.h>

struct herald {
	struct line *line;
	size_t limit; /* messages */
};

/* The core has nothing to say here but that it goes. */
static const struct line_ops ops = {0};

int herald_take(struct herald *h, struct batch *batch, bool may_wait)
{
	size_t waiting = line_waiting(h->line);

	if (batch->count == 0) {
		batch_free(batch);
		return 0;
	}
	if (waiting > 0 && waiting + batch->count > h->limit)
		return -EAGAIN;
	if (!may_wait && (waiting > 0 || !line_is_connected(h->line)))
		return -EAGAIN;
	line_take(h->line, batch);
	return 0;
}

int herald_use(struct herald *h, const char *path, size_t limit)
{
	int r = line_use(h->line, path);

	if (r == 0)
		h->limit = limit;
	return r;
}

int herald_new(sd_event *event, const char *path, size_t limit, struct herald **ret)
{
	struct herald *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	h->limit = limit;
	r = line_new(event, path, &ops, h, &h->line);
	if (r < 0) {
		free(h);
		return r;
	}
	*ret = h; /* transferred */
	return 0;
}

void herald_free(struct herald *h)
{
	if (!h)
		return;
	if (line_waiting(h->line) > 0)
		log_warning("%zu messages that waited for the core are lost", line_waiting(h->line));
	line_free(h->line);
	free(h);
}

bool herald_is_connected(const struct herald *h)
{
	return line_is_connected(h->line);
}

size_t herald_waiting(const struct herald *h)
{
	return line_waiting(h->line);
}
