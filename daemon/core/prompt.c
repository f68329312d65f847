#include "daemon/core/prompt.h"

#include <stdio.h>
#include <string.h>

/* {at} is "[host] ", {to} "WhatsApp (…34)", {fallback} ", by SMS in 25 s if it does not arrive" or nothing. */
static const char *const texts[] = {
	[PROMPT_UNSENT] = "{at}Code from {to}, or Enter to send one: ",
	[PROMPT_SENT] = "{at}Code sent to {to}{fallback}. Code: ",
	[PROMPT_RESUMED] = "{at}Code was sent to {to}{fallback}; r sends a new one. Code: ",
	[PROMPT_WRONG] = "{at}Wrong code, {left}. Code from {to}: ",
	[PROMPT_RESENT] = "{at}New code sent to {to}{fallback}; the old one is void. Code: ",
	[PROMPT_NEXT] = "{at}Code sent to {to}. Code: ",
	[PROMPT_NO_NEXT] = "{at}There is no other way left to send it; r sends a new one. Code: ",
	[PROMPT_WAIT] = "{at}A new code can be sent in {wait}. Code from {to}: ",
	[PROMPT_LIMITED] = "{at}Too many codes were sent, the next one can be in {wait}. Code: ",
	[PROMPT_UNDELIVERED] = "{at}The code could not be delivered; r sends a new one. Code: ",
	[PROMPT_DELAYED] = "{at}No code can be sent just now; it comes as soon as that is mended. Code: ",
	[PROMPT_NO_CHANNEL] = "{at}No code can be sent just now: ask your administrator, or Enter to try again. Code: ",
	[PROMPT_HELP] = "Type the code, r for a new code{or_next}, Enter alone to {enter}.\n{at}Code: ",
};

static void format_wait(int64_t seconds, char *text, size_t size)
{
	if (seconds < 100)
		snprintf(text, size, "%lld s", (long long)(seconds > 0 ? seconds : 1));
	else if (seconds < 5400)
		snprintf(text, size, "%lld min", (long long)((seconds + 59) / 60));
	else
		snprintf(text, size, "%lld h", (long long)((seconds + 3599) / 3600));
}

struct words {
	char at[WIRE_NAME_MAX + 4], to[64], fallback[96], left[32], wait[32], or_next[48];
	const char *enter;
};

static void find_words(const struct prompt *p, struct words *w)
{
	snprintf(w->at, sizeof(w->at), "[%s] ", p->host);
	if (p->digits[0])
		snprintf(w->to, sizeof(w->to), "%s (…%s)", p->channel, p->digits);
	else
		snprintf(w->to, sizeof(w->to), "%s", p->channel);
	if (p->next) {
		snprintf(w->fallback, sizeof(w->fallback), ", by %s in %lld s if it does not arrive", p->next,
			 (long long)(p->next_seconds > 0 ? p->next_seconds : 1));
		snprintf(w->or_next, sizeof(w->or_next), ", s to get it by %s now", p->next);
	}
	snprintf(w->left, sizeof(w->left), "%lld %s left", (long long)p->tries_left,
		 p->tries_left == 1 ? "try" : "tries");
	format_wait(p->seconds, w->wait, sizeof(w->wait));
	w->enter = p->unsent ? "send one" : "give up";
}

static const char *word_for(const struct words *w, const char *name, size_t length)
{
	const struct {
		const char *name, *text;
	} table[] = {{"at", w->at},     {"to", w->to},           {"fallback", w->fallback}, {"left", w->left},
		     {"wait", w->wait}, {"or_next", w->or_next}, {"enter", w->enter}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strlen(table[i].name) == length && strncmp(table[i].name, name, length) == 0)
			return table[i].text;
	return "";
}

void prompt_format(const struct prompt *prompt, char text[static WIRE_PROMPT_MAX])
{
	struct words words = {0};
	size_t used = 0;

	find_words(prompt, &words);
	for (const char *s = texts[prompt->kind]; *s && used < WIRE_PROMPT_MAX - 1; s++) {
		size_t length = *s == '{' ? strcspn(s, "}") : 0;
		const char *piece = length ? word_for(&words, s + 1, length - 1) : s;
		size_t n = length ? strlen(piece) : 1;

		if (n > WIRE_PROMPT_MAX - 1 - used)
			n = WIRE_PROMPT_MAX - 1 - used;
		memcpy(text + used, piece, n);
		used += n;
		s += length;
	}
	text[used] = '\0';
}
