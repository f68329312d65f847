/* Authentication templates of an account: what there is, and what a new one consists of. */
#pragma once

#include "tools/otpctl/graph.h"

/*
 * All of the account, or those of one name: an array of {"name", "language", "status", "category", "quality", "id"},
 * owned by the caller. Returns answer->status.
 */
int meta_templates_list(struct graph *graph, const char *account, const char *name, json_t **ret,
			struct graph_answer *answer);
/* The one in a language, borrowed; NULL: there is none. */
const json_t *meta_templates_find(const json_t *list, const char *language);
const char *meta_templates_text(const json_t *template, const char *key);
bool meta_templates_approved(const json_t *template);

/* What the sender gets to hear for a code in this language, template NULL: there is none. Static. */
const char *meta_templates_effect(const json_t *template);

/* How long a code lives at most, in any policy: neither the text nor the message may outlive it. */
int64_t meta_templates_ttl(const struct config *config);
/* With a copy-code button and the security recommendation. */
int meta_templates_create(struct graph *graph, const char *account, const char *name, const char *language,
			  int64_t ttl_seconds, struct graph_answer *answer);
