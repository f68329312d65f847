#include "tools/otpctl/pam_arguments.h"

#include "wire/client.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX 512

struct judging {
	const struct config *config;
	const struct pam_rule *rule;
	pam_findings_report report;
	void *userdata;
};

static void found(const struct judging *j, bool fatal, const char *word, const char *what, const char *advice)
{
	char sentence[WORD_MAX + 256];
	const struct pam_finding finding = {fatal, j->rule, sentence, advice};

	snprintf(sentence, sizeof(sentence), "%s: %s", word, what);
	j->report(j->userdata, &finding);
}

static void judge_nullok(const struct judging *j, const char *word, const char *value)
{
	(void)value;
	found(j, false, word, "whoever is not enrolled gets in without a code",
	      "take it out when everybody is enrolled");
}

static void judge_policy(const struct judging *j, const char *word, const char *value)
{
	if (j->config && !config_policy(j->config, value))
		found(j, true, word, "the config has no such policy, so the login is refused",
		      "add it, or correct its name");
}

static void judge_socket(const struct judging *j, const char *word, const char *value)
{
	if (value[0] != '/')
		found(j, true, word, "is not an absolute path, so the login is refused", "write it from / on");
	else if (j->config && strcmp(j->config->core.login_socket, value) != 0)
		found(j, true, word, "is not the login_socket of the config: nobody listens there",
		      "take it out, or write the same path in both");
}

static void judge_failmode(const struct judging *j, const char *word, const char *value)
{
	if (strcmp(value, "allow") == 0)
		found(j, false, word, "everybody gets in without a code while no core can be reached",
		      "take it out if that is not meant");
	else if (strcmp(value, "deny") != 0)
		found(j, true, word, "wants deny or allow, so the login is refused", "correct it");
}

static void judge_timeout(const struct judging *j, const char *word, const char *value)
{
	if (value[0] < '1' || value[0] > '0' + WIRE_REPLY_MS / 1000 || value[1])
		found(j, true, word, "wants whole seconds, 1 to 5, so the login is refused", "correct it");
}

/* What ends with "=" takes a value. NULL: there is nothing to say about it. */
static const struct {
	const char *name;
	void (*judge)(const struct judging *j, const char *word, const char *value);
} known[] = {
	{"nullok", judge_nullok},    {"debug", NULL},           {"quiet", NULL},
	{"policy=", judge_policy},   {"socket=", judge_socket}, {"failmode=", judge_failmode},
	{"timeout=", judge_timeout},
};

static void judge_word(const struct judging *j, const char *word)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t length = strlen(known[i].name);
		bool takes_value = known[i].name[length - 1] == '=';

		if (strncmp(word, known[i].name, length) != 0 || (!takes_value && word[length]))
			continue;
		if (known[i].judge)
			known[i].judge(j, word, word + length);
		return;
	}
	found(j, true, word, "the module has no such argument, so every login is refused",
	      "correct it, see pam_whatsapp_otp(8)");
}

/* As libpam takes a line apart: "[a b]" is one word, without its brackets, in which "\]" is "]". */
static const char *next_word(const char *line, char word[static WORD_MAX])
{
	size_t n = 0;

	line += strspn(line, " \t\r");
	if (!*line)
		return NULL;
	if (*line == '[') {
		for (line++; *line && *line != ']'; line++) {
			line += line[0] == '\\' && line[1] == ']';
			if (n < WORD_MAX - 1)
				word[n++] = *line;
		}
		line += *line == ']';
	} else {
		for (; *line && !strchr(" \t\r", *line); line++)
			if (n < WORD_MAX - 1)
				word[n++] = *line;
	}
	word[n] = '\0';
	return line;
}

void pam_arguments_judge(const struct pam_stack *stack, const struct config *config, pam_findings_report report,
			 void *userdata)
{
	for (size_t i = 0; i < stack->count; i++) {
		const struct judging j = {config, &stack->rules[i], report, userdata};
		const char *line = stack->rules[i].arguments;
		char word[WORD_MAX];

		if (!pam_rule_calls(&stack->rules[i], PAM_OUR_MODULE))
			continue;
		while ((line = next_word(line, word)))
			judge_word(&j, word);
	}
}
