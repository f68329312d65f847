/*
 * The checks of "whatsapp-otpctl doctor". Each reports one sentence or more: what was found and, where that is not
 * well, what to do.
 */
#pragma once

#include "tools/otpctl/otpctl.h"

enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_FAIL, VERDICT_SKIP }; /* SKIP: could not be looked at */

struct doctor {
	struct otpctl *ctl;
	const struct config *config; /* NULL: could not be read */
	size_t failures;
};

/* advice NULL: none is needed. */
void doctor_report(struct doctor *doctor, enum verdict verdict, const char *name, const char *advice,
		   const char *format, ...) __attribute__((format(printf, 5, 6)));

void doctor_check_sockets(struct doctor *doctor);
void doctor_check_core(struct doctor *doctor);
void doctor_check_meta(struct doctor *doctor);
void doctor_check_pam(struct doctor *doctor);
void doctor_check_sshd(struct doctor *doctor);

/* True if the stack of the service calls our module. */
bool doctor_service_asks(const struct doctor *doctor, const char *service);
