/*
 * Meta's Graph API for the commands that look after an account: one request, one answer, waited for. The client is the
 * sender's (http.h), with its rules for TLS and redirects; the token travels in a header only, but for debug_token,
 * where Meta wants it in the query.
 */
#pragma once

#include "daemon/provider/json.h"
#include "tools/otpctl/otpctl.h"

#define GRAPH_WHY_MAX 640

struct graph;

/* Everything is copied. */
struct graph_terms {
	const char *base_url;    /* empty: Meta's */
	const char *api_version; /* "v25.0" */
	const char *ca_file;     /* empty: the system's authorities */
	const char *token;
	int64_t timeout_ms;
};

struct graph_answer {
	int status;              /* EXIT_OK; EXIT_REFUSED: why and code say why; EXIT_UNREACHABLE: why does */
	bool lost;               /* the request left and no whole answer came: it may have been obeyed */
	long long code;          /* of Meta's error, -1: there is none */
	char why[GRAPH_WHY_MAX]; /* one sentence; never the token, nor what a body held */
	json_t *root;            /* of EXIT_OK: an object or an array; graph_answer_clear() releases it */
};

/* 0, or -errno with why. */
int graph_open(const struct graph_terms *terms, struct graph **ret, char why[static CONFIG_WHY_MAX]);
void graph_close(struct graph *graph);

/*
 * path stands behind the version, each of its values encoded (graph_encode). body is taken over, and NULL for none. A
 * body that holds a PIN or a code is secret: then nothing of what Meta says about it is shown. Returns answer->status.
 */
enum graph_body { GRAPH_PLAIN, GRAPH_SECRET };
int graph_call(struct graph *graph, const char *method, json_t *body, enum graph_body kind, struct graph_answer *ret,
	       const char *path, ...) __attribute__((format(printf, 6, 7)));
void graph_answer_clear(struct graph_answer *answer);

/* Meta refuses for want of a right, not because something is wrong with what was asked. */
bool graph_is_forbidden(const struct graph_answer *answer);

/* For a query: owned by the caller, memory_free(); NULL if there is no memory. */
char *graph_encode(const char *value);
/* The token as it stands in a query, for debug_token; likewise. */
char *graph_encode_token(const struct graph *graph);

/* What the pointer leads to as text that may be shown; empty if it is no string, number or flag. Returns text. */
#define GRAPH_TEXT_MAX 256
const char *graph_text(const json_t *root, const char *pointer, char text[static GRAPH_TEXT_MAX]);
