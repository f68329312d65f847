/*
 * What libpam and the modules call of the machine, in place of the C library's and libaudit's: what a login costs there
 * is the machine's own, and is taken out of every stack's time.
 */
#undef _FORTIFY_SOURCE /* with it the C library's header defines what is defined here */
#include "tests/bench/stopwatch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

/* "The kernel has no audit log": without an auditd its records go to the console, each slower than a login. */
int audit_open(void);
int audit_open(void)
{
	errno = EPROTONOSUPPORT;
	return -1;
}

/* A line for the system's log costs its write and nothing else: without a journal, modules log to the console. */
static void __attribute__((format(printf, 1, 0))) log_line(const char *format, va_list arguments)
{
	static int nowhere = -1;
	char line[1024];
	int length = vsnprintf(line, sizeof(line), format, arguments);

	if (nowhere < 0)
		nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (length > 0 && write(nowhere, line, strlen(line)) < 0)
		give_up(errno, "/dev/null");
}

void __syslog_chk(int priority, int flag, const char *format, ...) __attribute__((format(printf, 3, 4)));
void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments) __attribute__((format(printf, 3, 0)));

void __vsyslog_chk(int priority, int flag, const char *format, va_list arguments)
{
	(void)priority, (void)flag;
	log_line(format, arguments);
}

void __syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list arguments;

	(void)priority, (void)flag;
	va_start(arguments, format);
	log_line(format, arguments);
	va_end(arguments);
}

void vsyslog(int priority, const char *format, va_list arguments)
{
	(void)priority;
	log_line(format, arguments);
}

void syslog(int priority, const char *format, ...)
{
	va_list arguments;

	(void)priority;
	va_start(arguments, format);
	log_line(format, arguments);
	va_end(arguments);
}
