#include "daemon/core/challenge.h"

#include "daemon/base/clock.h"
#include "daemon/base/hex.h"

#include <errno.h>
#include <string.h>

const char *const challenge_state_names[] = {"open", "used", "burned", "expired", "cancelled", NULL};

/* Where decimal digits begin in the scripts of those who log in; UTF-8 of U+0030, U+0660, U+06F0, U+0966. */
static const struct {
	const char *prefix;
	unsigned char zero;
} digit_scripts[] = {{"", '0'}, {"\xd9", 0xa0}, {"\xdb", 0xb0}, {"\xe0\xa5", 0xa6}};

/* Returns how many bytes a digit takes at s, 0 if there is none. */
static size_t digit_at(const char *s, char *ret)
{
	for (size_t i = 0; i < sizeof(digit_scripts) / sizeof(digit_scripts[0]); i++) {
		size_t n = strlen(digit_scripts[i].prefix);
		unsigned value;

		if (strncmp(s, digit_scripts[i].prefix, n) != 0)
			continue;
		value = (unsigned)(unsigned char)s[n] - digit_scripts[i].zero;
		if (value <= 9) {
			*ret = (char)('0' + value);
			return n + 1;
		}
	}
	return 0;
}

static enum answer_kind parse_code(const char *s, char code[static WIRE_CODE_MAX])
{
	size_t n = 0;

	while (*s) {
		char digit;
		size_t length = digit_at(s, &digit);

		if (length > 0 && n < WIRE_CODE_MAX - 1)
			code[n++] = digit;
		else if (length > 0 || !strchr(" -\t", *s))
			return ANSWER_OTHER;
		s += length > 0 ? length : 1;
	}
	code[n] = '\0';
	return n > 0 ? ANSWER_CODE : ANSWER_EMPTY;
}

enum answer_kind answer_parse(const char *text, char code[static WIRE_CODE_MAX])
{
	static const struct {
		const char *word;
		enum answer_kind kind;
	} commands[] = {{"r", ANSWER_RESEND},
			{"R", ANSWER_RESEND},
			{"s", ANSWER_NEXT_CHANNEL},
			{"S", ANSWER_NEXT_CHANNEL},
			{"?", ANSWER_HELP}};
	size_t start = strspn(text, " \t"), length = strcspn(text + start, " \t");
	bool alone = text[start + length + strspn(text + start + length, " \t")] == '\0';

	code[0] = '\0';
	for (size_t i = 0; alone && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (length == strlen(commands[i].word) && strncmp(text + start, commands[i].word, length) == 0)
			return commands[i].kind;
	return parse_code(text + start, code);
}

int64_t challenge_resend_wait(const struct challenge *challenge, const struct config_limits *limits, int64_t now)
{
	size_t i = challenge->sends > 0 ? (size_t)challenge->sends - 1 : 0;
	int64_t due;

	if (challenge->sends == 0)
		return 0;
	if (i >= limits->resend_cooldown_count)
		i = limits->resend_cooldown_count - 1;
	due = challenge->last_send + limits->resend_cooldown[i] * SECOND;
	return due > now ? due - now : 0;
}

int64_t challenge_lock_time(const struct config_limits *limits, int64_t failures)
{
	int64_t seconds = limits->lock_time;

	if (failures == 0 || failures % limits->lock_after != 0)
		return 0;
	for (int64_t i = limits->lock_after; i < failures && seconds < limits->lock_time_max; i += limits->lock_after)
		seconds *= 2;
	return (seconds < limits->lock_time_max ? seconds : limits->lock_time_max) * SECOND;
}

void challenge_id_format(const unsigned char id[static KEYS_ID_SIZE], char text[static WIRE_ID_MAX])
{
	hex_format(id, KEYS_ID_SIZE, text);
}

int challenge_id_parse(const char *text, unsigned char id[static KEYS_ID_SIZE])
{
	/* One id has one spelling. */
	if (strlen(text) != 2 * KEYS_ID_SIZE || strpbrk(text, "ABCDEF"))
		return -EINVAL;
	return hex_parse(text, id, KEYS_ID_SIZE) ? 0 : -EINVAL;
}
