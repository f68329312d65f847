/* Doubts about who holds a number: its user is locked for a while, or suspended until the number is verified again. */
#pragma once

#include "daemon/core/dialogue.h"

/* Somebody else knows the first factor: no login as the user for limits { not_requested_lock }. */
int distrust_caller(const struct engine *engine, struct tx *tx, struct enrolment *enrolment, struct reply *reply);

/* Somebody else may hold the number: nothing goes there until it is verified. kind: "identity" or "number-changed". */
int distrust_number(const struct engine *engine, struct tx *tx, const char *user, const char *kind,
		    struct reply *reply);
