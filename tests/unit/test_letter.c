/* A mail as it travels: nothing that stands in it can end a line, and every line is short enough. */
#include "daemon/sender/letter.h"
#include "daemon/sender/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void addresses(void **state)
{
	static const char *const good[] = {"alice@example.org", "a.b+c@x.example", "o'neil@example.org", "1@1.example",
					   "a_b-c=d@localhost"};
	static const char *const bad[] = {
		"",
		"alice",
		"@example.org",
		"alice@",
		"a@b@example.org",
		"alice@example.org\r\nBcc: eve@example.org",
		"alice@example.org\n",
		"alice@example.org ",
		" alice@example.org",
		"Alice <alice@example.org>",
		"\"a b\"@example.org",
		"alice@example.org,eve@example.org",
		"alice@[192.0.2.1]",
		"a..b@example.org",
		".a@example.org",
		"a.@example.org",
		"a@.example.org",
		"a@example.org.",
		"-a@example.org",
		"a@-example.org",
		"علي@example.org",
		"a@exämple.org",
		"a\x7f@example.org",
		"a<b@example.org",
	};
	char name[66 + sizeof("@example.org")], host[300];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!letter_address_ok(good[i]))
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (letter_address_ok(bad[i]))
			fail_msg("%s", bad[i]);
	memset(name, 'a', 65);
	strcpy(name + 65, "@example.org");
	assert_false(letter_address_ok(name));
	assert_true(letter_address_ok(name + 1));
	memset(host, 'b', 256);
	host[256] = '\0';
	host[0] = 'a';
	host[1] = '@';
	assert_false(letter_address_ok(host));
	host[255] = '\0';
	assert_true(letter_address_ok(host));
}

static char *write_one(const char *subject, const char *text)
{
	const struct letter letter = {"0123456789abcdef", "otp@example.org", "alice@example.com", subject, text};
	char *out = letter_write(&letter, 1763755200);

	assert_non_null(out);
	return out;
}

static void a_whole_letter(void **state)
{
	char *letter = write_one("Your code", "493817 is your code.\nKeep it.\n");

	(void)state;
	assert_string_equal(letter, "Date: Fri, 21 Nov 2025 20:00:00 +0000\r\n"
				    "Message-ID: <0123456789abcdef@example.org>\r\n"
				    "From: otp@example.org\r\n"
				    "To: alice@example.com\r\n"
				    "Subject: =?UTF-8?B?WW91ciBjb2Rl?=\r\n"
				    "Auto-Submitted: auto-generated\r\n"
				    "MIME-Version: 1.0\r\n"
				    "Content-Type: text/plain; charset=UTF-8\r\n"
				    "Content-Transfer-Encoding: base64\r\n"
				    "\r\n"
				    "NDkzODE3IGlzIHlvdXIgY29kZS4NCktlZXAgaXQuDQo=\r\n");
	memory_free(letter);
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

static void a_subject_adds_no_header(void **state)
{
	char *letter = write_one("x\r\nBcc: eve@example.org\r\n\r\nhello", "t\n");

	(void)state;
	assert_null(strstr(letter, "Bcc"));
	assert_int_equal(count(letter, "\r\n\r\n"), 1);
	memory_free(letter);
}

static void a_long_subject_is_cut_between_characters(void **state)
{
	/* A word holds 39 bytes, which would cut the last character in two. */
	char *letter = write_one("ررررررررررررررررررررررررررررررر", "t\n");
	const char *subject = strstr(letter, "Subject: ");

	(void)state;
	assert_non_null(
		strstr(subject, "=?UTF-8?B?2LHYsdix2LHYsdix2LHYsdix2LHYsdix2LHYsdix2LHYsdix2LE=?=\r\n =?UTF-8?B?"));
	assert_int_equal(count(letter, "=?UTF-8?B?"), 2);
	memory_free(letter);
	letter = write_one("", "t\n");
	assert_non_null(strstr(letter, "\r\nSubject:\r\n"));
	memory_free(letter);
}

static void lines_are_short_whatever_is_in_them(void **state)
{
	char text[401];

	(void)state;
	for (size_t length = 0; length <= 400; length++) {
		char *letter, *line, *next;

		memset(text, 'a', length);
		text[length] = '\0';
		for (size_t i = 1; i < length; i += 1 + i / 3)
			text[i] = '\n'; /* a pair of CR and LF falls on every place of a line */
		letter = write_one(text, text);
		for (line = letter; *line; line = next + 2) {
			next = strstr(line, "\r\n");
			assert_non_null(next);
			assert_true(next - line <= 76);
			assert_null(memchr(line, '\n', (size_t)(next - line)));
		}
		memory_free(letter);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(a_whole_letter),
		cmocka_unit_test(a_subject_adds_no_header),
		cmocka_unit_test(a_long_subject_is_cut_between_characters),
		cmocka_unit_test(lines_are_short_whatever_is_in_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
