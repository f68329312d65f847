/* For providers that sign nothing: their requests bring the secret itself. */
#pragma once

#include "daemon/webhook/parser.h"

/*
 * As the password of HTTP Basic (RFC 7617), whoever the user is, or as the rest of the path, "/SECRET". It is a
 * verify() of struct parser: 0 or -EACCES.
 */
int password_verify(const struct parser_context *context, const struct parser_request *request);
