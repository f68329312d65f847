/*
 * pam_whatsapp_otp: a one-time code as a second factor. A good guest in somebody else's process: no threads, no
 * signals, no static state, no library but libpam.
 */
#include "pam/arguments.h"
#include "pam/host.h"
#include "pam/pump.h"
#include "pam/result.h"

#include <string.h>

static enum situation authenticate(pam_handle_t *pamh, const struct arguments *arguments, struct login_begin *login,
				   char detail[static WIRE_TEXT_MAX])
{
	enum situation situation;

	if (host_describe(pamh, login, detail) < 0)
		return SITUATION_UNFIT_LOGIN;
	memcpy(login->policy, arguments->policy, sizeof(login->policy));
	login->nullok = arguments->nullok;
	situation = pump_run(pamh, arguments, login, detail);
	return situation == SITUATION_ABSENT && arguments->fail_open ? SITUATION_FAILMODE : situation;
}

/* PAM_SILENT asks for no information; a prompt is none, and sudo always sets it. */
int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct login_begin login = {0};
	struct arguments arguments;
	char detail[WIRE_TEXT_MAX] = "";
	enum situation situation;

	(void)flags;
	if (arguments_parse(argc, argv, &arguments, detail) < 0)
		situation = SITUATION_BAD_ARGUMENT;
	else
		situation = authenticate(pamh, &arguments, &login, detail);
	return result_report(pamh, &login, situation, detail, arguments.quiet);
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}

int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
