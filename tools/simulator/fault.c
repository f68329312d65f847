#include "tools/simulator/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct fault_word words[] = {
	{"paused", FAULT_STATUS, true, false, ANSWER_SEND, 200, "paused"},
	{"held", FAULT_STATUS, true, false, ANSWER_SEND, 200, "held_for_quality_assessment"},
	{"noid", FAULT_NO_ID, false, true, ANSWER_SEND, 200, NULL},
	{"silent", FAULT_SILENT, false, true, ANSWER_SEND, 200, NULL},
	{"html", FAULT_HTTP, false, true, ANSWER_SEND, 200,
	 "<!doctype html><title>Sign in</title><p>Welcome to the hotel.\n"},
	{"truncated", FAULT_HTTP, false, true, ANSWER_SEND, 200,
	 "{\"messaging_product\":\"whatsapp\",\"messages\":[{\"id\":\"wam"},
	{"reset", FAULT_HTTP, false, true, ANSWER_RESET, 0, ""},
	{"hang", FAULT_HTTP, false, true, ANSWER_HANG, 0, ""},
	{"http500", FAULT_HTTP, false, false, ANSWER_SEND, 500, "Internal Server Error\n"},
	{"http429", FAULT_HTTP, false, false, ANSWER_SEND, 429, "Too Many Requests\n"},
	{"redirect", FAULT_HTTP, false, false, ANSWER_SEND, 301, "Moved Permanently\n"},
};

static const struct fault_word *word_find(const char *name)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].name, name) == 0)
			return &words[i];
	return NULL;
}

/* "131026" or "131026:500". */
static bool parse_code(const char *text, struct fault *ret)
{
	unsigned long code, status = 0;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	code = strtoul(text, &end, 10);
	if (*end == ':' && end[1] >= '1' && end[1] <= '9') {
		status = strtoul(end + 1, &end, 10);
		if (status < 200 || status > 599)
			return false;
	}
	if (*end || code > 9999999)
		return false;
	ret->code = (int)code;
	ret->status = (unsigned)status;
	return true;
}

static const char *parse_channel(const char *text, enum channel *ret)
{
	for (int c = CHANNEL_WHATSAPP; c <= CHANNEL_SMS; c++) {
		size_t n = strlen(channel_names[c]);

		if (strncmp(text, channel_names[c], n) == 0 && text[n] == ':') {
			*ret = (enum channel)c;
			return text + n + 1;
		}
	}
	return text;
}

const char *fault_parse(const char *text, struct fault *ret)
{
	size_t n;

	*ret = (struct fault){.channel = CHANNEL_WHATSAPP};
	text = parse_channel(text, &ret->channel);
	n = strspn(text, "0123456789");
	if (n == 0 || n >= sizeof(ret->suffix) || text[n] != '=')
		return "must begin with 1 to 15 digits and \"=\", for example 0001=131026";
	memcpy(ret->suffix, text, n);
	text += n + 1;
	ret->word = word_find(text);
	if (!ret->word && !parse_code(text, ret))
		return "wants an error code, or a code and an HTTP status (131026:400), or one of the words of --help";
	if (ret->word && ret->word->whatsapp_only && ret->channel != CHANNEL_WHATSAPP)
		return "names a word that only WhatsApp knows";
	return NULL;
}

const struct fault *fault_find(const struct fault *faults, size_t n, enum channel channel, const char *to)
{
	const struct fault *best = NULL;
	size_t best_n = 0, to_n = strlen(to);

	for (size_t i = 0; i < n; i++) {
		size_t suffix_n = strlen(faults[i].suffix);

		if (faults[i].channel == channel && suffix_n > best_n && suffix_n <= to_n &&
		    strcmp(to + to_n - suffix_n, faults[i].suffix) == 0) {
			best = &faults[i];
			best_n = suffix_n;
		}
	}
	return best;
}

enum fault_kind fault_kind(const struct fault *fault)
{
	return fault->word ? fault->word->kind : FAULT_CODE;
}

bool fault_is_uncertain(const struct fault *fault)
{
	return fault->word && fault->word->uncertain;
}

const char *fault_name(const struct fault *fault, char name[static 16])
{
	if (fault->word)
		return fault->word->name;
	snprintf(name, 16, "%d", fault->code);
	return name;
}

void fault_answer(const struct fault *fault, const char *elsewhere, struct answer *answer)
{
	const struct fault_word *word = fault->word;

	answer->how = word->how;
	snprintf(answer->reason, sizeof(answer->reason), "--fail %s=%s", fault->suffix, word->name);
	answer_text(answer, word->status, word->text[0] == '<' ? "text/html" : ANSWER_JSON, word->text);
	if (word->status >= 300)
		answer->type = "text/plain";
	if (word->status == 301)
		answer_header(answer, "Location", "%s", elsewhere);
	if (word->status == 429)
		answer_header(answer, "Retry-After", "1");
}
