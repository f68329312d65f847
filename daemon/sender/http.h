/*
 * One HTTPS request, one answer, for the channel drivers. TLS 1.2 or newer, always verified; no redirect is followed,
 * no proxy and no .netrc is read from the environment; an answer is read up to HTTP_ANSWER_MAX, its headers too;
 * connections are kept and HTTP/2 ones shared.
 *
 * No request is ever sent a second time: whoever gets HTTP_LOST must suppose that the provider has acted on it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define HTTP_ANSWER_MAX (64 * 1024)
#define HTTP_CONNECT_MS 3000
#define HTTP_USER_AGENT PACKAGE_NAME "/" PACKAGE_VERSION

enum http_outcome {
	HTTP_ANSWERED,    /* status and body are there */
	HTTP_NOT_SENT,    /* no byte of the request left: DNS, connect, TLS, deadline before that */
	HTTP_NOT_TRUSTED, /* nor did one: the server's certificate was refused, or ca_file is unusable */
	HTTP_LOST,        /* the request left, no whole answer came */
};

/* Everything is copied. */
struct http_request {
	const char *method, *url;
	const char *const *headers; /* "Name: value", ends with NULL */
	const char *body;           /* NULL: none */
	const char *ca_file;        /* empty: the system's authorities; set: only these */
	int64_t timeout_ms;         /* until the whole answer is there */
	bool connect_only;          /* connect, shake hands, send nothing: HTTP_ANSWERED with status 0 */
};

struct http_answer {
	enum http_outcome outcome;
	long status;
	const char *body; /* NUL-terminated behind its length; valid during the call */
	size_t length;
	int64_t retry_after; /* seconds that the provider asks to wait, 0: did not say */
	const char *error;   /* what went wrong, static, nothing of request or answer is in it */
};

struct http_call {
	void (*done)(struct http_call *call, const struct http_answer *answer);
	void *userdata;
	void *transfer; /* of the client; NULL: nothing under way */
};

struct mail;

/* A test stands in for the network by another one of these. */
struct http {
	/* Calls call->done exactly once, maybe before this returns; the call lives until then. */
	void (*start)(struct http *http, const struct http_request *request, struct http_call *call);
	/* done will not be called any more. Does nothing if nothing is under way. */
	void (*cancel)(struct http *http, struct http_call *call);
	struct mail *mail; /* beside it, for drivers that write mail (mail.h); NULL: there is none */
};

/* The client on libcurl. memory_setup() was called before. 0 or -errno. */
int http_new(sd_event *event, struct http **ret);
/* No call is under way any more. */
void http_free(struct http *http);

/* What is wrong with the URL, NULL if nothing is: it must be https, or http to a loopback address, without user name.
 */
const char *http_url_error(const char *url);
