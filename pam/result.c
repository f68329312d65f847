#include "pam/result.h"

#include "wire/name.h"

#include <errno.h>
#include <security/pam_ext.h>
#include <syslog.h>

static const struct end {
	int code;
	int priority;
	const char *text;
} ends[] = {
	[SITUATION_DENY] = {PAM_AUTH_ERR, LOG_NOTICE, "refused"},
	[SITUATION_ALLOW] = {PAM_SUCCESS, LOG_INFO, "accepted"},
	[SITUATION_IGNORE] = {PAM_IGNORE, LOG_INFO, "no code asked for"},
	[SITUATION_LOCKED] = {PAM_MAXTRIES, LOG_NOTICE, "refused, no tries left"},
	[SITUATION_UNAVAILABLE] = {PAM_AUTHINFO_UNAVAIL, LOG_ERR, "refused, whatsapp-otpd cannot decide now"},

	[SITUATION_ABSENT] = {PAM_AUTHINFO_UNAVAIL, LOG_ERR, "refused, nobody listens; start whatsapp-otpd"},
	[SITUATION_FAILMODE] = {PAM_SUCCESS, LOG_ALERT,
				"LET IN WITHOUT A CODE by failmode=allow, nobody listens; start whatsapp-otpd"},
	[SITUATION_UNREACHABLE] = {PAM_AUTHINFO_UNAVAIL, LOG_ERR, "refused, cannot reach whatsapp-otpd"},
	[SITUATION_UNTRUSTED] =
		{PAM_AUTHINFO_UNAVAIL, LOG_ALERT,
		 "refused, who listens is neither root nor the user whatsapp-otp; see who made the socket"},
	[SITUATION_SILENT] = {PAM_AUTHINFO_UNAVAIL, LOG_ERR, "refused, whatsapp-otpd does not answer; restart it"},
	[SITUATION_STILL_SILENT] = {PAM_AUTHINFO_UNAVAIL, LOG_INFO,
				    "refused at once, whatsapp-otpd did not answer a moment ago"},
	[SITUATION_LOST] = {PAM_AUTHINFO_UNAVAIL, LOG_ERR, "refused, whatsapp-otpd went away; see its log"},
	[SITUATION_GARBLED] = {PAM_AUTHINFO_UNAVAIL, LOG_ERR,
			       "refused, whatsapp-otpd's reply makes no sense; are both of the same version?"},

	[SITUATION_CONVERSATION] = {PAM_CONV_ERR, LOG_NOTICE, "the host cannot ask for a code, or the user gave up"},
	[SITUATION_INTERRUPTED] = {PAM_CONV_ERR, LOG_NOTICE, "the host is being stopped"},
	[SITUATION_NO_ANSWER] = {PAM_AUTH_ERR, LOG_NOTICE, "refused, no answer"},
	[SITUATION_BLOCKED] = {PAM_AUTH_ERR, LOG_NOTICE,
			       "refused by sshd, whatever is typed: root with a code needs \"PermitRootLogin yes\", "
			       "anybody else has to exist and to be let in by AllowUsers, DenyUsers and their groups"},
	[SITUATION_PASSWORD] = {PAM_AUTH_ERR, LOG_ERR,
				"refused, answered with the password: sshd wants KbdInteractiveAuthentication, "
				"not PasswordAuthentication"},
	[SITUATION_UNFIT_ANSWER] = {PAM_AUTH_ERR, LOG_NOTICE,
				    "refused, the answer is no text of at most 64 bytes; it costs no try"},
	[SITUATION_ENDLESS] = {PAM_AUTH_ERR, LOG_NOTICE, "refused, too many prompts without an end"},

	[SITUATION_UNFIT_LOGIN] = {PAM_AUTH_ERR, LOG_ERR, "refused"},
	[SITUATION_BAD_ARGUMENT] = {PAM_SERVICE_ERR, LOG_ERR, "refused, see the line in pam.d"},
	[SITUATION_NO_MEMORY] = {PAM_BUF_ERR, LOG_CRIT, "refused, out of memory"},
	[SITUATION_TALKING] = {PAM_SYSTEM_ERR, LOG_CRIT, "refused, a dialogue without an end is a bug"},
};

enum situation result_of_errno(int r)
{
	switch (-r) {
	case ENOENT:
	case ECONNREFUSED:
		return SITUATION_ABSENT;
	case EPERM:
		return SITUATION_UNTRUSTED;
	case ETIMEDOUT:
		return SITUATION_SILENT;
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
		return SITUATION_LOST;
	case EBADMSG:
	case EMSGSIZE:
		return SITUATION_GARBLED;
	case EINTR:
		return SITUATION_INTERRUPTED;
	case ENOMEM:
		return SITUATION_NO_MEMORY;
	default:
		return SITUATION_UNREACHABLE;
	}
}

int result_report(pam_handle_t *pamh, const struct login_begin *login, enum situation situation, const char *detail,
		  bool quiet)
{
	char name[NAME_QUOTED_MAX];
	size_t row = situation;
	const struct end *end = &ends[row < sizeof(ends) / sizeof(ends[0]) ? row : SITUATION_TALKING];

	if (!quiet || end->priority < LOG_INFO)
		pam_syslog(pamh, end->priority, "%s%s%s: %s%s%s",
			   login->user[0] ? name_quote(login->user, name) : "(no user)",
			   login->rhost[0] ? " from " : "", login->rhost, end->text, detail[0] ? ": " : "", detail);
	return end->code;
}
