#include "tools/otpctl/setup_account.h"

#include "daemon/sender/memory.h"
#include "tools/otpctl/meta_history.h"
#include "tools/otpctl/meta_templates.h"
#include "tools/otpctl/output.h"
#include "tools/otpctl/terminal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 20000
#define TTL_USUAL 300

/* Looks at one answer. EXIT_OK, or why it cannot be right. */
typedef int account_check(struct setup *setup, char why[static GRAPH_WHY_MAX]);

static const char *value(const struct setup *setup, enum setup_key key)
{
	return setup_answers_value(&setup->answers, key);
}

static void note(const struct setup *setup, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(const struct setup *setup, const char *format, ...)
{
	va_list args;

	if (setup->ctl->options.json)
		return;
	va_start(args, format);
	fputs("  ", stdout);
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	fflush(stdout);
}

static int ask(struct setup *setup, const enum setup_key *keys, size_t n)
{
	int status = EXIT_OK;

	for (size_t i = 0; i < n && status == EXIT_OK; i++)
		status = setup_answers_ask(&setup->answers, keys[i]);
	return status;
}

/*
 * Asks, checks, and asks again. Where Meta cannot be reached a person may go on without: whatever was wrong is then
 * said by doctor.
 */
static int ask_checked(struct setup *setup, const enum setup_key *keys, size_t n, account_check *check)
{
	for (;;) {
		char why[GRAPH_WHY_MAX] = "";
		int status = ask(setup, keys, n);

		if (status != EXIT_OK || setup->unchecked)
			return status;
		status = check(setup, why);
		if (status == EXIT_OK)
			return EXIT_OK;
		output_error("setup: %s: %s", setup_answers_name(keys[n - 1]), why);
		if (setup->answers.unattended || status == EXIT_USAGE)
			return status;
		if (status == EXIT_UNREACHABLE && terminal_confirm("Go on without asking Meta? [y/N] ", false)) {
			setup->unchecked = true;
			return EXIT_OK;
		}
	}
}

static int because(const struct graph_answer *answer, char why[static GRAPH_WHY_MAX])
{
	memcpy(why, answer->why, GRAPH_WHY_MAX);
	return answer->status;
}

static int open_graph(struct setup *setup, char why[static GRAPH_WHY_MAX])
{
	const struct graph_terms terms = {
		.base_url = value(setup, SETUP_BASE_URL),
		.api_version = value(setup, SETUP_API_VERSION),
		.ca_file = value(setup, SETUP_CA_FILE),
		.token = value(setup, SETUP_TOKEN),
		.timeout_ms = TIMEOUT_MS,
	};

	graph_close(setup->graph);
	setup->graph = NULL;
	return graph_open(&terms, &setup->graph, why) == 0 ? EXIT_OK : EXIT_USAGE;
}

static bool has_scope(const json_t *scopes, const char *wanted)
{
	json_t *scope;
	size_t i;

	json_array_foreach(scopes, i, scope) if (json_is_string(scope) &&
						 strcmp(json_string_value(scope), wanted) == 0) return true;
	return false;
}

static int judge_token(struct setup *setup, const json_t *data, char why[static GRAPH_WHY_MAX])
{
	const json_t *scopes = json_object_get(data, "scopes");

	if (!json_is_true(json_object_get(data, "is_valid")))
		snprintf(why, GRAPH_WHY_MAX, "Meta says that it is not valid");
	else if (!has_scope(scopes, "whatsapp_business_messaging"))
		snprintf(why, GRAPH_WHY_MAX, "lacks the permission whatsapp_business_messaging, so it cannot send");
	else
		return EXIT_OK;
	(void)setup;
	return EXIT_REFUSED;
}

/* Where Meta does not tell about a token, the number shows whether it is good. */
static int check_token(struct setup *setup, char why[static GRAPH_WHY_MAX])
{
	struct graph_answer answer = {0};
	int status = open_graph(setup, why);
	char *token;

	if (status != EXIT_OK)
		return status;
	token = graph_encode_token(setup->graph);
	status = graph_call(setup->graph, "GET", NULL, GRAPH_SECRET, &answer, "debug_token?input_token=%s",
			    token ? token : "");
	memory_free(token);
	if (status == EXIT_OK)
		status = judge_token(setup, json_object_get(answer.root, "data"), why);
	else if (status == EXIT_UNREACHABLE || answer.code == 0 || answer.code == 190)
		status = because(&answer, why);
	else
		status = EXIT_OK;
	graph_answer_clear(&answer);
	return status;
}

static int check_number(struct setup *setup, char why[static GRAPH_WHY_MAX])
{
	char number[GRAPH_TEXT_MAX], name[GRAPH_TEXT_MAX], state[GRAPH_TEXT_MAX];
	struct graph_answer answer;

	if (graph_call(setup->graph, "GET", NULL, GRAPH_PLAIN, &answer,
		       "%s?fields=display_phone_number,verified_name,status",
		       value(setup, SETUP_PHONE_NUMBER_ID)) != EXIT_OK)
		return because(&answer, why);
	graph_text(answer.root, "/display_phone_number", number);
	graph_text(answer.root, "/verified_name", name);
	graph_text(answer.root, "/status", state);
	graph_answer_clear(&answer);
	if (!number[0]) {
		snprintf(why, GRAPH_WHY_MAX, "is not the id of a phone number");
		return EXIT_REFUSED;
	}
	setup->registered = !state[0] || strcmp(state, "CONNECTED") == 0;
	note(setup, "%s, %s, %s", number, name[0] ? name : "no name", state[0] ? state : "-");
	return EXIT_OK;
}

static bool lists_number(const json_t *root, const char *id)
{
	json_t *number;
	size_t i;

	json_array_foreach(json_object_get(root, "data"), i, number)
	{
		char text[GRAPH_TEXT_MAX];

		if (strcmp(graph_text(number, "/id", text), id) == 0)
			return true;
	}
	return false;
}

static int check_account(struct setup *setup, char why[static GRAPH_WHY_MAX])
{
	struct graph_answer answer;
	int status = graph_call(setup->graph, "GET", NULL, GRAPH_PLAIN, &answer, "%s/phone_numbers?fields=id",
				value(setup, SETUP_WABA_ID));

	if (graph_is_forbidden(&answer)) {
		note(setup, "the token has no whatsapp_business_management: templates cannot be looked at");
		status = EXIT_OK;
	} else if (status != EXIT_OK) {
		(void)because(&answer, why);
	} else if (!lists_number(answer.root, value(setup, SETUP_PHONE_NUMBER_ID))) {
		snprintf(why, GRAPH_WHY_MAX, "that account does not have the phone number id");
		status = EXIT_REFUSED;
	}
	graph_answer_clear(&answer);
	return status;
}

/* The template. */

struct lacking {
	struct setup *setup;
	const json_t *list;
	char names[512]; /* the languages that there is no template in */
};

static void look_at(struct lacking *lacking, const char *language)
{
	const json_t *template = meta_templates_find(lacking->list, language);
	size_t length = strlen(lacking->names);

	note(lacking->setup, "%s %s: %s", value(lacking->setup, SETUP_TEMPLATE), language,
	     template ? meta_templates_text(template, "status") : "missing");
	if (!template)
		snprintf(lacking->names + length, sizeof(lacking->names) - length, "%s%s", length > 0 ? " " : "",
			 language);
}

static void each_word(const char *words, void (*each)(struct lacking *lacking, const char *word),
		      struct lacking *lacking)
{
	char *copy = strdup(words), *state = NULL;

	for (char *word = copy ? strtok_r(copy, " ", &state) : NULL; word; word = strtok_r(NULL, " ", &state))
		each(lacking, word);
	free(copy);
}

static int create_all(struct setup *setup, const char *languages, char why[static GRAPH_WHY_MAX])
{
	int64_t ttl = setup->present ? meta_templates_ttl(setup->present) : TTL_USUAL;
	char *copy = strdup(languages), *state = NULL;
	int status = EXIT_OK;

	for (char *language = copy ? strtok_r(copy, " ", &state) : NULL; language && status == EXIT_OK;
	     language = strtok_r(NULL, " ", &state)) {
		struct graph_answer answer;

		status = meta_templates_create(setup->graph, value(setup, SETUP_WABA_ID), value(setup, SETUP_TEMPLATE),
					       language, ttl, &answer);
		if (status == EXIT_OK)
			note(setup, "%s %s: created, Meta looks at it now", value(setup, SETUP_TEMPLATE), language);
		else
			snprintf(why, GRAPH_WHY_MAX, "%.16s: %.600s", language, answer.why);
		graph_answer_clear(&answer);
	}
	free(copy);
	return status;
}

static bool wants_creation(struct setup *setup, const char *languages)
{
	char prompt[640];

	if (setup->answers.unattended)
		return setup_answers_take(&setup->answers, SETUP_CREATE_TEMPLATE) == EXIT_OK &&
		       strcmp(value(setup, SETUP_CREATE_TEMPLATE), "yes") == 0;
	snprintf(prompt, sizeof(prompt), "Create it in %s? [Y/n] ", languages);
	return terminal_confirm(prompt, true);
}

static int check_languages(struct setup *setup, char why[static GRAPH_WHY_MAX])
{
	struct lacking lacking = {.setup = setup};
	struct graph_answer answer;
	int status = EXIT_OK;
	json_t *list;

	if (meta_templates_list(setup->graph, value(setup, SETUP_WABA_ID), value(setup, SETUP_TEMPLATE), &list,
				&answer) != EXIT_OK)
		return graph_is_forbidden(&answer) ? EXIT_OK : because(&answer, why);
	lacking.list = list;
	each_word(value(setup, SETUP_LANGUAGES), look_at, &lacking);
	json_decref(list);
	if (!lacking.names[0])
		return EXIT_OK;
	if (wants_creation(setup, lacking.names)) {
		status = create_all(setup, lacking.names, why);
	} else {
		snprintf(why, GRAPH_WHY_MAX, "there is no template %.128s in %.256s%s", value(setup, SETUP_TEMPLATE),
			 lacking.names, setup->answers.unattended ? "; create_template = yes makes it" : "");
		status = EXIT_REFUSED;
	}
	return status;
}

static void look_for_receipts(struct setup *setup)
{
	struct graph_answer answer;

	if (setup->unchecked)
		return;
	setup->poll =
		meta_history_try(setup->graph, value(setup, SETUP_PHONE_NUMBER_ID), &answer) == META_HISTORY_ALLOWED;
	graph_answer_clear(&answer);
}

int setup_account(struct setup *setup)
{
	static const enum setup_key unasked[] = {SETUP_API_VERSION, SETUP_BASE_URL, SETUP_CA_FILE};
	static const struct {
		enum setup_key keys[2];
		size_t n;
		account_check *check;
	} steps[] = {
		{{SETUP_TOKEN}, 1, check_token},
		{{SETUP_PHONE_NUMBER_ID}, 1, check_number},
		{{SETUP_WABA_ID}, 1, check_account},
		{{SETUP_TEMPLATE, SETUP_LANGUAGES}, 2, check_languages},
	};
	int status = EXIT_OK;

	setup->registered = true;
	for (size_t i = 0; status == EXIT_OK && i < sizeof(unasked) / sizeof(unasked[0]); i++)
		status = setup_answers_take(&setup->answers, unasked[i]);
	for (size_t i = 0; status == EXIT_OK && i < sizeof(steps) / sizeof(steps[0]); i++)
		status = ask_checked(setup, steps[i].keys, steps[i].n, steps[i].check);
	if (status == EXIT_OK)
		look_for_receipts(setup);
	return status;
}
