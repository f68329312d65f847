/* The words behind the module's name in a stack, held against the config (pam_whatsapp_otp(8)). */
#pragma once

#include "daemon/base/config.h"
#include "tools/otpctl/pam_findings.h"

/* Of every rule that calls our module. config NULL: it could not be read, and nothing is held against it. */
void pam_arguments_judge(const struct pam_stack *stack, const struct config *config, pam_findings_report report,
			 void *userdata);
