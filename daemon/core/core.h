/*
 * What the sessions of whatsapp-otpd share; the server makes and reloads it. All of it belongs to the loop's thread; a
 * job gets what it needs as a struct engine of its own.
 */
#pragma once

#include "daemon/base/clock.h"
#include "daemon/core/connection.h"
#include "daemon/core/keys.h"
#include "daemon/core/worker.h"

/* A connection that waits for a person may stay open as long as the longest challenge lives, and a little. */
#define CORE_PATIENCE (660 * SECOND)

struct core {
	sd_event *event;
	struct config *config;
	struct clock clock;
	struct keys *keys;
	struct store *store;
	struct worker *worker;
	struct courier *courier;
	struct statistics *statistics;
	struct siren *siren;
	struct prober *prober;
	struct connection_list connections;
	struct webhook_presence {
		struct connection *connection; /* NULL: not connected */
		int64_t gone_at;
		bool missed; /* an alarm says that it is gone */
	} webhook;
	char hostname[WIRE_NAME_MAX];
	bool sender_ready; /* what is due can be handed over at once */
	bool stopping;
	uint64_t accepted_logins, refused_logins;
	int64_t refusal_logged_at; /* of connections and datagrams, not of logins */
	uint64_t refusals_unlogged;
};

static inline int64_t core_now(const struct core *core)
{
	return core->clock.now(&core->clock);
}

/*
 * Logs why a connection or a datagram was refused: one line a second, for anybody can cause them, and a flood of lines
 * would push decisions out of the log.
 */
void core_log_refusal(struct core *core, const char *socket, const struct connection *connection, const char *why);
