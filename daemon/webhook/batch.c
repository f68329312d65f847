#include "daemon/webhook/batch.h"

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
	free(batch->data);
	free(batch);
}

static bool reserve(struct batch *batch, size_t more)
{
	size_t size = batch->size ? batch->size : FIRST_SIZE;
	char *data;

	while (size - batch->used < more)
		size *= 2;
	if (size == batch->size)
		return true;
	data = realloc(batch->data, size);
	if (!data)
		return false;
	batch->data = data;
	batch->size = size;
	return true;
}

bool batch_add(struct batch *batch, const struct wire_message *message, const void *body)
{
	char datagram[WIRE_DATAGRAM_MAX];
	ssize_t n = wire_encode(message, body, datagram, sizeof(datagram));
	uint16_t length = (uint16_t)n;

	if (n < 0)
		return false;
	if (!reserve(batch, sizeof(length) + length)) {
		batch->incomplete = true;
		return false;
	}
	memcpy(batch->data + batch->used, &length, sizeof(length));
	memcpy(batch->data + batch->used + sizeof(length), datagram, length);
	batch->used += sizeof(length) + length;
	batch->count++;
	return true;
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
