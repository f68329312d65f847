/*
 * Closes the breakers of channels that work again: asks the sender to probe those that wait for it, once a minute, and
 * listens to its answers.
 */
#pragma once

#include "daemon/core/core.h"

#define PROBER_USEC (60 * SECOND)

struct prober;

/* The courier is there. */
int prober_new(struct core *core, struct prober **ret);
void prober_free(struct prober *prober);

/* Called about once a second: looks whether it is time. */
void prober_tick(struct prober *prober);
