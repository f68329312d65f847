/*
 * What the sessions of whatsapp-otpd share; the server makes and reloads it. All of it belongs to the loop's thread; a
 * job gets what it needs as a struct engine of its own.
 */
#pragma once

#include "daemon/base/clock.h"
#include "daemon/core/connection.h"
#include "daemon/core/keys.h"
#include "daemon/core/worker.h"

struct core {
	sd_event *event;
	struct config *config;
	struct clock clock;
	struct keys *keys;
	struct store *store;
	struct worker *worker;
	struct courier *courier;
	struct connection_list connections;
	char hostname[WIRE_NAME_MAX];
	bool sender_ready; /* what is due can be handed over at once */
	bool stopping;
	uint64_t accepted_logins, refused_logins;
};

static inline int64_t core_now(const struct core *core)
{
	return core->clock.now(&core->clock);
}
