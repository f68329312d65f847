#include "daemon/base/batch.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 512 /* most requests are about one message */

struct batch *batch_new(void)
{
	return calloc(1, sizeof(struct batch));
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	if (batch->data)
		explicit_bzero(batch->data, batch->size);
	free(batch->data);
	free(batch);
}

/* Not by realloc(3), which would leave the old copy as it is. */
static bool reserve(struct batch *batch, size_t more)
{
	size_t size = batch->size ? batch->size : FIRST_SIZE;
	char *data;

	while (size - batch->used < more)
		size *= 2;
	if (size == batch->size)
		return true;
	data = malloc(size);
	if (!data)
		return false;
	if (batch->used > 0) {
		memcpy(data, batch->data, batch->used);
		explicit_bzero(batch->data, batch->used);
	}
	free(batch->data);
	batch->data = data;
	batch->size = size;
	return true;
}

int batch_add(struct batch *batch, const struct wire_message *message, const void *body)
{
	char datagram[WIRE_DATAGRAM_MAX];
	ssize_t n = wire_encode(message, body, datagram, sizeof(datagram));
	uint16_t length = (uint16_t)n;

	if (n < 0)
		return (int)n;
	if (!reserve(batch, sizeof(length) + length)) {
		batch->incomplete = true;
		return -ENOMEM;
	}
	memcpy(batch->data + batch->used, &length, sizeof(length));
	memcpy(batch->data + batch->used + sizeof(length), datagram, length);
	explicit_bzero(datagram, length);
	batch->used += sizeof(length) + length;
	batch->count++;
	return 0;
}

const char *batch_next(const struct batch *batch, size_t *at, size_t *ret_length)
{
	const char *datagram = batch->data + *at + sizeof(uint16_t);
	uint16_t length;

	if (*at >= batch->used)
		return NULL;
	memcpy(&length, batch->data + *at, sizeof(length));
	*at += sizeof(length) + length;
	*ret_length = length;
	return datagram;
}
