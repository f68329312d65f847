/* The built-in texts: all there, each says what it must, and an SMS costs one segment. */
#include "daemon/base/texts.h"

#include "daemon/base/sms.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define KINDS (TEXT_VOICE + 1)

static const char *text_of(enum text_kind kind, size_t language)
{
	const char *name = texts_language(language);

	return texts_built_in(kind, name, strlen(name));
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;

	while ((text = strstr(text, word)) != NULL) {
		text += strlen(word);
		n++;
	}
	return n;
}

/* The text with each placeholder filled in, and none left. */
static const char *filled(const char *text, const char *host)
{
	static char out[1024];
	const char *const values[][2] = {
		{"{code}", "12345678"}, {"{host}", host}, {"{service}", "sshd"}, {"{minutes}", "10"}};
	char *end = out;

	while (*text) {
		size_t i = 0;

		while (i < 4 && strncmp(text, values[i][0], strlen(values[i][0])) != 0)
			i++;
		if (i < 4) {
			end = stpcpy(end, values[i][1]);
			text += strlen(values[i][0]);
		} else {
			assert_true(*text != '{' && *text != '}');
			*end++ = *text++;
		}
	}
	*end = '\0';
	return out;
}

static void every_language_has_every_kind(void **state)
{
	static const char *const wanted[] = {"en", "ar", "id", "it", "ru", "es", "pt", "hi", "fr", "de"};
	size_t languages = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_non_null(texts_built_in(TEXT_SMS, wanted[i], strlen(wanted[i])));
	for (; texts_language(languages); languages++)
		for (int kind = 0; kind < KINDS; kind++)
			assert_true(text_of((enum text_kind)kind, languages)[0]);
	assert_int_equal(languages, sizeof(wanted) / sizeof(wanted[0]));
}

static void each_says_code_and_expiry(void **state)
{
	static const struct {
		enum text_kind kind;
		const char *word;
		size_t times;
	} rows[] = {
		{TEXT_SMS, "{code}", 1},     {TEXT_SMS, "{minutes}", 1},   {TEXT_SMS, "{host}", 1},
		{TEXT_EMAIL, "{code}", 1},   {TEXT_EMAIL, "{minutes}", 1}, {TEXT_EMAIL, "{host}", 1},
		{TEXT_VOICE, "{digits}", 2}, {TEXT_VOICE, "{minutes}", 1}, {TEXT_SUBJECT, "{host}", 1},
		{TEXT_SUBJECT, "{code}", 0}, {TEXT_VOICE, "{code}", 0},
	};

	(void)state;
	for (size_t i = 0; texts_language(i); i++)
		for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
			if (count(text_of(rows[k].kind, i), rows[k].word) != rows[k].times)
				fail_msg("%s: \"%s\" has %s not %zu times", texts_language(i), text_of(rows[k].kind, i),
					 rows[k].word, rows[k].times);
}

/* Two sentences or more: one tells it to be nobody else's. A subject is one line; a mail's last line ends. */
static void each_has_its_form(void **state)
{
	(void)state;
	for (size_t i = 0; texts_language(i); i++) {
		const char *mail = text_of(TEXT_EMAIL, i);

		assert_null(strchr(text_of(TEXT_SMS, i), '\n'));
		assert_null(strchr(text_of(TEXT_SUBJECT, i), '\n'));
		assert_null(strchr(text_of(TEXT_VOICE, i), '\n'));
		assert_int_equal(count(mail, "\n"), 4);
		assert_int_equal(mail[strlen(mail) - 1], '\n');
	}
}

static void an_sms_is_one_segment(void **state)
{
	static const char *const unicode[] = {"ar", "hi", "ru"};

	(void)state;
	for (size_t i = 0; texts_language(i); i++) {
		bool wide = false;
		const char *text;
		struct sms_size size;

		for (size_t k = 0; k < 3; k++)
			wide = wide || strcmp(unicode[k], texts_language(i)) == 0;
		text = filled(text_of(TEXT_SMS, i), wide ? "web1.example" : "gateway.example.com.");
		size = sms_measure(text);
		if (size.unicode != wide || size.segments != 1)
			fail_msg("%s: %s, %zu units: %s", texts_language(i), size.unicode ? "UCS-2" : "GSM-7",
				 size.units, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_language_has_every_kind),
		cmocka_unit_test(each_says_code_and_expiry),
		cmocka_unit_test(each_has_its_form),
		cmocka_unit_test(an_sms_is_one_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
