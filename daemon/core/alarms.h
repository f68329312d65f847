/* Alarms: what an admin must hear of. Each is kept until somebody acknowledges it, and told at most once an hour. */
#pragma once

#include "daemon/core/dialogue.h"

/*
 * Raises an alarm about a subject (a channel, a user …); what is told goes into the reply. kind: log_ids.h.
 */
int alarm_raise(const struct engine *engine, struct tx *tx, struct reply *reply, const char *kind, const char *subject,
		const char *text, ...) __attribute__((format(printf, 6, 7)));
