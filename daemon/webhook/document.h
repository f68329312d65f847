/*
 * The JSON of a request. What people write stands in it, too, and providers pass it on as it came: "\u0000" and halves
 * of surrogate pairs, which are no text, are read as U+FFFD, or one such message would take the rest of its batch with
 * it.
 */
#pragma once

#include "daemon/provider/json.h"

/* Writes "\ufffd" over each such escape. Returns how many there were. */
size_t document_mend(char *text, size_t length);

/* Like json_read(). */
json_t *document_read(const char *data, size_t length);
