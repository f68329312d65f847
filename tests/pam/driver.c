/*
 * A PAM host that does what it is told, a line at a time, so that a test plays sshd, sudo and the user:
 *
 *	driver CONFDIR SERVICE USER
 *	← item NUMBER HEX | env HEX | euid NUMBER | block SIGNAL | authenticate | setcred | acct_mgmt | end
 *	→ result NUMBER                   after each of them
 *	→ prompt STYLE COUNT HEX          the module converses; the next line is the user's:
 *	← answer HEX | null | fail
 *	→ log PRIORITY HEX                the module called pam_syslog(3)
 */
#undef _FORTIFY_SOURCE /* with it the C library's header defines what is defined here */
#include <security/pam_appl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <syslog.h>
#include <unistd.h>

/* What libpam calls instead of the C library's: a host's log is a test's to read. */
void __syslog_chk(int priority, int flag, const char *format, ...) __attribute__((format(printf, 3, 4)));
void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments) __attribute__((format(printf, 3, 0)));

static void put_hex(const char *text)
{
	for (; *text; text++)
		printf("%02x", (unsigned char)*text);
	putchar('\n');
	fflush(stdout);
}

void vsyslog(int priority, const char *format, va_list arguments)
{
	char *line;

	if (vasprintf(&line, format, arguments) < 0)
		abort();
	printf("log %d ", priority & LOG_PRIMASK);
	put_hex(line);
	free(line);
}

void syslog(int priority, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsyslog(priority, format, arguments);
	va_end(arguments);
}

void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments)
{
	(void)flag;
	vsyslog(priority, format, arguments);
}

void __syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list arguments;

	(void)flag;
	va_start(arguments, format);
	vsyslog(priority, format, arguments);
	va_end(arguments);
}

/* Takes a line from the test. Returns what follows the first word, NULL at the end. */
static char *take_line(char *line, int size)
{
	char *rest;

	if (!fgets(line, size, stdin))
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	rest = strchr(line, ' ');
	if (!rest)
		return line + strlen(line);
	*rest = '\0';
	return rest + 1;
}

static char *from_hex(const char *hex)
{
	size_t length = strlen(hex) / 2;
	char *text = calloc(1, length + 1);

	if (!text)
		abort();
	for (size_t i = 0; i < length; i++) {
		const char digits[] = {hex[2 * i], hex[2 * i + 1], '\0'};

		text[i] = (char)strtoul(digits, NULL, 16);
	}
	return text;
}

static int converse(int count, const struct pam_message **messages, struct pam_response **ret, void *data)
{
	char line[16384];
	char *hex;

	(void)data;
	printf("prompt %d %d ", messages[0]->msg_style, count);
	put_hex(messages[0]->msg);
	hex = take_line(line, sizeof(line));
	if (!hex || strcmp(line, "fail") == 0)
		return PAM_CONV_ERR;
	*ret = calloc((size_t)count, sizeof(**ret));
	if (!*ret)
		return PAM_BUF_ERR;
	if (strcmp(line, "answer") == 0)
		(*ret)[0].resp = from_hex(hex);
	return PAM_SUCCESS;
}

static int block(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	return sigprocmask(SIG_BLOCK, &set, NULL);
}

static int become(uid_t uid)
{
	/* What changes its user is not dumpable any more, and a sanitizer cannot look for leaks then. */
	return seteuid(uid) || prctl(PR_SET_DUMPABLE, 1);
}

static int set_item(pam_handle_t *pamh, char *text)
{
	char *end, *value;
	int type = (int)strtol(text, &end, 10), r;

	value = from_hex(end + 1);
	r = pam_set_item(pamh, type, value);
	free(value);
	return r;
}

static int set_environment(pam_handle_t *pamh, const char *hex)
{
	char *pair = from_hex(hex);
	int r = pam_putenv(pamh, pair);

	free(pair);
	return r;
}

static int obey(pam_handle_t *pamh, const char *order, char *rest)
{
	if (strcmp(order, "item") == 0)
		return set_item(pamh, rest);
	if (strcmp(order, "env") == 0)
		return set_environment(pamh, rest);
	if (strcmp(order, "euid") == 0)
		return become((uid_t)strtoul(rest, NULL, 10));
	if (strcmp(order, "block") == 0)
		return block(atoi(rest));
	if (strcmp(order, "authenticate") == 0)
		return pam_authenticate(pamh, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	if (strcmp(order, "setcred") == 0)
		return pam_setcred(pamh, PAM_ESTABLISH_CRED);
	if (strcmp(order, "acct_mgmt") == 0)
		return pam_acct_mgmt(pamh, 0);
	return -1;
}

int main(int argc, char **argv)
{
	struct pam_conv conversation = {.conv = converse};
	pam_handle_t *pamh = NULL;
	char line[16384];
	char *rest;
	int r = 0;

	if (argc != 4 || pam_start_confdir(argv[2], argv[3], &conversation, argv[1], &pamh) != PAM_SUCCESS)
		return 2;
	while ((rest = take_line(line, sizeof(line))) && strcmp(line, "end") != 0) {
		r = obey(pamh, line, rest);
		printf("result %d\n", r);
		fflush(stdout);
	}
	return pam_end(pamh, r) == PAM_SUCCESS && become(getuid()) == 0 ? 0 : 1;
}
