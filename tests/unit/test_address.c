/* daemon/base/address: literals only, and which block one stands in. */
#include "daemon/base/address.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LONG_TEXT "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"

static const struct {
	const char *text, *formatted; /* NULL: no literal */
} addresses[] = {
	{"192.0.2.1", "192.0.2.1"},
	{"0.0.0.0", "0.0.0.0"},
	{"::1", "::1"},
	{"2001:DB8::00:1", "2001:db8::1"},
	{"::ffff:192.0.2.1", "192.0.2.1"}, /* how a dual-stack sshd sees IPv4 */
	{"::ffff:c000:201", "192.0.2.1"},
	{"fe80::1%eth0", "fe80::1"},
	{"1111:2222:3333:4444:5555:6666:7777:8888", "1111:2222:3333:4444:5555:6666:7777:8888"},
	{"host.example", NULL}, /* with UseDNS the client chooses it */
	{"192.0.2.1.evil.example", NULL},
	{"192.0.2.256", NULL},
	{"192.0.2", NULL},
	{"0300.0.2.1", NULL},
	{"192.0.2.1%eth0", NULL},
	{"192.0.2.1 ", NULL},
	{"%eth0", NULL},
	{":::", NULL},
	{"", NULL},
	{LONG_TEXT, NULL},
};

static void only_literals_are_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		char text[ADDRESS_TEXT_MAX];
		struct address address;
		int r = address_parse(addresses[i].text, &address);

		if (r != (addresses[i].formatted ? 0 : -EINVAL))
			fail_msg("\"%s\": %d", addresses[i].text, r);
		if (addresses[i].formatted)
			assert_string_equal(address_format(&address, text), addresses[i].formatted);
	}
}

static const struct {
	const char *block, *address;
	bool inside;
} blocks[] = {
	{"10.0.0.0/8", "10.255.255.255", true},
	{"10.0.0.0/8", "11.0.0.0", false},
	{"10.1.2.3/8", "10.9.9.9", true}, /* bits behind the mask do not matter */
	{"192.0.2.128/25", "192.0.2.200", true},
	{"192.0.2.128/25", "192.0.2.127", false},
	{"192.0.2.1", "192.0.2.1", true},
	{"192.0.2.1/32", "192.0.2.2", false},
	{"0.0.0.0/0", "203.0.113.9", true},
	{"0.0.0.0/0", "2001:db8::1", false},
	{"::/0", "2001:db8::1", true},
	{"::/0", "203.0.113.9", true}, /* as ::ffff:203.0.113.9 */
	{"::ffff:10.0.0.0/104", "10.1.1.1", true},
	{"2001:db8::/33", "2001:db8:7fff::1", true},
	{"2001:db8::/33", "2001:db8:8000::1", false},
	{"2001:db8::1/128", "2001:db8::1", true},
	{"2001:db8::1/128", "2001:db8::2", false},
};

static void a_block_holds_its_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		struct address address, block;
		unsigned bits;

		assert_int_equal(address_parse(blocks[i].address, &address), 0);
		assert_int_equal(address_block_parse(blocks[i].block, &block, &bits), 0);
		if (address_in_block(&address, &block, bits) != blocks[i].inside)
			fail_msg("%s in %s", blocks[i].address, blocks[i].block);
	}
}

static void what_is_no_block_is_refused(void **state)
{
	static const char *const texts[] = {"",
					    "/",
					    "/8",
					    "10.0.0.0/",
					    "10.0.0.0/33",
					    "::1/129",
					    "10.0.0.0/-1",
					    "10.0.0.0/+8",
					    "10.0.0.0/ 8",
					    "10.0.0.0/8x",
					    "10/8",
					    "localhost/8",
					    "fe80::1%e/64",
					    "10.0.0.0/8/8",
					    "10.0.0.0/99999999999999999999",
					    LONG_TEXT "/8"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct address block;
		unsigned bits;

		if (address_block_parse(texts[i], &block, &bits) != -EINVAL)
			fail_msg("accepted: %s", texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_literals_are_addresses),
		cmocka_unit_test(a_block_holds_its_addresses),
		cmocka_unit_test(what_is_no_block_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
