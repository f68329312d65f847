#include "tools/otpctl/setup_answers.h"

#include "daemon/base/config.h"
#include "daemon/sender/http.h"
#include "daemon/sender/memory.h"
#include "tools/otpctl/meta_versions.h"
#include "tools/otpctl/otpctl.h"
#include "tools/otpctl/output.h"
#include "tools/otpctl/secret_word.h"
#include "tools/otpctl/terminal.h"
#include "wire/codec.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define LINE_LENGTH 2048

static const struct setup_gateway gateways[] = {
	{"twilio", false, true, false, "token"},      {"vonage", false, true, false, "token"},
	{"infobip", true, false, false, "token"},     {"unifonic", false, true, true, "password"},
	{"authentica", false, false, false, "token"},
};

const struct setup_gateway *setup_gateway_find(const char *driver)
{
	for (size_t i = 0; i < sizeof(gateways) / sizeof(gateways[0]); i++)
		if (strcmp(gateways[i].driver, driver) == 0)
			return &gateways[i];
	return NULL;
}

/* Forms: NULL, or what is wrong. */

static const char *digits_error(const char *text)
{
	return text[0] && !text[strspn(text, DIGITS)] ? NULL : "wants digits, as WhatsApp Manager shows them";
}

static const char *template_error(const char *text)
{
	return text[0] && !text[strspn(text, "abcdefghijklmnopqrstuvwxyz_" DIGITS)] ? NULL
										    : "wants a name of a-z, 0-9 and _";
}

static const char *languages_error(const char *text)
{
	return text[0] && text[0] != ' ' && !text[strspn(text, LETTERS "_ ")]
		       ? NULL
		       : "wants languages as the template has them: en_US ar";
}

static const char *yes_error(const char *text)
{
	return strcmp(text, "yes") == 0 || strcmp(text, "no") == 0 ? NULL : "wants yes or no";
}

static const char *gateway_error(const char *text)
{
	return strcmp(text, "none") == 0 || setup_gateway_find(text)
		       ? NULL
		       : "wants none, twilio, vonage, infobip, unifonic or authentica";
}

static const char *url_error(const char *text)
{
	return http_url_error(text);
}

static const char *optional_url_error(const char *text)
{
	return text[0] ? http_url_error(text) : NULL;
}

static const char *word_error(const char *text)
{
	return text[0] && !strpbrk(text, " \t") ? NULL : "wants one word";
}

static const char *some_error(const char *text)
{
	return text[0] ? NULL : "is empty";
}

static const char *countries_error(const char *text)
{
	static const char what[] = "wants country codes with +, as +966 +971, or nothing for all";
	char copy[LINE_LENGTH], *state = NULL;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word = strtok_r(copy, " ", &state); word; word = strtok_r(NULL, " ", &state))
		if (word[0] != '+' || word[1] < '1' || word[1] > '9' || word[1 + strspn(word + 1, DIGITS)] ||
		    strlen(word) >= PHONE_MAX)
			return what;
	return NULL;
}

static const char *unenrolled_error(const char *text)
{
	return strcmp(text, "deny") == 0 || strcmp(text, "ignore") == 0 ? NULL : "wants deny or ignore";
}

static const char *version_error(const char *text)
{
	size_t major = text[0] == 'v' ? strspn(text + 1, DIGITS) : 0;
	const char *minor = text + 1 + major;

	return major > 0 && minor[0] == '.' && minor[1] && !minor[1 + strspn(minor + 1, DIGITS)] ? NULL : "wants v25.0";
}

static const char *path_error(const char *text)
{
	return !text[0] || text[0] == '/' ? NULL : "wants an absolute path";
}

static const struct question {
	const char *name, *prompt;
	const char *otherwise; /* the default where there is nothing; NULL: an answer is needed */
	const char *(*error)(const char *text);
	bool secret;
} questions[SETUP_KEYS] = {
	[SETUP_TOKEN] = {"token", "Access token of the system user (is not shown)", NULL, word_error, true},
	[SETUP_PHONE_NUMBER_ID] = {"phone_number_id", "Phone number id (WhatsApp Manager, API setup)", NULL,
				   digits_error, false},
	[SETUP_WABA_ID] = {"waba_id", "WhatsApp Business account id", NULL, digits_error, false},
	[SETUP_TEMPLATE] = {"template", "Name of the template", "login_code", template_error, false},
	[SETUP_LANGUAGES] = {"languages", "Its languages, the one for everybody else first", "en_US", languages_error,
			     false},
	[SETUP_CREATE_TEMPLATE] = {"create_template", "Create what is missing?", "no", yes_error, false},
	[SETUP_SMS] = {"sms", "SMS where WhatsApp fails: none, twilio, vonage, infobip, unifonic, authentica", "none",
		       gateway_error, false},
	[SETUP_SMS_BASE_URL] = {"sms_base_url", "Base URL of the SMS account", NULL, url_error, false},
	[SETUP_SMS_ACCOUNT] = {"sms_account", "SMS account (Account SID, API key, AppSid)", NULL, word_error, false},
	[SETUP_SMS_USER] = {"sms_user", "User of the SMS account", NULL, some_error, false},
	[SETUP_SMS_SENDER] = {"sms_sender", "Sender of SMS, a name or a number", NULL, some_error, false},
	[SETUP_SMS_TOKEN] = {"sms_token", "Token or password of the SMS account (is not shown)", NULL, word_error,
			     true},
	[SETUP_HOSTNAME] = {"hostname", "Name of this host in prompts and messages", "", word_error, false},
	[SETUP_COUNTRIES] = {"countries", "Country codes that get messages (+966 +971), empty for all", "",
			     countries_error, false},
	[SETUP_UNENROLLED] = {"unenrolled", "Users who are not enrolled: deny (no login) or ignore (no code asked)",
			      "deny", unenrolled_error, false},
	[SETUP_API_VERSION] = {"api_version", "", META_VERSION_DEFAULT, version_error, false},
	[SETUP_BASE_URL] = {"base_url", "", "", optional_url_error, false},
	[SETUP_CA_FILE] = {"ca_file", "", "", path_error, false},
};

const char *setup_answers_name(enum setup_key key)
{
	return questions[key].name;
}

const char *setup_answers_value(const struct setup_answers *answers, enum setup_key key)
{
	return answers->value[key] ? answers->value[key] : "";
}

/* What is written into the config between quotes must not end them, and names no variable. */
static const char *error_of(enum setup_key key, const char *text)
{
	if (!wire_text_ok(text, strlen(text)) || (!questions[key].secret && strpbrk(text, "\"\\$")))
		return "holds a quote, a backslash, a $ or a control character";
	return questions[key].error(text);
}

static void set(char **at, const char *text)
{
	memory_free(*at);
	*at = strdup(text);
	if (!*at)
		abort();
}

void setup_answers_offer(struct setup_answers *answers, enum setup_key key, const char *text)
{
	set(&answers->present[key], text);
}

void setup_answers_clear(struct setup_answers *answers)
{
	for (size_t i = 0; i < SETUP_KEYS; i++) {
		memory_free(answers->given[i]);
		memory_free(answers->present[i]);
		memory_free(answers->value[i]);
	}
	*answers = (struct setup_answers){0};
}

/* The file. */

static char *trim(char *text)
{
	size_t length;

	text += strspn(text, " \t");
	length = strcspn(text, "\r\n");
	while (length > 0 && strchr(" \t", text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

static int wrong_line(const char *file, int line, const char *what, const char *why)
{
	output_error("%s:%d: %s: %s", file, line, what, why);
	return EXIT_USAGE;
}

static int take_secret(const char *file, int line, enum setup_key key, const char *text, char **ret)
{
	static const struct secret_word_terms terms = {.what = "the secret", .least = 1, .most = 2000};
	const char *path = text[0] == '@' ? text + 1 : strncmp(text, "file:", 5) == 0 ? text + 5 : NULL;
	char word[LINE_LENGTH];
	int status;

	if (!path || path[0] != '/')
		return wrong_line(file, line, questions[key].name,
				  "a secret does not stand in this file: name another, as @/PATH or file:/PATH");
	status = secret_word_read("setup", path, &terms, word, sizeof(word));
	if (status == EXIT_OK)
		set(ret, word);
	explicit_bzero(word, sizeof(word));
	return status;
}

static int take_line(const char *file, int line, char *text, struct setup_answers *ret)
{
	char *equals = strchr(text, '='), *name, *value;
	size_t key = 0;
	const char *error;

	name = trim(text);
	if (!*name || *name == '#')
		return EXIT_OK;
	if (!equals)
		return wrong_line(file, line, "KEY = VALUE", "is how a line looks");
	*equals = '\0';
	name = trim(text);
	value = trim(equals + 1);
	while (key < SETUP_KEYS && strcmp(questions[key].name, name) != 0)
		key++;
	if (key == SETUP_KEYS)
		return wrong_line(file, line, name, "is no question of setup; see whatsapp-otpctl(8)");
	if (ret->given[key])
		return wrong_line(file, line, name, "is answered twice");
	if (questions[key].secret)
		return take_secret(file, line, (enum setup_key)key, value, &ret->given[key]);
	error = error_of((enum setup_key)key, value);
	if (error)
		return wrong_line(file, line, name, error);
	set(&ret->given[key], value);
	return EXIT_OK;
}

int setup_answers_read(const char *file, struct setup_answers *ret)
{
	FILE *stream = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	int status = EXIT_OK;
	char line[LINE_LENGTH];

	ret->unattended = true;
	if (!stream) {
		output_error("--answers %s: %s", file, strerror(errno));
		return EXIT_USAGE;
	}
	for (int n = 1; status == EXIT_OK && fgets(line, sizeof(line), stream); n++)
		status = strchr(line, '\n') || feof(stream) ? take_line(file, n, line, ret)
							    : wrong_line(file, n, "line", "is too long");
	if (ferror(stream) && status == EXIT_OK) {
		output_error("--answers %s: cannot be read", file);
		status = EXIT_USAGE;
	}
	if (stream != stdin)
		fclose(stream);
	return status;
}

/* Questions. */

static const char *default_of(const struct setup_answers *answers, enum setup_key key)
{
	if (answers->given[key])
		return answers->given[key];
	return answers->present[key] ? answers->present[key] : questions[key].otherwise;
}

int setup_answers_take(struct setup_answers *answers, enum setup_key key)
{
	const char *text = default_of(answers, key), *error = text ? error_of(key, text) : "is missing";

	if (error) {
		output_error("setup: %s: %s", questions[key].name, error);
		return EXIT_USAGE;
	}
	set(&answers->value[key], text);
	return EXIT_OK;
}

static bool ask_once(const struct setup_answers *answers, enum setup_key key, char line[static LINE_LENGTH])
{
	const struct question *q = &questions[key];
	const char *otherwise = default_of(answers, key);
	char prompt[LINE_LENGTH];

	if (q->secret)
		snprintf(prompt, sizeof(prompt), "%s%s: ", q->prompt, otherwise ? " [keep the present one]" : "");
	else
		snprintf(prompt, sizeof(prompt), "%s%s%s%s: ", q->prompt, otherwise && *otherwise ? " [" : "",
			 otherwise ? otherwise : "", otherwise && *otherwise ? "]" : "");
	return q->secret ? terminal_ask_secret(prompt, line, LINE_LENGTH) : terminal_ask(prompt, line, LINE_LENGTH);
}

int setup_answers_ask(struct setup_answers *answers, enum setup_key key)
{
	const char *otherwise, *error;
	char line[LINE_LENGTH], *typed;

	if (answers->unattended)
		return setup_answers_take(answers, key);
	for (;;) {
		if (!ask_once(answers, key, line)) {
			output_error("setup: no more answers; nothing was written");
			return EXIT_REFUSED;
		}
		typed = trim(line);
		otherwise = default_of(answers, key);
		if (!*typed && otherwise)
			typed = strcpy(line, strlen(otherwise) < sizeof(line) ? otherwise : "");
		if (strcmp(typed, "-") == 0 && !questions[key].secret)
			typed = strcpy(line, "");
		error = error_of(key, typed);
		if (!error)
			break;
		fprintf(stderr, "  %s\n", error);
	}
	set(&answers->value[key], typed);
	explicit_bzero(line, sizeof(line));
	return EXIT_OK;
}
