/* Random text for ids. */
#pragma once

#include <stddef.h>

/* Writes n characters of alphabet (64 or 16 of them, so that none is likelier) and a NUL. */
void random_text(char *text, size_t n, const char *alphabet);
