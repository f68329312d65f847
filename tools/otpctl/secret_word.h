/* A word that must not stand in a command line: from a file, from standard input, or typed without an echo. */
#pragma once

#include <stddef.h>

struct secret_word_terms {
	const char *prompt, *what; /* "the PIN" */
	const char *option;        /* "--pin-file", named where nobody is there to type; NULL: there is none */
	const char *chars;         /* of which it consists; NULL: all but blanks */
	const char *ignored;       /* which may be typed between them; NULL: none */
	size_t least, most;        /* characters */
};

/*
 * file NULL: a terminal is asked, and without one there is an error; "-": standard input, a terminal or not. Prints its
 * errors, which never hold what was read, and returns an exit_status.
 */
int secret_word_read(const char *command, const char *file, const struct secret_word_terms *terms, char *word,
		     size_t size);
/* NULL if the text is such a word; else a sentence that says why not, static. */
const char *secret_word_error(const struct secret_word_terms *terms, const char *text);
