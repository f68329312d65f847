#include "daemon/base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

static bool is_mapped(const struct address *address)
{
	return memcmp(address->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

int address_parse(const char *text, struct address *ret)
{
	char plain[ADDRESS_TEXT_MAX];
	size_t length = strcspn(text, "%");

	if (length >= sizeof(plain))
		return -EINVAL;
	memcpy(plain, text, length);
	plain[length] = '\0';
	if (inet_pton(AF_INET6, plain, ret->bytes) == 1)
		return 0;
	memcpy(ret->bytes, mapped_prefix, sizeof(mapped_prefix));
	return text[length] == '\0' && inet_pton(AF_INET, plain, ret->bytes + sizeof(mapped_prefix)) == 1 ? 0 : -EINVAL;
}

const char *address_format(const struct address *address, char text[static ADDRESS_TEXT_MAX])
{
	if (is_mapped(address))
		return inet_ntop(AF_INET, address->bytes + sizeof(mapped_prefix), text, ADDRESS_TEXT_MAX);
	return inet_ntop(AF_INET6, address->bytes, text, ADDRESS_TEXT_MAX);
}

int address_block_parse(const char *text, struct address *ret, unsigned *ret_bits)
{
	char plain[ADDRESS_TEXT_MAX];
	size_t length = strcspn(text, "/");
	unsigned long bits, most;
	char *end;

	if (length >= sizeof(plain) || strchr(text, '%'))
		return -EINVAL;
	memcpy(plain, text, length);
	plain[length] = '\0';
	if (address_parse(plain, ret) < 0)
		return -EINVAL;
	most = strchr(plain, ':') ? 128 : 32;
	bits = most;
	if (text[length] == '/') {
		if (text[length + 1] < '0' || text[length + 1] > '9')
			return -EINVAL;
		bits = strtoul(text + length + 1, &end, 10);
		if (*end || bits > most)
			return -EINVAL;
	}
	*ret_bits = (unsigned)(most == 32 ? bits + 96 : bits);
	return 0;
}

bool address_in_block(const struct address *address, const struct address *block, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	unsigned char mask = (unsigned char)(0xff00u >> rest);

	return memcmp(address->bytes, block->bytes, whole) == 0 &&
	       (rest == 0 || ((address->bytes[whole] ^ block->bytes[whole]) & mask) == 0);
}
