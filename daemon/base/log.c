#include "daemon/base/log.h"

#include "daemon/base/log_ids.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

static struct {
	const char *program;
	bool journal, debug;
} logger = {.program = "whatsapp-otp"};

void log_open(const char *program, int debug)
{
	logger.program = program;
	logger.journal = getenv("JOURNAL_STREAM") != NULL;
	logger.debug = debug != 0;
}

void log_write(int priority, const char *format, ...)
{
	int saved = errno;
	char line[1024];
	va_list args;
	int start, n;

	if (priority == LOG_DEBUG && !logger.debug)
		return;
	start = logger.journal ? snprintf(line, sizeof(line), "<%d>", priority)
			       : snprintf(line, sizeof(line), "%s: ", logger.program);
	errno = saved; /* for %m */
	va_start(args, format);
	n = vsnprintf(line + start, sizeof(line) - (size_t)start - 1, format, args);
	va_end(args);
	n = n < 0 ? start : start + n;
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	for (int i = start; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	/* One write a line, so that lines of two threads do not mix; nothing can be done if it fails. */
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		errno = saved;
	errno = saved;
}

void log_alarm(const char *kind, const char *subject, const char *text)
{
	const char *id = log_message_id(kind);

	if (!logger.journal || !id ||
	    sd_journal_send("MESSAGE=alarm: %s", text, "PRIORITY=%d", LOG_ALERT, "MESSAGE_ID=%s", id,
			    "SYSLOG_IDENTIFIER=%s", logger.program, "WHATSAPP_OTP_ALARM=%s", kind,
			    "WHATSAPP_OTP_SUBJECT=%s", subject, NULL) < 0)
		log_alert("alarm: %s: %s", kind, text);
}
