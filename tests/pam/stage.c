/*
 * The modules in front of ours and behind it. Without arguments: takes any password and leaves it in PAM_AUTHTOK, as
 * pam_unix does. With a number: returns that.
 */
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdlib.h>

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const char *password;

	(void)flags;
	return argc > 0 ? atoi(argv[0]) : pam_get_authtok(pamh, PAM_AUTHTOK, &password, NULL);
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
