#include "daemon/sender/memory.h"

#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

int memory_setup(void)
{
	json_set_alloc_funcs(malloc, memory_free);
	return curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, memory_free, memory_resize, strdup, calloc) == CURLE_OK
		       ? 0
		       : -ENOMEM;
}

void *memory_resize(void *block, size_t size)
{
	size_t old = block ? malloc_usable_size(block) : 0;
	void *bigger;

	if (block && size <= old)
		return block;
	bigger = malloc(size);
	if (!bigger)
		return NULL;
	if (block)
		memcpy(bigger, block, old);
	memory_free(block);
	return bigger;
}

void memory_free(void *block)
{
	if (block)
		explicit_bzero(block, malloc_usable_size(block));
	free(block);
}
