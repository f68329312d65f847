/* enroll, list, show, set, suspend, resume, unlock, remove: who is enrolled, and how. */
#include "tools/otpctl/connection.h"
#include "tools/otpctl/output.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define FIELD(field) field, sizeof(field)

/* Questions go to standard error: standard output is for what was asked for. False at the end of the input. */
static bool read_answer(const char *prompt, char *answer, size_t size)
{
	bool ok;

	fprintf(stderr, "%s", prompt);
	fflush(stderr);
	ok = fgets(answer, (int)size, stdin) != NULL;
	if (ok && !strchr(answer, '\n'))
		for (int c = getchar(); c != '\n' && c != EOF;)
			c = getchar();
	if (ok)
		answer[strcspn(answer, "\r\n")] = '\0';
	if (!ok && isatty(STDIN_FILENO))
		fputc('\n', stderr);
	return ok;
}

/* enroll */

static void default_consent(struct otpctl *ctl, char *text, size_t size)
{
	const struct config *config = otpctl_config(ctl);
	char host[65] = "this host";

	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	if (config && config->core.hostname[0])
		snprintf(host, sizeof(host), "%s", config->core.hostname);
	snprintf(text, size,
		 "The user agreed to receive one-time login codes for %s at this number, by WhatsApp and, where that "
		 "does "
		 "not arrive, by SMS; nothing else is sent to it.",
		 host);
}

static int enroll_request(struct otpctl *ctl, struct enroll *ret)
{
	const struct options *o = &ctl->options;
	char typed[WIRE_TEXT_MAX] = "";
	struct phone phone;

	*ret = (struct enroll){.no_verify = o->no_verify};
	/* Without --phone it is asked for: everybody can see the arguments of a command. */
	if (!o->phone)
		(void)read_answer("Phone number, with + and country code: ", FIELD(typed));
	if (phone_parse(o->phone ? o->phone : typed, &phone) < 0) {
		output_error(
			"enroll: not a phone number; write it with + and country code, 7 to 15 digits: +966512345678");
		return EXIT_USAGE;
	}
	memcpy(ret->phone, phone.e164, sizeof(phone.e164));
	default_consent(ctl, FIELD(ret->consent));
	if (o->consent && !*o->consent) {
		output_error("--consent: is empty; write what the user agreed to, or leave the option out");
		return EXIT_USAGE;
	}
	return otpctl_copy(FIELD(ret->user), ctl->arguments[0], "USER") &&
			       otpctl_copy(FIELD(ret->channel), o->channel, "--channel") &&
			       otpctl_copy(FIELD(ret->lang), o->language, "--language") &&
			       otpctl_copy(FIELD(ret->consent), o->consent, "--consent")
		       ? EXIT_OK
		       : EXIT_USAGE;
}

/* One question of the core and its answer from the terminal. */
static int answer_ask(struct connection *connection, const struct ask *ask)
{
	struct enroll_answer answer = {0};
	int status;

	memcpy(answer.challenge, ask->challenge, sizeof(answer.challenge));
	if (!read_answer(ask->prompt, FIELD(answer.text))) {
		output_error("enroll: no code was typed; nothing is enrolled, run it again");
		return EXIT_REFUSED;
	}
	if (!wire_text_ok(answer.text, strlen(answer.text)))
		answer.text[0] = '\0';
	status = connection_send(connection, &wire_enroll_answer, &answer);
	explicit_bzero(&answer, sizeof(answer));
	return status;
}

/* The core decides how often it asks; done ends it. */
static int converse(struct connection *connection, const struct enroll *request, struct done *ret)
{
	struct answer answer = {0};
	int status = connection_send(connection, &wire_enroll, request);

	if (status == EXIT_OK)
		status = connection_receive(connection, &answer);
	while (status == EXIT_OK && answer.is_ask) {
		status = answer_ask(connection, &answer.ask);
		if (status == EXIT_OK)
			status = connection_receive(connection, &answer);
	}
	*ret = answer.done;
	return status;
}

static void print_enrolled(const struct enroll *request)
{
	struct phone phone;
	char mask[PHONE_MASK_MAX];

	memcpy(phone.e164, request->phone, sizeof(phone.e164));
	printf("%s is enrolled with %s%s\n", request->user, phone_mask(&phone, mask),
	       request->no_verify ? " (not verified: no code was sent)" : "");
}

int command_enroll(struct otpctl *ctl)
{
	struct connection connection = CONNECTION_CLOSED;
	struct enroll request;
	struct done done;
	int status = enroll_request(ctl, &request);

	if (status != EXIT_OK)
		return status;
	if (!getpwnam(request.user))
		output_warning("%s: no such user on this system; the enrolment counts once there is one", request.user);
	status = connection_open(ctl, &connection);
	if (status == EXIT_OK)
		status = converse(&connection, &request, &done);
	connection_close(&connection);
	if (status == EXIT_OK)
		status = connection_result(ctl, request.user, &done);
	if (status == EXIT_OK && !ctl->options.json)
		print_enrolled(&request);
	return status;
}

/* list, show */

static const char *or_auto(const char *channel)
{
	return channel[0] ? channel : "auto";
}

static void add_to_table(void *userdata, const struct wire_message *message, const void *item)
{
	const struct enrolment_item *e = item;
	char enrolled[OUTPUT_TIME_MAX], last[OUTPUT_TIME_MAX], failures[24];

	(void)message;
	snprintf(failures, sizeof(failures), "%llu", (unsigned long long)e->failures);
	table_add(userdata, (const char *const[]){e->user, e->state, e->phone, or_auto(e->channel), e->lang,
						  output_time(e->enrolled_at, enrolled),
						  output_time(e->last_login_at, last), failures});
}

static void print_lines(void *userdata, const struct wire_message *message, const void *item)
{
	const struct enrolment_item *e = item;
	char text[OUTPUT_TIME_MAX];

	(void)userdata;
	(void)message;
	printf("user: %s\n", e->user);
	printf("state: %s\n", e->state);
	if (e->locked_seconds)
		printf("locked for: %s\n", output_duration(e->locked_seconds, text));
	printf("phone: %s\n", e->phone);
	printf("verified: %s\n", e->verified ? "yes" : "no");
	printf("channel: %s\n", or_auto(e->channel));
	printf("language: %s\n", e->lang[0] ? e->lang : "-");
	printf("enrolled: %s\n", output_time(e->enrolled_at, text));
	printf("last login: %s\n", output_time(e->last_login_at, text));
	printf("failures: %llu\n", (unsigned long long)e->failures);
	printf("consent: %s\n", e->consent[0] ? e->consent : "-");
	printf("consent recorded by: %s\n", e->consent_by[0] ? e->consent_by : "-");
}

int command_list(struct otpctl *ctl)
{
	static const char *const headings[] = {"USER",     "STATE",    "PHONE",      "CHANNEL",
					       "LANGUAGE", "ENROLLED", "LAST-LOGIN", "FAILURES"};
	const struct admin_user request = {.reveal = ctl->options.reveal};
	struct table *table = ctl->options.json ? NULL : table_new(headings, sizeof(headings) / sizeof(headings[0]));
	struct done done;
	int status = connection_once(ctl, &wire_list, &request, &wire_enrolment,
				     table ? add_to_table : connection_print_json, table, &done);

	if (table && status == EXIT_OK && done.result == RESULT_ALLOW)
		table_print(table, stdout);
	table_free(table);
	return status == EXIT_OK ? connection_end_of_list(ctl, "", &done) : status;
}

int command_show(struct otpctl *ctl)
{
	struct admin_user request;
	struct done done;
	int status;

	if (!connection_user(ctl, &request))
		return EXIT_USAGE;
	status = connection_once(ctl, &wire_show, &request, &wire_enrolment,
				 ctl->options.json ? connection_print_json : print_lines, NULL, &done);
	return status == EXIT_OK ? connection_end_of_list(ctl, request.user, &done) : status;
}

/* set, suspend, resume, unlock, remove */

/* In the core's words, which know what was there before; in ours if it has none. */
static void print_outcome(const struct otpctl *ctl, const char *user, const struct done *done, const char *outcome)
{
	if (ctl->options.json)
		return;
	if (done->reason[0])
		printf("%s\n", done->reason);
	else
		printf("%s is %s\n", user, outcome);
}

int command_set(struct otpctl *ctl)
{
	const struct options *o = &ctl->options;
	struct admin_set request = {0};
	struct done done;
	int status;

	if (!o->channel && !o->language) {
		output_error("set: nothing to set; give --channel CHANNEL, --channel auto or --language LANGUAGE");
		return EXIT_USAGE;
	}
	if (!otpctl_copy(FIELD(request.user), ctl->arguments[0], "USER") ||
	    !otpctl_copy(FIELD(request.channel), o->channel, "--channel") ||
	    !otpctl_copy(FIELD(request.lang), o->language, "--language"))
		return EXIT_USAGE;
	status = connection_once(ctl, &wire_set, &request, NULL, NULL, NULL, &done);
	if (status == EXIT_OK)
		status = connection_result(ctl, request.user, &done);
	if (status == EXIT_OK)
		print_outcome(ctl, request.user, &done, "changed");
	return status;
}

static int change(struct otpctl *ctl, const struct wire_message *message, const char *outcome)
{
	struct admin_user request;
	struct done done;
	int status;

	if (!connection_user(ctl, &request))
		return EXIT_USAGE;
	status = connection_once(ctl, message, &request, NULL, NULL, NULL, &done);
	if (status == EXIT_OK)
		status = connection_result(ctl, request.user, &done);
	if (status == EXIT_OK)
		print_outcome(ctl, request.user, &done, outcome);
	return status;
}

int command_suspend(struct otpctl *ctl)
{
	return change(ctl, &wire_suspend, "suspended");
}

int command_resume(struct otpctl *ctl)
{
	return change(ctl, &wire_resume, "active");
}

int command_unlock(struct otpctl *ctl)
{
	return change(ctl, &wire_unlock, "unlocked");
}

static int confirm_removal(const struct otpctl *ctl)
{
	char prompt[512], answer[16];

	if (ctl->options.yes)
		return EXIT_OK;
	if (!isatty(STDIN_FILENO)) {
		output_error("remove: nobody is there to confirm it; add --yes");
		return EXIT_USAGE;
	}
	snprintf(prompt, sizeof(prompt), "Forget the number of %s? Codes stop working for this user at once. [y/N] ",
		 ctl->arguments[0]);
	if (read_answer(prompt, answer, sizeof(answer)) &&
	    (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0))
		return EXIT_OK;
	output_error("remove: not confirmed; nothing was removed");
	return EXIT_REFUSED;
}

int command_remove(struct otpctl *ctl)
{
	int status = confirm_removal(ctl);

	return status == EXIT_OK ? change(ctl, &wire_remove, "removed") : status;
}
