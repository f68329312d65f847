#include "pam/host.h"

#include <errno.h>
#include <security/pam_ext.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *item(pam_handle_t *pamh, int type)
{
	const void *value = NULL;

	if (pam_get_item(pamh, type, &value) != PAM_SUCCESS || !value)
		return "";
	return value;
}

/* Takes length bytes of text if they can travel in a field of size bytes; or else leaves the field as it is. */
static bool take(char *field, size_t size, const char *text, size_t length)
{
	if (length >= size || !wire_text_ok(text, length))
		return false;
	memcpy(field, text, length);
	field[length] = '\0';
	return true;
}

static void describe_origin(pam_handle_t *pamh, struct login_begin *login)
{
	const char *connection = pam_getenv(pamh, "SSH_CONNECTION");
	const char *rhost = item(pamh, PAM_RHOST);
	const char *origin = connection && connection[0] ? connection : rhost;
	size_t length = origin == connection ? strcspn(connection, " ") : strlen(rhost);

	/* SSH_CONNECTION comes first: it is an address, PAM_RHOST may be a name that the far end chose. */
	if (origin[0] && (length == 0 || !take(login->rhost, sizeof(login->rhost), origin, length)))
		strcpy(login->rhost, "unknown");
}

/* True if a line of text is word, or begins with word and a space. */
static bool has_line(const char *text, const char *word)
{
	size_t length = strlen(word);

	while (text) {
		if (strncmp(text, word, length) == 0 && (!text[length] || strchr(" \n", text[length])))
			return true;
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return false;
}

static int first_factor(pam_handle_t *pamh)
{
	const char *proven = pam_getenv(pamh, "SSH_AUTH_INFO_0");
	const char *password = item(pamh, PAM_AUTHTOK);

	if (proven && has_line(proven, "publickey"))
		return FIRST_FACTOR_PUBLICKEY;
	if (proven && has_line(proven, "password"))
		return FIRST_FACTOR_PASSWORD;
	return password[0] && !host_refuses(password) ? FIRST_FACTOR_PASSWORD : FIRST_FACTOR_NONE;
}

/*
 * sshd's password method answers every prompt with the password, unseen by the user; there is no PAM item that says so.
 * Its keyboard-interactive method runs in a process whose environment is empty but for TZ. What is found here can only
 * withhold a message; it lets nobody in.
 */
static bool answers_by_itself(const char *tty)
{
	if (strcmp(tty, "ssh") != 0 || !environ)
		return false;
	for (char **variable = environ; *variable; variable++)
		if (strncmp(*variable, "TZ=", 3) != 0)
			return true;
	return false;
}

int host_describe(pam_handle_t *pamh, struct login_begin *login, char why[static WIRE_TEXT_MAX])
{
	const char *service = item(pamh, PAM_SERVICE);
	const char *tty = item(pamh, PAM_TTY);
	const char *ruser = item(pamh, PAM_RUSER);
	const char *user = NULL;

	*login = (struct login_begin){0};
	if (pam_get_user(pamh, &user, NULL) != PAM_SUCCESS || !user || !user[0]) {
		snprintf(why, WIRE_TEXT_MAX, "the host names no user");
		return -EINVAL;
	}
	if (!take(login->user, sizeof(login->user), user, strlen(user))) {
		snprintf(why, WIRE_TEXT_MAX, "the user's name is too long, not UTF-8 or holds control characters");
		return -EINVAL;
	}
	if (!service[0] || !take(login->service, sizeof(login->service), service, strlen(service))) {
		snprintf(why, WIRE_TEXT_MAX, "the service's name is empty, too long or holds control characters");
		return -EINVAL;
	}
	(void)take(login->tty, sizeof(login->tty), tty, strlen(tty));
	(void)take(login->ruser, sizeof(login->ruser), ruser, strlen(ruser));
	describe_origin(pamh, login);
	login->first_factor = first_factor(pamh);
	login->blind = answers_by_itself(tty);
	return 0;
}

bool host_refuses(const char *answer)
{
	static const char junk[] = "\b\n\r\177";

	return strncmp(answer, junk, sizeof(junk) - 1) == 0;
}
