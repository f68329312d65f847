/* ?fields=a,b{c,d} of the Graph API. */
#pragma once

#include <jansson.h>
#include <stddef.h>

/*
 * A new object with the fields of object that are asked for; NULL: one is not known, named in wrong, or the text is
 * malformed. A member that is null is known and left out; what is in braces is asked of each element of an array.
 */
json_t *graph_fields_pick(const json_t *object, const char *fields, char wrong[static 48]);
