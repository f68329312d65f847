/* daemon/core/keys: codes, sealed numbers and indexes, checked against an independent HMAC-SHA-256 and HKDF. */
#include "daemon/core/keys.h"
#include "tests/unit/fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct folder folder;
static struct keys *keys;

static int set_up(void **state)
{
	(void)state;
	folder_make(&folder);
	keys = test_keys(&folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	keys_free(keys);
	folder_remove(&folder);
	return 0;
}

static int load(const char *text, struct keys **ret, char why[static 256])
{
	char reference[300];

	snprintf(reference, sizeof(reference), "file:%s", folder_write(&folder, "other.key", text, 0400));
	return keys_load(reference, ret, why, 256);
}

/* Counting bytes up from 0. */
static const unsigned char plain_id[KEYS_ID_SIZE] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,
						     10, 11, 12, 13, 14, 15, 16, 17, 18, 19};

static const struct {
	unsigned char first; /* of the id */
	int64_t generation;
	const char *user, *service;
	int64_t length;
	const char *code;
} codes[] = {
	{0, 1, "alice", "sshd", 6, "237969"},    {0, 2, "alice", "sshd", 6, "424863"},
	{0, 1, "bob", "sshd", 6, "367470"},      {0, 1, "alice", "sudo", 6, "522440"},
	{0, 1, "alice", "sshd", 7, "8237969"},   {0, 1, "alice", "sshd", 8, "58237969"},
	{0, 1, "alice", "sshd", 9, "658237969"}, {0, 1, "alice", "sshd", 10, "8658237969"},
	{0, 1, "al", "icesshd", 6, "586548"},    {0, 1, "žofie", "su", 6, "443490"},
	{255, 1, "alice", "sshd", 6, "955121"}, /* an id of 0xff only */
};

static void codes_are_the_same_for_ever(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++) {
		unsigned char id[KEYS_ID_SIZE];
		char code[WIRE_CODE_MAX];

		memcpy(id, plain_id, sizeof(id));
		if (codes[i].first == 255)
			memset(id, 255, sizeof(id));
		assert_int_equal(keys_code(keys, id, codes[i].generation, codes[i].user, codes[i].service,
					   codes[i].length, code),
				 0);
		assert_string_equal(code, codes[i].code);
	}
}

static void other_lengths_and_names_are_refused(void **state)
{
	char code[WIRE_CODE_MAX], name[WIRE_USER_MAX + 1];

	(void)state;
	memset(name, 'n', WIRE_USER_MAX);
	name[WIRE_USER_MAX] = '\0';
	assert_int_equal(keys_code(keys, plain_id, 1, "alice", "sshd", 5, code), -EIO);
	assert_int_equal(keys_code(keys, plain_id, 1, "alice", "sshd", 11, code), -EIO);
	assert_int_equal(keys_code(keys, plain_id, 1, name, "sshd", 6, code), -EIO);
	assert_int_equal(keys_code(keys, plain_id, 1, "alice", name, 6, code), -EIO);
	name[WIRE_USER_MAX - 1] = '\0';
	assert_int_equal(keys_code(keys, plain_id, 1, name, name, 10, code), 0);
}

/* 100,000 codes of a fixed key: each digit at each place, and the first two together, by chi-square at 0.1 %. */
static void every_code_is_equally_likely(void **state)
{
	enum { CODES = 100000, PLACES = 6 };
	static unsigned digits[PLACES][10], pairs[100];
	double pair_square = 0;

	(void)state;
	for (int64_t i = 0; i < CODES; i++) {
		char code[WIRE_CODE_MAX];

		assert_int_equal(keys_code(keys, plain_id, i, "alice", "sshd", PLACES, code), 0);
		for (size_t place = 0; place < PLACES; place++)
			digits[place][code[place] - '0']++;
		pairs[(code[0] - '0') * 10 + code[1] - '0']++;
	}
	for (size_t place = 0; place < PLACES; place++) {
		double square = 0, expected = CODES / 10.0;

		for (size_t d = 0; d < 10; d++)
			square += (digits[place][d] - expected) * (digits[place][d] - expected) / expected;
		assert_true(square < 27.88); /* 9 degrees of freedom */
	}
	for (size_t i = 0; i < 100; i++)
		pair_square += (pairs[i] - CODES / 100.0) * (pairs[i] - CODES / 100.0) / (CODES / 100.0);
	assert_true(pair_square < 148.23); /* 99 degrees of freedom */
}

static void a_sealed_number_opens_in_its_place_only(void **state)
{
	unsigned char sealed[KEYS_SEALED_MAX], again[KEYS_SEALED_MAX];
	char text[PHONE_MAX] = "";
	int length = keys_seal(keys, "alice", "+966512345634", sealed);

	(void)state;
	assert_int_equal(length, 13 + KEYS_SEAL_EXTRA);
	assert_int_equal(keys_open(keys, "alice", sealed, (size_t)length, text, sizeof(text)), 0);
	assert_string_equal(text, "+966512345634");
	assert_int_equal(keys_open(keys, "bob", sealed, (size_t)length, text, sizeof(text)), -EBADMSG);
	assert_string_equal(text, "");
	for (int i = 0; i < length; i++) {
		sealed[i] ^= 1;
		assert_int_equal(keys_open(keys, "alice", sealed, (size_t)length, text, sizeof(text)), -EBADMSG);
		sealed[i] ^= 1;
	}
	for (size_t cut = 0; cut < (size_t)length; cut++)
		assert_int_equal(keys_open(keys, "alice", sealed, cut, text, sizeof(text)), -EBADMSG);
	assert_int_equal(keys_open(keys, "alice", sealed, (size_t)length, text, 13), -EBADMSG);

	assert_int_equal(keys_seal(keys, "alice", "+966512345634", again), length);
	assert_memory_not_equal(sealed, again, (size_t)length);
}

static void the_longest_text_that_can_be_sealed(void **state)
{
	unsigned char sealed[KEYS_SEALED_MAX];
	char text[WIRE_TEXT_MAX + 1], back[WIRE_TEXT_MAX];
	int length;

	(void)state;
	memset(text, 't', WIRE_TEXT_MAX);
	text[WIRE_TEXT_MAX] = '\0';
	assert_int_equal(keys_seal(keys, "alice", text, sealed), -EIO);
	text[WIRE_TEXT_MAX - 1] = '\0';
	length = keys_seal(keys, "alice", text, sealed);
	assert_int_equal(length, WIRE_TEXT_MAX - 1 + KEYS_SEAL_EXTRA);
	assert_int_equal(keys_open(keys, "alice", sealed, (size_t)length, back, sizeof(back)), 0);
	assert_string_equal(back, text);
}

static void another_master_key_opens_nothing(void **state)
{
	struct keys *other = NULL;
	unsigned char sealed[KEYS_SEALED_MAX];
	char why[256], code[WIRE_CODE_MAX], text[PHONE_MAX];
	int length = keys_seal(keys, "alice", "+966512345634", sealed);

	(void)state;
	assert_int_equal(load("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e20", &other, why), 0);
	assert_int_equal(keys_open(other, "alice", sealed, (size_t)length, text, sizeof(text)), -EBADMSG);
	assert_int_equal(keys_code(other, plain_id, 1, "alice", "sshd", 6, code), 0);
	assert_string_not_equal(code, "902418");
	keys_free(other);
}

static void a_number_has_one_index_that_tells_nothing(void **state)
{
	static const struct {
		struct phone phone;
		const char *index;
	} rows[] = {{{"+966512345634"}, "89e5bdef23ac624047540acb297dae7b"},
		    {{"+4915112345678"}, "dc9425ca4469aeb3e848e14040d6bf3c"}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned char index[KEYS_INDEX_SIZE];
		char hex[2 * KEYS_INDEX_SIZE + 1];

		assert_int_equal(keys_number_index(keys, &rows[i].phone, index), 0);
		for (size_t k = 0; k < sizeof(index); k++)
			snprintf(hex + 2 * k, 3, "%02x", index[k]);
		assert_string_equal(hex, rows[i].index);
	}
}

static void who_has_no_number_shows_the_same_two_digits_each_time(void **state)
{
	char digits[3];

	(void)state;
	keys_decoy_digits(keys, "mallory", digits);
	assert_string_equal(digits, "03");
	keys_decoy_digits(keys, "nobody", digits);
	assert_string_equal(digits, "28");
}

static void ids_carry_their_second_and_do_not_repeat(void **state)
{
	static const unsigned char second[4] = {0x65, 0x53, 0xf1, 0x00};
	unsigned char a[KEYS_ID_SIZE] = {0}, b[KEYS_ID_SIZE] = {0};

	(void)state;
	assert_int_equal(keys_random_id(1700000000, a), 0);
	assert_int_equal(keys_random_id(1700000000, b), 0);
	assert_memory_equal(a, second, sizeof(second));
	assert_memory_equal(b, second, sizeof(second));
	assert_memory_not_equal(a + 4, b + 4, sizeof(a) - 4);
}

static void a_mark_tells_keys_apart(void **state)
{
	char mine[KEYS_MARK_MAX], again[KEYS_MARK_MAX], theirs[KEYS_MARK_MAX], why[256];
	struct keys *same = NULL, *other = NULL;

	(void)state;
	assert_int_equal(load(master_key_text, &same, why), 0);
	assert_int_equal(load("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e20", &other, why), 0);
	assert_int_equal(keys_mark(keys, mine), 0);
	assert_int_equal(keys_mark(same, again), 0);
	assert_int_equal(keys_mark(other, theirs), 0);
	assert_string_equal(mine, again);
	assert_string_not_equal(mine, theirs);
	assert_int_equal(strlen(mine), KEYS_MARK_MAX - 1);
	keys_free(same);
	keys_free(other);
}

static void a_key_file_is_hex_or_raw(void **state)
{
	static const struct {
		const char *text;
		int result;
	} rows[] = {
		{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0},
		{"000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F\n", 0},
		{"thirty-two bytes, just as random", 0},
		{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1", -EINVAL},
		{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g", -EINVAL},
		{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n\n", -EINVAL},
		{"too short", -EINVAL},
		{"", -ENODATA},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct keys *loaded = NULL;
		char why[256] = "", code[WIRE_CODE_MAX];

		assert_int_equal(load(rows[i].text, &loaded, why), rows[i].result);
		if (rows[i].result == 0)
			assert_int_equal(keys_code(loaded, plain_id, 1, "alice", "sshd", 6, code), 0);
		else
			assert_non_null(strstr(why, "other.key"));
		if (rows[i].text[0])
			assert_null(strstr(why, rows[i].text));
		keys_free(loaded);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_the_same_for_ever),
		cmocka_unit_test(other_lengths_and_names_are_refused),
		cmocka_unit_test(every_code_is_equally_likely),
		cmocka_unit_test(a_sealed_number_opens_in_its_place_only),
		cmocka_unit_test(the_longest_text_that_can_be_sealed),
		cmocka_unit_test(another_master_key_opens_nothing),
		cmocka_unit_test(a_number_has_one_index_that_tells_nothing),
		cmocka_unit_test(who_has_no_number_shows_the_same_two_digits_each_time),
		cmocka_unit_test(ids_carry_their_second_and_do_not_repeat),
		cmocka_unit_test(a_mark_tells_keys_apart),
		cmocka_unit_test(a_key_file_is_hex_or_raw),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
