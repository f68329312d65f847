/* What a request says in keys and values: of its query, and of a body that is a form or one flat JSON object. */
#pragma once

#include "daemon/webhook/parser.h"

enum fields_of { FIELDS_QUERY = 1, FIELDS_BODY = 2 };

struct fields {
	struct parser_pair pairs[PARSER_PAIRS_MAX];
	size_t count;
	char *text; /* what those of the body point into */
	size_t size;
};

/*
 * Reads the parts that are named by their bits. Of JSON strings and integers are taken, as text; what else there is
 * says nothing to a parser. 0 with ret owned by the caller, or -EBADMSG. The request is lent for as long as ret lives.
 */
int fields_read(const struct parser_request *request, unsigned parts, struct fields *ret);
/* Wipes, since there are numbers among them, and releases. */
void fields_clear(struct fields *fields);

/* In the order of the keys, then of the values: signatures are made so. */
void fields_sort(struct fields *fields);

/* A key's value; NULL if it is not there, or there twice, be it in the query and in the body. */
const char *fields_value(const struct fields *fields, const char *key);
