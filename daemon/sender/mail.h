/*
 * One mail, one answer, for the channel drivers: SMTP submission, always over TLS that is verified as http.h says. No
 * mail is ever sent a second time.
 *
 * libcurl waits for a mail server's last word without going back to the event loop, so each mail has a thread of its
 * own: a server that thinks long holds up nobody else.
 */
#pragma once

#include "daemon/sender/http.h"

/* Everything is copied. */
struct mail_message {
	const char *url;             /* smtp://, where STARTTLS must be offered, or smtps:// */
	const char *user, *password; /* user empty: no login */
	const char *from, *to;       /* addresses, nothing else */
	const char *text;            /* RFC 5322, lines end with CRLF */
	const char *ca_file;         /* empty: the system's authorities; set: only these */
	int64_t timeout_ms;          /* until the answer is there */
	bool connect_only;           /* connect, shake hands, log in, send nothing: HTTP_ANSWERED with status 250 */
};

/*
 * The answer is one of http.h. HTTP_ANSWERED: status is the server's last reply, 250 if it has taken the mail over;
 * HTTP_NOT_TRUSTED: or STARTTLS is not offered; HTTP_LOST: the whole mail left, and no reply came. Tests stand in for
 * the network by another one of these.
 */
struct mail {
	/* Calls call->done exactly once, maybe before this returns; the call lives until then. */
	void (*start)(struct mail *mail, const struct mail_message *message, struct http_call *call);
	/* done will not be called any more. Does nothing if nothing is under way. */
	void (*cancel)(struct mail *mail, struct http_call *call);
};

/* The client on libcurl. memory_setup() was called before. 0 or -errno. */
int mail_new(sd_event *event, struct mail **ret);
/* No call is under way any more. Waits for threads that have been told to stop, but not for ever. */
void mail_free(struct mail *mail);

/* What is wrong with the URL, NULL if nothing is: smtp or smtps, a host, maybe a port, nothing else. */
const char *mail_url_error(const char *url);
