/* daemon/webhook/signature: what proves an origin, and that nothing less does. */
#include "daemon/webhook/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

/* RFC 4231, 4.3; RFC 2202, 3, case 2: key and text are the same. */
static char jefe[] = "Jefe";
static const struct secret key = {jefe, 4};
#define TEXT "what do ya want for nothing?"
#define SHA256_HEX "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
#define SHA1_HEX "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
#define SHA256_BASE64 "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM="
#define SHA1_BASE64 "7/zfauXrL6LSdBbV8YTfnCWafHk="

static bool hex_ok(enum signature_digest digest, const char *hex)
{
	return signature_is_hex(digest, &key, &SIGNATURE_TEXT(TEXT), 1, hex);
}

static bool base64_ok(enum signature_digest digest, const char *base64)
{
	return signature_is_base64(digest, &key, &SIGNATURE_TEXT(TEXT), 1, base64);
}

static void the_standards_vectors_hold(void **state)
{
	(void)state;
	assert_true(hex_ok(SIGNATURE_SHA256, SHA256_HEX));
	assert_true(hex_ok(SIGNATURE_SHA1, SHA1_HEX));
	assert_true(base64_ok(SIGNATURE_SHA256, SHA256_BASE64));
	assert_true(base64_ok(SIGNATURE_SHA1, SHA1_BASE64));
	assert_true(hex_ok(SIGNATURE_SHA256, "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843"));
}

static void pieces_are_taken_as_one(void **state)
{
	const struct signature_part parts[] = {
		SIGNATURE_TEXT("what do ya"), {"", 0}, SIGNATURE_TEXT(" want "), SIGNATURE_TEXT("for nothing?")};

	(void)state;
	assert_true(signature_is_hex(SIGNATURE_SHA256, &key, parts, 4, SHA256_HEX));
	assert_false(signature_is_hex(SIGNATURE_SHA256, &key, parts, 3, SHA256_HEX));
	assert_true(signature_is_hex_by(SIGNATURE_SHA256, "Jefe", 4, parts, 4, SHA256_HEX));
	assert_false(signature_is_hex_by(SIGNATURE_SHA256, "Jeff", 4, parts, 4, SHA256_HEX));
}

/* Each digit counts, and so does the number of them. */
static void anything_else_is_refused(void **state)
{
	char hex[] = SHA256_HEX;

	(void)state;
	for (size_t i = 0; i < strlen(hex); i++) {
		char was = hex[i];

		hex[i] = was == '0' ? '1' : '0';
		assert_false(hex_ok(SIGNATURE_SHA256, hex));
		hex[i] = 'g';
		assert_false(hex_ok(SIGNATURE_SHA256, hex));
		hex[i] = was;
	}
	assert_true(hex_ok(SIGNATURE_SHA256, hex));
	assert_false(hex_ok(SIGNATURE_SHA256, SHA256_HEX "00"));
	assert_false(hex_ok(SIGNATURE_SHA256, SHA256_HEX " "));
	assert_false(hex_ok(SIGNATURE_SHA256, " " SHA256_HEX));
	hex[62] = '\0';
	assert_false(hex_ok(SIGNATURE_SHA256, hex));
	assert_false(hex_ok(SIGNATURE_SHA256, SHA1_HEX));
	assert_false(hex_ok(SIGNATURE_SHA256, ""));
	assert_false(hex_ok(SIGNATURE_SHA256, NULL));
	assert_false(base64_ok(SIGNATURE_SHA1, NULL));
	assert_false(base64_ok(SIGNATURE_SHA1, ""));
	assert_false(base64_ok(SIGNATURE_SHA1, "7/zfauXrL6LSdBbV8YTfnCWafHk"));
	assert_false(base64_ok(SIGNATURE_SHA1, "7/zfauXrL6LSdBbV8YTfnCWafHl="));
	assert_false(base64_ok(SIGNATURE_SHA256, SHA1_BASE64));
}

static void base64_is_read_strictly(void **state)
{
	static const struct {
		const char *text, *bytes; /* NULL: refused */
	} rows[] = {
		{"", ""},           {"Zg==", "f"},      {"Zm8=", "fo"}, {"Zm9v", "foo"},  {"Zm9vYg==", "foob"},
		{"Zh==", NULL},     {"Zm9=", NULL},     {"Zg=", NULL},  {"Zg", NULL},     {"Z===", NULL},
		{"====", NULL},     {"Zg==Zg==", NULL}, {"Zm 9", NULL}, {"Zm9v\n", NULL}, {"Zm-_", NULL},
		{"Zm9vYmE=", NULL}, /* five bytes where four fit */
	};
	unsigned char out[4];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		long n = signature_base64_decode(rows[i].text, strlen(rows[i].text), out, sizeof(out));

		if (!rows[i].bytes)
			assert_int_equal(n, -EINVAL);
		else if (n != (long)strlen(rows[i].bytes) || memcmp(out, rows[i].bytes, (size_t)n) != 0)
			fail_msg("%s: %ld", rows[i].text, n);
	}
}

static void base64url_has_its_own_letters_and_no_padding(void **state)
{
	unsigned char out[8];

	(void)state;
	assert_int_equal(signature_base64url_decode("-_8", 3, out, sizeof(out)), 2);
	assert_memory_equal(out, "\xfb\xff", 2);
	assert_int_equal(signature_base64url_decode("Zg", 2, out, sizeof(out)), 1);
	assert_int_equal(signature_base64url_decode("Zg==", 4, out, sizeof(out)), -EINVAL);
	assert_int_equal(signature_base64url_decode("+/8", 3, out, sizeof(out)), -EINVAL);
	assert_int_equal(signature_base64url_decode("Z", 1, out, sizeof(out)), -EINVAL);
}

static void a_secret_is_itself_and_no_part_of_it(void **state)
{
	(void)state;
	assert_true(signature_is_secret(&key, "Jefe"));
	assert_false(signature_is_secret(&key, "Jef"));
	assert_false(signature_is_secret(&key, "Jefee"));
	assert_false(signature_is_secret(&key, "jefe"));
	assert_false(signature_is_secret(&key, ""));
	assert_false(signature_is_secret(&key, NULL));
}

static void sha256_is_the_standards(void **state)
{
	unsigned char out[32];

	(void)state;
	assert_true(signature_sha256("abc", 3, out));
	assert_memory_equal(out, "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23", 16);
}

static void a_time_is_near_or_refused(void **state)
{
	(void)state;
	assert_true(signature_time_ok("1800000000", 1800000000, 300));
	assert_true(signature_time_ok("1799999700", 1800000000, 300));
	assert_false(signature_time_ok("1799999699", 1800000000, 300));
	assert_true(signature_time_ok("1800000300", 1800000000, 300));
	assert_false(signature_time_ok("1800000301", 1800000000, 300));
	assert_false(signature_time_ok("", 0, 300));
	assert_false(signature_time_ok(NULL, 0, 300));
	assert_false(signature_time_ok("-5", 0, 300));
	assert_false(signature_time_ok(" 5", 0, 300));
	assert_false(signature_time_ok("5s", 0, 300));
	assert_false(signature_time_ok("99999999999999999999999", 0, 300));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_standards_vectors_hold),
		cmocka_unit_test(pieces_are_taken_as_one),
		cmocka_unit_test(anything_else_is_refused),
		cmocka_unit_test(base64_is_read_strictly),
		cmocka_unit_test(base64url_has_its_own_letters_and_no_padding),
		cmocka_unit_test(a_secret_is_itself_and_no_part_of_it),
		cmocka_unit_test(sha256_is_the_standards),
		cmocka_unit_test(a_time_is_near_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
