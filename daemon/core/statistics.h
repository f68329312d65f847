/* Counts what happened, in memory for a moment and then in the database: a decision does not wait for it. */
#pragma once

#include "daemon/core/core.h"
#include "daemon/core/tally.h"

struct statistics;

int statistics_new(struct core *core, struct statistics **ret);
void statistics_free(struct statistics *statistics);

void statistics_add(struct statistics *statistics, const struct events *events);
/* What is still in memory goes to the database: before the worker ends. */
void statistics_flush(struct statistics *statistics);
