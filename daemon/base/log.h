/*
 * One line to standard error, with the journal's "<N>" prefix where standard error is the journal. A line never holds a
 * code, a token or a whole number: print phones by phone_mask() only. Control characters become '?'.
 */
#pragma once

#include <stdarg.h>
#include <syslog.h>

/* Called once by main, before any thread. debug: LOG_DEBUG lines are written too. */
void log_open(const char *program, int debug);
void log_write(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * An alarm, at LOG_ALERT: in the journal with the MESSAGE_ID of its kind (log_ids.h), which the catalog explains, and
 * the fields WHATSAPP_OTP_ALARM and WHATSAPP_OTP_SUBJECT.
 */
void log_alarm(const char *kind, const char *subject, const char *text);

#define log_alert(...) log_write(LOG_ALERT, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_write(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
