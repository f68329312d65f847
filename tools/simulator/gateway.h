/*
 * POST /sms: a gateway as many sell it. Header X-Key; a form or a JSON object with to (E.164 with +), text, and id if
 * the client likes. Answers {"id":"sms-…","status":"accepted"}, or {"error":…} with an HTTP status of 400 and above.
 */
#pragma once

#include "tools/simulator/answer.h"
#include "tools/simulator/request.h"
#include "tools/simulator/simulator.h"

void gateway_answer(struct simulator *simulator, const struct request *request, struct answer *answer);
