/* sender/api: what of a provider's words may go into a log, what may go into a URL, and how a secret is proven. */
#include "daemon/sender/api.h"
#include "tests/unit/driver.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char name[] = "api", host[] = "https://api.example/v1//", user[] = "alice", ab[] = "AC1", empty[] = "";
static struct fake_provider provider;
static struct config_channel section;

static bool word_is(const char *json, const char *expected)
{
	json_t *root __attribute__((cleanup(json_unrefp))) = json_read(json, strlen(json));
	char word[WIRE_NAME_MAX];
	bool ok = api_word(json_array_get(root, 0), word);

	assert_non_null(root);
	return expected ? ok && strcmp(word, expected) == 0 : !ok;
}

static void test_words_hide_neither_numbers_nor_texts(void **state)
{
	(void)state;
	assert_true(word_is("[\"ACCESS_TOKEN_INVALID\"]", "ACCESS_TOKEN_INVALID"));
	assert_true(word_is("[\"ER-06\"]", "ER-06"));
	assert_true(word_is("[131026]", "131026"));
	assert_true(word_is("[-1]", "-1"));
	assert_true(word_is("[\"1310267\"]", NULL));
	assert_true(word_is("[9665012]", NULL));
	assert_true(word_is("[\"TO_966501234567\"]", NULL));
	assert_true(word_is("[\"two words\"]", NULL));
	assert_true(word_is("[\"\"]", NULL));
	assert_true(word_is("[\"a\\nb\"]", NULL));
	assert_true(word_is("[\"رمز\"]", NULL));
	assert_true(word_is("[true]", NULL));
	assert_true(word_is("[null]", NULL));
	assert_true(word_is("[{}]", NULL));
	assert_true(word_is("[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"]", NULL));
}

static void test_ids_end_no_path_and_add_no_parameter(void **state)
{
	static const char *const good[] = {"REQ1000000000001", "2250be2d4219-3af1-78856", "a.b_c", "7"};
	static const char *const bad[] = {"",    ".",   "..",    "../x", "a/b", "a?b",
					  "a&b", "a b", "a%20b", "a#b",  "é",   "a\nb"};
	char longest[API_ID_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(api_id_ok(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(api_id_ok(bad[i]));
	memset(longest, 'a', sizeof(longest));
	longest[API_ID_MAX] = '\0';
	assert_false(api_id_ok(longest));
	longest[API_ID_MAX - 1] = '\0';
	assert_true(api_id_ok(longest));
}

/* The header that proves who asks, with terms and this secret. NULL if the section is refused. */
static char *proof_of(const struct api_terms *terms, const char *secret)
{
	char why[CONFIG_WHY_MAX] = "", *ret = NULL, *reference = fake_secret(secret);
	void *state = NULL;

	section.token = section.password = reference;
	if (api_open(terms, &section, &provider.http, &state, why) == 0) {
		const struct api *api = state;

		assert_string_equal(api->base, "https://api.example/v1");
		ret = strdup(api->proof);
		api_close(state);
	} else {
		assert_non_null(strstr(why, "test.conf:1: channel \"api\": "));
		assert_null(strstr(why, "s3cret"));
		assert_null(state);
	}
	fake_secret_remove(reference);
	return ret;
}

static void proof_is(const struct api_terms *terms, const char *secret, const char *expected)
{
	char *proof = proof_of(terms, secret);

	if (expected)
		assert_string_equal(proof, expected);
	else
		assert_null(proof);
	free(proof);
}

static void test_how_a_secret_is_proven(void **state)
{
	static const struct api_terms bearer = {.header = "Authorization: Bearer "}, basic = {.basic = true};

	(void)state;
	section = fake_section;
	section.name = name;
	section.base_url = host;
	proof_is(&bearer, "s3cret\n", "Authorization: Bearer s3cret");
	proof_is(&bearer, "s3cret two", NULL);
	proof_is(&bearer, "s3cret\r\n", NULL);
	proof_is(&bearer, "s3cret\ntwo", NULL);
	proof_is(&bearer, "", NULL);
	section.account = ab;
	proof_is(&basic, "s", "Authorization: Basic QUMxOnM=");
	proof_is(&basic, "se", "Authorization: Basic QUMxOnNl");
	proof_is(&basic, "s3cret", "Authorization: Basic QUMxOnMzY3JldA==");
	section.user = user;
	proof_is(&basic, "pass word", "Authorization: Basic YWxpY2U6cGFzcyB3b3Jk");
	proof_is(&basic, "s3cret\ttab", NULL);
	section.user = section.account = empty;
	proof_is(&basic, "s3cret", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_hide_neither_numbers_nor_texts),
		cmocka_unit_test(test_ids_end_no_path_and_add_no_parameter),
		cmocka_unit_test(test_how_a_secret_is_proven),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
