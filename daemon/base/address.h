/*
 * IP addresses as hosts hand them over: literals only. A host name is no address: with sshd's UseDNS it comes from the
 * client's own reverse DNS (HOSTS.md 2.2, item 10).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define ADDRESS_TEXT_MAX 46

struct address {
	unsigned char bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
};

/* Drops a %scope, folds IPv4-mapped addresses. 0, or -EINVAL for anything that is no literal. */
int address_parse(const char *text, struct address *ret);
const char *address_format(const struct address *address, char text[static ADDRESS_TEXT_MAX]);

/* "10.0.0.0/8", "2001:db8::/32", "192.0.2.1". 0 or -EINVAL. */
int address_block_parse(const char *text, struct address *ret, unsigned *ret_bits);
bool address_in_block(const struct address *address, const struct address *block, unsigned bits);
