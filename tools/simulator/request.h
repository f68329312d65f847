/* What a client asked, freed of the HTTP library, so that what answers it can be read and tested without one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_BODY_MAX (64 * 1024)
#define REQUEST_QUERY_MAX 16

struct request_pair {
	const char *key;
	const char *value; /* NULL: a key without "=" */
};

struct request {
	const char *method;
	const char *path;
	/* headers; NULL where the client sent none */
	const char *host;
	const char *authorization;
	const char *content_type;
	const char *user_agent;
	const char *key;                                /* X-Key */
	const char *api_key;                            /* X-API-Key */
	const char *x_authorization;                    /* X-Authorization */
	struct request_pair headers[REQUEST_QUERY_MAX]; /* X-Kannel-…, without that */
	size_t headers_n;
	struct request_pair query[REQUEST_QUERY_MAX];
	size_t query_n; /* pairs that were sent; those beyond REQUEST_QUERY_MAX are not kept */
	char *body;     /* NUL-terminated, may hold NULs; owned by the server */
	size_t body_size;
	bool body_too_big; /* beyond REQUEST_BODY_MAX: the rest was thrown away */
	uint64_t at_ms;    /* wall clock when the headers were in */
	bool waited;       /* it has waited as long as it may: answer now */
};

/* The value of a key of the query, or NULL. */
const char *request_query(const struct request *request, const char *key);

/* True if Content-Type is type, whatever its parameters (charset) say. */
bool request_has_type(const struct request *request, const char *type);

/* True if the body came from a page of the simulator's own host: Host names a loopback address (no DNS rebinding). */
bool request_is_local(const struct request *request);
