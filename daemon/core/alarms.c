#include "daemon/core/alarms.h"

#include "daemon/core/store_report.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define TELL_AGAIN 3600  /* seconds */
#define SUBJECTS_MAX 100 /* of a kind */

/* False: there is no room, so it is told the next time. */
static bool tell(struct reply *reply, const struct alarm_row *row)
{
	struct reply_alarm *alarm = &reply->alarm[reply->alarm_count];

	if (reply->alarm_count == REPLY_ALARMS_MAX)
		return false;
	memcpy(alarm->kind, row->kind, sizeof(alarm->kind));
	memcpy(alarm->subject, row->subject, sizeof(alarm->subject));
	memcpy(alarm->text, row->text, sizeof(alarm->text));
	reply->alarm_count++;
	return true;
}

/* The row of an alarm as it is, or a new one; of a kind that has very many, one for all the others. */
static int find_row(struct tx *tx, const char *kind, const char *subject, int64_t wall, struct alarm_row *row)
{
	int64_t count;
	int r = store_alarm_get(tx, kind, subject, row);

	if (r == 0) {
		r = store_alarm_count(tx, kind, &count);
		if (r >= 0 && count >= SUBJECTS_MAX) {
			subject = "and others";
			r = store_alarm_get(tx, kind, subject, row);
		} else if (r >= 0) {
			r = 0;
		}
	}
	if (r < 0 || (r > 0 && row->acked_at == 0))
		return r;
	*row = (struct alarm_row){.first_at = wall}; /* a new one, or one that came back */
	snprintf(row->kind, sizeof(row->kind), "%s", kind);
	snprintf(row->subject, sizeof(row->subject), "%s", subject);
	return 0;
}

int alarm_raise(const struct engine *engine, struct tx *tx, struct reply *reply, const char *kind, const char *subject,
		const char *text, ...)
{
	int64_t wall = engine->clock->wall(engine->clock);
	struct alarm_row row = {0};
	va_list args;
	int r = find_row(tx, kind, subject, wall, &row);

	if (r < 0)
		return r;
	va_start(args, text);
	vsnprintf(row.text, sizeof(row.text), text, args);
	va_end(args);
	row.count++;
	row.last_at = wall;
	if ((row.told_at == 0 || wall - row.told_at >= TELL_AGAIN || wall < row.told_at) && tell(reply, &row))
		row.told_at = wall;
	return store_alarm_put(tx, &row);
}
