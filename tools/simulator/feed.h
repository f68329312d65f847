/*
 * What tests and the page read. GET /messages.json?to=+E164&after=INDEX&wait=SECONDS is a JSON array, oldest first;
 * with wait it is answered as soon as it would not be empty, at the latest after so many seconds. GET /requests.json
 * counts requests. DELETE clears either.
 */
#pragma once

#include "tools/simulator/answer.h"
#include "tools/simulator/request.h"
#include "tools/simulator/simulator.h"

#define FEED_WAIT_MAX_S 60

void feed_messages(struct simulator *simulator, const struct request *request, struct answer *answer);
void feed_requests(struct simulator *simulator, const struct request *request, struct answer *answer);
