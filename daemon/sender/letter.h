/* A mail as it travels (RFC 5322): plain text in UTF-8, whatever is in it. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct letter {
	const char *id; /* of the message, unique; its host is that of from */
	const char *from, *to;
	const char *subject, *text; /* UTF-8; lines of the text end with "\n" */
};

/* For memory_free(); NULL: no memory. now: wall clock, seconds. The addresses were found to be ok. */
char *letter_write(const struct letter *letter, int64_t now);

/* True if it is one address, "name@host", of which nothing needs quotes, and that can end no line and add no header. */
bool letter_address_ok(const char *address);
