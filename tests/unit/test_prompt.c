/* daemon/core/prompt: the very words, and that they fit every host. */
#include "daemon/core/prompt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#define LONGEST "a-host-name-as-long-as-a-label-of-the-domain-name-system-can-be"

static const struct {
	struct prompt prompt;
	const char *text;
} prompts[] = {
	{{PROMPT_UNSENT, .digits = "34"}, "[web1] Code from WhatsApp (…34), or Enter to send one: "},
	{{PROMPT_UNSENT, .digits = ""}, "[web1] Code from WhatsApp, or Enter to send one: "},
	{{PROMPT_SENT, .digits = "34", .next = "SMS", .next_seconds = 25},
	 "[web1] Code sent to WhatsApp (…34), by SMS in 25 s if it does not arrive. Code: "},
	{{PROMPT_SENT, .digits = "34"}, "[web1] Code sent to WhatsApp (…34). Code: "},
	{{PROMPT_SENT, .digits = "", .next = "SMS", .next_seconds = -3},
	 "[web1] Code sent to WhatsApp, by SMS in 1 s if it does not arrive. Code: "},
	{{PROMPT_RESUMED, .digits = "34", .next = "SMS", .next_seconds = 7},
	 "[web1] Code was sent to WhatsApp (…34), by SMS in 7 s if it does not arrive; r sends a new one. Code: "},
	{{PROMPT_RESUMED, .digits = "34"}, "[web1] Code was sent to WhatsApp (…34); r sends a new one. Code: "},
	{{PROMPT_WRONG, .digits = "34", .tries_left = 2},
	 "[web1] Wrong code, 2 tries left. Code from WhatsApp (…34): "},
	{{PROMPT_WRONG, .digits = "34", .tries_left = 1}, "[web1] Wrong code, 1 try left. Code from WhatsApp (…34): "},
	{{PROMPT_RESENT, .digits = "34", .next = "SMS", .next_seconds = 25},
	 "[web1] New code sent to WhatsApp (…34), by SMS in 25 s if it does not arrive; the old one is void. Code: "},
	{{PROMPT_NEXT, .digits = "34", .channel = "SMS"}, "[web1] Code sent to SMS (…34). Code: "},
	{{PROMPT_NO_NEXT, .digits = "34"}, "[web1] There is no other way left to send it; r sends a new one. Code: "},
	{{PROMPT_WAIT, .digits = "34", .seconds = 30},
	 "[web1] A new code can be sent in 30 s. Code from WhatsApp (…34): "},
	{{PROMPT_WAIT, .digits = "34", .seconds = 0},
	 "[web1] A new code can be sent in 1 s. Code from WhatsApp (…34): "},
	{{PROMPT_LIMITED, .digits = "34", .seconds = 99},
	 "[web1] Too many codes were sent, the next one can be in 99 s. Code: "},
	{{PROMPT_LIMITED, .digits = "34", .seconds = 181},
	 "[web1] Too many codes were sent, the next one can be in 4 min. Code: "},
	{{PROMPT_LIMITED, .digits = "34", .seconds = 86400},
	 "[web1] Too many codes were sent, the next one can be in 24 h. Code: "},
	{{PROMPT_UNDELIVERED, .digits = "34"}, "[web1] The code could not be delivered; r sends a new one. Code: "},
	{{PROMPT_DELAYED, .digits = "34"},
	 "[web1] No code can be sent just now; it comes as soon as that is mended. Code: "},
	{{PROMPT_NO_CHANNEL, .digits = "34"},
	 "[web1] No code can be sent just now: ask your administrator, or Enter to try again. Code: "},
	{{PROMPT_HELP, .digits = "34", .next = "SMS", .unsent = true},
	 "Type the code, r for a new code, s to get it by SMS now, Enter alone to send one.\n[web1] Code: "},
	{{PROMPT_HELP, .digits = "34"}, "Type the code, r for a new code, Enter alone to give up.\n[web1] Code: "},
};
#define COUNT (sizeof(prompts) / sizeof(prompts[0]))

static struct prompt on(const struct prompt *from, const char *host)
{
	struct prompt prompt = *from;

	prompt.host = host;
	if (!prompt.channel)
		prompt.channel = "WhatsApp";
	return prompt;
}

static void every_kind_has_its_words(void **state)
{
	bool seen[PROMPT_HELP + 1] = {false};

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		struct prompt prompt = on(&prompts[i].prompt, "web1");
		char text[WIRE_PROMPT_MAX];

		prompt_format(&prompt, text);
		assert_string_equal(text, prompts[i].text);
		seen[prompt.kind] = true;
	}
	for (size_t kind = 0; kind <= PROMPT_HELP; kind++)
		assert_true(seen[kind]);
}

static void check_form(const char *text)
{
	size_t length = strlen(text);
	const char *newline = strchr(text, '\n');

	assert_in_range(length, 3, 400);
	assert_string_equal(text + length - 2, ": ");
	assert_true(!newline || !strchr(newline + 1, '\n'));
	assert_int_not_equal(strncasecmp(text, "Password", 8), 0);
	assert_null(strchr(text, '{'));
	assert_true(wire_text_ok(text, newline ? (size_t)(newline - text) : length));
}

static void every_host_can_show_it(void **state)
{
	/* The worst that each part can be, all at once. */
	struct prompt worst = {.digits = "34",
			       .next = "SMS",
			       .next_seconds = INT64_MAX,
			       .seconds = INT64_MAX / 2,
			       .tries_left = INT64_MIN};
	char text[WIRE_PROMPT_MAX];

	(void)state;
	assert_int_equal(strlen(LONGEST), WIRE_NAME_MAX - 1);
	for (int kind = 0; kind <= PROMPT_HELP; kind++) {
		struct prompt prompt = on(&worst, LONGEST);

		prompt.kind = (enum prompt_kind)kind;
		prompt_format(&prompt, text);
		check_form(text);
		assert_non_null(strstr(text, "[" LONGEST "] "));
	}
	for (size_t i = 0; i < COUNT; i++) {
		struct prompt prompt = on(&prompts[i].prompt, "Password");

		prompt_format(&prompt, text);
		check_form(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_has_its_words),
		cmocka_unit_test(every_host_can_show_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
