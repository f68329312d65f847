/*
 * One datagram is one message: lines of "key=value\n", the first is "op=NAME".
 * A table describes each message; the codec moves it between a datagram and a fixed struct.
 * No memory is allocated and nothing is kept between calls.
 *
 * Values are well-formed UTF-8 without control characters. A WIRE_PROMPT may hold newlines: they travel as "\n", a
 * backslash as "\\". Unknown keys are skipped, so that either side can be newer; a repeated key, a value that does not
 * fit its field, or a missing required key is an error. Empty strings and false flags are not written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define WIRE_DATAGRAM_MAX 4096
#define WIRE_WHY_MAX 96

enum wire_type {
	WIRE_STRING, /* char[size], NUL-terminated */
	WIRE_PROMPT, /* char[size], may hold newlines */
	WIRE_NUMBER, /* uint64_t, decimal */
	WIRE_FLAG,   /* bool, "yes" or "no" */
	WIRE_ENUM,   /* int, an index into names[] */
};

struct wire_field {
	const char *key;
	enum wire_type type;
	bool required;
	size_t offset;
	size_t size;
	const char *const *names; /* WIRE_ENUM: ends with NULL */
};

struct wire_message {
	const char *op;
	size_t size; /* of the struct that the fields describe */
	const struct wire_field *fields;
	size_t field_count;
};

/* True if the datagram's first line is "op=NAME" with this message's name. */
bool wire_is(const struct wire_message *message, const char *data, size_t length);

/*
 * Fills out (message->size bytes, zeroed first). Returns 0, or -EBADMSG with a sentence in why that names the key and
 * never repeats a value.
 */
int wire_decode(const struct wire_message *message, const char *data, size_t length, void *out,
		char why[static WIRE_WHY_MAX]);

/* Returns the datagram's length, -EINVAL if a value may not travel, -EMSGSIZE if it does not fit. */
ssize_t wire_encode(const struct wire_message *message, const void *in, char *data, size_t size);

/* Well-formed UTF-8 without control characters: what a value may hold. */
bool wire_text_ok(const char *text, size_t length);
