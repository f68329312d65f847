/*
 * The conversation pump: what the core asks goes to the user, what the user types goes to the core, until the core is
 * done. The core holds the dialogue; nothing here knows what a code is.
 *
 * Each wait for the core is bounded by one deadline a round; the socket stays open while the user thinks, so that the
 * core sees when nobody waits any more. If the core goes away it is looked for once a round, and an answer that was
 * typed for a challenge that it still knows is handed in again.
 */
#pragma once

#include "pam/arguments.h"
#include "pam/result.h"

#define PUMP_ROUNDS_MAX 12

/*
 * Returns how it ended, with more about it in detail (may be empty). SITUATION_ABSENT is only returned when no core
 * was ever reached.
 */
enum situation pump_run(pam_handle_t *pamh, const struct arguments *arguments, const struct login_begin *login,
			char detail[static WIRE_TEXT_MAX]);
