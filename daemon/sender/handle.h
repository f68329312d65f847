/*
 * What every libcurl handle of ours is set to, for http.c and mail.c: TLS 1.2 or newer, always verified; no proxy and
 * no .netrc is read from the environment.
 */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct handle_terms {
	const char *url;
	const char *protocols; /* which the URL may have: "https,http" */
	const char *ca_file;   /* empty: the system's authorities; set: only these */
	int64_t connect_ms, timeout_ms;
	bool connect_only; /* connect, shake hands, send nothing */
};

CURLcode handle_set(CURL *easy, const struct handle_terms *terms);

/* True if it failed because the server's certificate was refused, or ca_file is unusable; and why, static. */
bool handle_is_untrusted(CURLcode code);
const char *handle_verify_error(CURL *easy, CURLcode code);
