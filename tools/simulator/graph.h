/*
 * POST /vNN.N/{phone number id}/messages of the WhatsApp Cloud API, as Meta answers it, and stricter: an authentication
 * template with a copy-code button is all it takes, and what Meta tolerates or leaves open (unknown keys, a callback
 * used twice or holding the code, a token in the URL) is an error here. The rest of the API is in manage.h.
 */
#pragma once

#include "tools/simulator/answer.h"
#include "tools/simulator/request.h"
#include "tools/simulator/simulator.h"

bool graph_matches(const char *path);
void graph_answer(struct simulator *simulator, const struct request *request, struct answer *answer);
