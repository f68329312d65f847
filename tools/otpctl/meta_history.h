/* receipts = poll: whether an account may ask what became of a message. */
#pragma once

#include "tools/otpctl/graph.h"

enum meta_history { META_HISTORY_ALLOWED, META_HISTORY_FORBIDDEN, META_HISTORY_UNKNOWN };

/* Asks about a message that there never was. answer->why says why not, or why that could not be found out. */
enum meta_history meta_history_try(struct graph *graph, const char *number_id, struct graph_answer *answer);
