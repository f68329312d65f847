/* The providers that there are beside Meta and the gateway. */
#pragma once

#include "tools/simulator/vendor.h"

bool vendors_match(const char *path);
void vendors_answer(struct simulator *simulator, const struct request *request, struct answer *answer);

/* Fills by provider, NULL where one tells nothing. */
void vendors_notifiers(const struct notifier *ret[static PROVIDERS]);
