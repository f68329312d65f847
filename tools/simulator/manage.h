/*
 * The rest of the Graph API: what became of a message (message_history), the number (fields, register, PIN, codes), the
 * account, its templates and webhooks, and debug_token. Stricter than Meta: what is not known is an error, and the
 * token stands in the header.
 */
#pragma once

#include "tools/simulator/answer.h"
#include "tools/simulator/request.h"
#include "tools/simulator/simulator.h"

bool manage_matches(const char *path);
void manage_answer(struct simulator *simulator, const struct request *request, struct answer *answer);
