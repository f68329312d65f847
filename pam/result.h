/*
 * How a login can end, and what PAM is told then: one table. Only an accepted code and the admin's own failmode=allow
 * are PAM_SUCCESS, only the core's two policy decisions (exempt; not enrolled, with nullok) are PAM_IGNORE.
 */
#pragma once

#include "wire/proto.h"

#include <security/pam_modules.h>

enum situation {
	/* The core decided. */
	SITUATION_DENY = RESULT_DENY,
	SITUATION_ALLOW = RESULT_ALLOW,
	SITUATION_IGNORE = RESULT_IGNORE,
	SITUATION_LOCKED = RESULT_LOCKED,
	SITUATION_UNAVAILABLE = RESULT_UNAVAILABLE,
	/* There is no core to decide. */
	SITUATION_ABSENT,       /* nobody listens on the socket */
	SITUATION_FAILMODE,     /* the same, and the admin wrote failmode=allow */
	SITUATION_UNREACHABLE,  /* any other error on the way to it */
	SITUATION_UNTRUSTED,    /* who listens is neither root nor the core's user */
	SITUATION_SILENT,       /* no reply in time */
	SITUATION_STILL_SILENT, /* not asked again, moments later on the same handle */
	SITUATION_LOST,         /* went away in the middle and was not back */
	SITUATION_GARBLED,      /* said what the protocol does not know */
	/* The user or the host ended it; the core is told nothing. */
	SITUATION_CONVERSATION,
	SITUATION_INTERRUPTED,
	SITUATION_NO_ANSWER,
	SITUATION_BLOCKED,
	SITUATION_PASSWORD,
	SITUATION_UNFIT_ANSWER,
	SITUATION_ENDLESS,
	/* It could not begin. */
	SITUATION_UNFIT_LOGIN,
	SITUATION_BAD_ARGUMENT,
	SITUATION_NO_MEMORY,
	/* Not an end: the core has asked, the dialogue goes on. */
	SITUATION_TALKING,
};

/* What a failure (-errno) of wire/client.h is. */
enum situation result_of_errno(int r);

/*
 * Logs the end of a login in one line, unless quiet keeps it (lines of information only), and returns the PAM code.
 * detail may be empty. A situation that is no end is PAM_SYSTEM_ERR.
 */
int result_report(pam_handle_t *pamh, const struct login_begin *login, enum situation situation, const char *detail,
		  bool quiet);
