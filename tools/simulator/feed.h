/*
 * What tests and the page read. GET /messages.json?to=+E164&after=INDEX&wait=SECONDS is a JSON array, oldest first;
 * with wait it is answered as soon as it would not be empty, at the latest after so many seconds; changed=CHANGE asks
 * for what has changed since instead. POST says what a page has shown. GET /requests.json counts requests,
 * /receipts.json what was told about messages. DELETE clears each.
 */
#pragma once

#include "tools/simulator/answer.h"
#include "tools/simulator/request.h"
#include "tools/simulator/simulator.h"

#define FEED_WAIT_MAX_S 60

void feed_messages(struct simulator *simulator, const struct request *request, struct answer *answer);
void feed_receipts(struct simulator *simulator, const struct request *request, struct answer *answer);
void feed_requests(struct simulator *simulator, const struct request *request, struct answer *answer);
