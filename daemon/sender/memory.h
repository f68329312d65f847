/*
 * Memory that has held a code, a number or a token is wiped before it is given back: our own, and that of libcurl and
 * jansson, which copy requests and answers.
 */
#pragma once

#include <stddef.h>

/* Makes libcurl and jansson use the functions below. Once, at start, before either is used. 0 or -errno. */
int memory_setup(void);

/* realloc(3) that leaves nothing behind. NULL: no memory, the old block is untouched. */
void *memory_resize(void *block, size_t size);

/* Wipes and frees. */
void memory_free(void *block);

static inline void memory_freep(char **block)
{
	memory_free(*block);
}
