#include "daemon/core/core.h"

#include "daemon/base/log.h"

void core_log_refusal(struct core *core, const char *socket, const struct connection *connection, const char *why)
{
	int64_t now = core_now(core);

	if (core->refusal_logged_at != 0 && now - core->refusal_logged_at < SECOND) {
		core->refusals_unlogged++;
		return;
	}
	log_warning("%s: uid %u (pid %d): refused: %s; %llu more since the last such line", socket,
		    (unsigned)connection->peer.uid, (int)connection->peer.pid, why,
		    (unsigned long long)core->refusals_unlogged);
	core->refusal_logged_at = now;
	core->refusals_unlogged = 0;
}
