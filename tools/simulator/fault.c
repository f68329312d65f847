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

const char *fault_parse_code(const char *text, enum provider provider, char ret[static FAULT_CODE_MAX])
{
	size_t n = strspn(text, "0123456789");

	if (provider == PROVIDER_META && (n == 0 || n > 7))
		return NULL;
	if (n == 0 && *text >= 'A' && *text <= 'Z')
		n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	if (n == 0 || n >= FAULT_CODE_MAX)
		return NULL;
	memcpy(ret, text, n);
	ret[n] = '\0';
	return text + n;
}

/* "131026" or "131026:500". */
static bool parse_code(const char *text, struct fault *ret)
{
	unsigned long status = 0;
	char *end;

	text = fault_parse_code(text, ret->provider, ret->code);
	if (!text)
		return false;
	if (*text == ':' && text[1] >= '1' && text[1] <= '9') {
		status = strtoul(text + 1, &end, 10);
		if (status < 200 || status > 599)
			return false;
		text = end;
	}
	ret->status = (unsigned)status;
	return !*text;
}

static bool skip_name(const char **text, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(*text, name, n) != 0 || (*text)[n] != ':')
		return false;
	*text += n + 1;
	return true;
}

const char *fault_parse_provider(const char *text, enum provider *ret)
{
	*ret = PROVIDER_META;
	if (skip_name(&text, "whatsapp"))
		return text;
	if (skip_name(&text, "sms")) {
		*ret = PROVIDER_GATEWAY;
		return text;
	}
	for (int p = 0; p < PROVIDERS; p++) {
		if (skip_name(&text, provider_names[p])) {
			*ret = (enum provider)p;
			return text;
		}
	}
	return text;
}

const char *fault_parse_suffix(const char *text, char ret[static 16])
{
	size_t n = strspn(text, "0123456789");

	if (n == 0 || n >= 16 || text[n] != '=')
		return NULL;
	memcpy(ret, text, n);
	ret[n] = '\0';
	return text + n + 1;
}

const char *fault_parse(const char *text, struct fault *ret)
{
	*ret = (struct fault){0};
	text = fault_parse_provider(text, &ret->provider);
	text = fault_parse_suffix(text, ret->suffix);
	if (!text)
		return "must begin with 1 to 15 digits and \"=\", for example 0001=131026";
	ret->word = word_find(text);
	if (!ret->word && !parse_code(text, ret))
		return "wants an error code, or a code and an HTTP status (131026:400), or one of the words of --help";
	if (ret->word && ret->word->meta_only && ret->provider != PROVIDER_META)
		return "names a word that only Meta knows";
	return NULL;
}

bool fault_suffix_fits(const char *suffix, const char *to)
{
	size_t suffix_n = strlen(suffix), to_n = strlen(to);

	return suffix_n <= to_n && strcmp(to + to_n - suffix_n, suffix) == 0;
}

const struct fault *fault_find(const struct fault *faults, size_t n, enum provider provider, const char *to)
{
	const struct fault *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (faults[i].provider == provider && fault_suffix_fits(faults[i].suffix, to) &&
		    (!best || strlen(faults[i].suffix) > strlen(best->suffix)))
			best = &faults[i];
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

const char *fault_name(const struct fault *fault)
{
	return fault->word ? fault->word->name : fault->code;
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
