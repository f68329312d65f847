/*
 * Names in log lines. Whoever logs in chooses what stands in PAM_USER: a name that could be taken for more than a name
 * is quoted, so that nobody writes lines of his own into a log that others read.
 */
#pragma once

#include "wire/proto.h"

#define NAME_QUOTED_MAX (2 * WIRE_USER_MAX + 3)

/* The name as it is if it holds nothing but letters, digits and ._@$+- and bytes of other scripts; else quoted, with
 * quotes and backslashes escaped. Returns out. */
const char *name_quote(const char *name, char out[static NAME_QUOTED_MAX]);
