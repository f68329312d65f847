#include "daemon/core/alarms.h"

#include "daemon/core/store_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TELL_AGAIN 3600 /* seconds */

static void tell(struct reply *reply, const struct alarm_row *row)
{
	struct reply_alarm *alarm = &reply->alarm[reply->alarm_count];

	if (reply->alarm_count == REPLY_ALARMS_MAX)
		return;
	memcpy(alarm->kind, row->kind, sizeof(alarm->kind));
	memcpy(alarm->subject, row->subject, sizeof(alarm->subject));
	memcpy(alarm->text, row->text, sizeof(alarm->text));
	reply->alarm_count++;
}

int alarm_raise(const struct engine *engine, struct tx *tx, struct reply *reply, const char *kind, const char *subject,
		const char *text, ...)
{
	int64_t wall = engine->clock->wall(engine->clock);
	struct alarm_row row = {0};
	va_list args;
	int r = store_alarm_get(tx, kind, subject, &row);

	if (r < 0)
		return r;
	if (r == 0 || row.acked_at != 0) { /* a new one, or one that came back */
		row = (struct alarm_row){.first_at = wall};
		snprintf(row.kind, sizeof(row.kind), "%s", kind);
		snprintf(row.subject, sizeof(row.subject), "%s", subject);
	}
	va_start(args, text);
	vsnprintf(row.text, sizeof(row.text), text, args);
	va_end(args);
	row.count++;
	row.last_at = wall;
	if (row.told_at == 0 || wall - row.told_at >= TELL_AGAIN || wall < row.told_at) {
		row.told_at = wall;
		tell(reply, &row);
	}
	return store_alarm_put(tx, &row);
}
