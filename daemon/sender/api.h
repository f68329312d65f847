/*
 * What drivers of HTTP APIs share: the options that all of them have, a secret that goes into one header, requests in
 * JSON or as a form, and answers in JSON. A driver's state is a struct api, or begins with one.
 *
 * call->scratch, where a driver needs it, is a block for memory_free(): it is freed here when a call ends that judge
 * does not see (not built, not answered, cancelled).
 */
#pragma once

#include "daemon/base/secret.h"
#include "daemon/provider/json.h"
#include "daemon/sender/channel.h"
#include "daemon/sender/memory.h"
#include "daemon/sender/template.h"

#define API_ID_MAX 128

struct api {
	const struct config_channel *config;
	struct http *http;
	char *base;           /* of all URLs, without "/" at its end */
	struct secret secret; /* the token, or the password of a user */
	char *proof;          /* the header that proves who asks; the secret is in it; NULL: it goes elsewhere */
};

/* What a driver's section must have. */
struct api_terms {
	const char *base_url; /* where there is none in the section; NULL: there must be one */
	const char *header;   /* what stands in front of the token: "Authorization: Bearer " */
	bool basic;           /* HTTP Basic, of user and password, of user and token, or of account and token */
	size_t size;          /* of the driver's state; 0: it is a struct api */
	/* The driver's own options. 0 or -EINVAL with why. */
	int (*check)(const struct config_channel *config, char why[static CONFIG_WHY_MAX]);
};

/* As ops->open, ops->close and ops->cancel. */
int api_open(const struct api_terms *terms, const struct config_channel *config, struct http *http, void **ret,
	     char why[static CONFIG_WHY_MAX]);
void api_close(void *channel);
void api_cancel(struct channel_call *call);

/* Answers the call and returns false if the message goes to no number. */
bool api_number_ok(struct channel_call *call, const struct channel_message *message);

/* done is given to api_heard. */
typedef void api_done(struct http_call *http, const struct http_answer *answer);

/* path stands behind base, and is NULL if it could not be made: then, as without body, the call fails at once. */
void api_get(struct channel_call *call, const char *path, int64_t timeout_ms, api_done *done);
void api_post_form(struct channel_call *call, const char *path, const char *body, int64_t timeout_ms, api_done *done);
/* Takes body over, which may be NULL, too. */
void api_post_json(struct channel_call *call, const char *path, json_t *body, int64_t timeout_ms, api_done *done);
/* ops->probe where every known request costs something: connects, shakes hands, and leaves. */
void api_connect(struct channel_call *call, int64_t timeout_ms);

/* Hands an answer with its JSON (NULL: there is none) to judge; what never came is answered here. */
void api_heard(struct http_call *http, const struct http_answer *answer,
	       void (*judge)(struct channel_call *call, const struct http_answer *answer, const json_t *root));

/* An answer without a code: by its HTTP status, as the provider's table has it, or as everybody means it. */
void api_refused(struct channel_call *call, const struct provider *provider, const struct http_answer *answer);

/* A provider's code as text: an integer, or a word. False if it could hide a number or a code, or anything else. */
bool api_word(const json_t *value, char word[static WIRE_NAME_MAX]);
/* The same for a message's id that a provider gives or that goes into a URL: [A-Za-z0-9_.-]. */
bool api_id(const json_t *value, char id[static API_ID_MAX]);
bool api_id_ok(const char *id);
/* An answer to a poll: the word of a state, judged by the provider's table. code: of a failure, may be empty. */
void api_told(struct channel_call *call, const struct provider *provider, const char *word, const char *code);
/* The same, with the provider's wall clock. */
void api_told_at(struct channel_call *call, const struct provider *provider, const char *word, const char *code,
		 uint64_t at);
