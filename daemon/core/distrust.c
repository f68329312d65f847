#include "daemon/core/distrust.h"

#include "daemon/core/alarms.h"
#include "daemon/core/store_challenge.h"

#include <string.h>

int distrust_caller(const struct engine *engine, struct tx *tx, struct enrolment *e, struct reply *reply)
{
	int64_t now = engine->clock->now(engine->clock);
	int64_t length = engine->config->limits.not_requested_lock * SECOND;
	int r = store_challenge_cancel_user(tx, e->user);

	if (r == 0 && e->locked_until < now + length) {
		e->locked_until = now + length;
		e->locked_for = length;
		e->locked_wall = engine->clock->wall(engine->clock) + length / SECOND;
		r = store_enrolment_lock(tx, e);
	}
	return r < 0 ? r
		     : alarm_raise(engine, tx, reply, "not-requested", e->user,
				   "%s: did not ask for the code that was sent: somebody else knows the first factor; "
				   "locked for %lld min",
				   e->user, (long long)(length / SECOND / 60));
}

int distrust_number(const struct engine *engine, struct tx *tx, const char *user, const char *kind, struct reply *reply)
{
	bool moved = strcmp(kind, "number-changed") == 0;
	int doubted = store_enrolment_doubt(tx, user); /* a suspension by an admin stays one */
	int r = doubted < 0 ? doubted : store_challenge_cancel_user(tx, user);

	if (r < 0 || doubted == 0)
		return r;
	return alarm_raise(
		engine, tx, reply, kind, user, "%s: %s: no code is sent there until whatsapp-otpctl verify or resume",
		user, moved ? "the account moved to another number" : "another device or SIM answers to the number");
}
