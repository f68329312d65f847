/*
 * What is wrong with the auth stack of a service that asks for our codes: it is run with made-up answers (a wrong code,
 * a module that steps aside, a wrong password), and the outcome is held against what a second factor promises.
 */
#pragma once

#include "tools/otpctl/pam_stack.h"

#define PAM_OUR_MODULE "pam_whatsapp_otp.so"

struct pam_finding {
	bool fatal;                  /* lets somebody in without a code, or locks people out */
	const struct pam_rule *rule; /* where */
	const char *what, *advice;
};

typedef void (*pam_findings_report)(void *userdata, const struct pam_finding *finding);

/* may_ignore: a policy of the config exempts users, or ignores those who are not enrolled. */
void pam_findings_of(const struct pam_stack *stack, bool may_ignore, pam_findings_report report, void *userdata);

/* The first rule that calls our module, NULL if none does. */
const struct pam_rule *pam_findings_module(const struct pam_stack *stack);
