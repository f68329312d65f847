#include "daemon/core/statistics.h"

#include "daemon/base/log.h"
#include "daemon/core/bookkeeping.h"
#include "daemon/core/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR 3600
#define FLUSH_USEC SECOND
#define ROWS_MAX 512

struct statistics {
	struct core *core;
	sd_event_source *timer;
	struct stat_row rows[ROWS_MAX];
	size_t count;
};

struct flush_request {
	struct request request;
	size_t count;
	struct stat_row rows[];
};

static int run_flush(struct job *job, struct tx *tx)
{
	const struct flush_request *f = (const struct flush_request *)job;

	return bookkeeping_write(tx, f->rows, f->count);
}

static void flush_done(struct job *job, int result)
{
	if (result < 0)
		log_warning("statistics of a second are lost: %s", strerror(-result));
	request_free((struct request *)job);
}

void statistics_flush(struct statistics *s)
{
	size_t size = sizeof(struct flush_request) + s->count * sizeof(s->rows[0]);
	struct flush_request *f;

	if (s->count == 0)
		return;
	f = request_new(size, s->core, NULL, run_flush, flush_done);
	if (!f)
		return;
	f->count = s->count;
	memcpy(f->rows, s->rows, s->count * sizeof(s->rows[0]));
	s->count = 0;
	f->request.job.lazy = true;
	request_submit(&f->request);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	statistics_flush(userdata);
	return 0;
}

static struct stat_row *row_of(struct statistics *s, int64_t hour, const struct event *event, int64_t place)
{
	struct stat_row *row;

	for (size_t i = 0; i < s->count; i++) {
		row = &s->rows[i];
		if (row->place == place && row->hour == hour && strcmp(row->channel, event->channel) == 0 &&
		    strcmp(row->country, event->country) == 0)
			return row;
	}
	if (s->count == ROWS_MAX)
		statistics_flush(s);
	if (s->count == ROWS_MAX)
		return NULL;
	row = &s->rows[s->count++];
	*row = (struct stat_row){.hour = hour, .place = place};
	snprintf(row->channel, sizeof(row->channel), "%s", event->channel);
	memcpy(row->country, event->country, sizeof(row->country));
	return row;
}

void statistics_add(struct statistics *s, const struct events *events)
{
	int64_t wall = s->core->clock.wall(&s->core->clock);

	if (events->count > 0 && s->count == 0) {
		sd_event_source_set_time_relative(s->timer, FLUSH_USEC);
		sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
	}
	for (size_t i = 0; i < events->count; i++) {
		int64_t amount, place = tally_place(&events->item[i], &amount);
		struct stat_row *row = row_of(s, wall - wall % HOUR, &events->item[i], place);

		if (row)
			row->count += amount;
	}
}

int statistics_new(struct core *core, struct statistics **ret)
{
	struct statistics *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->core = core;
	r = sd_event_add_time(core->event, &s->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, s);
	if (r >= 0)
		r = sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
	if (r < 0) {
		statistics_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void statistics_free(struct statistics *s)
{
	if (!s)
		return;
	sd_event_source_disable_unref(s->timer);
	free(s);
}
