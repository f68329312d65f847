/* list, show, set, suspend, resume, unlock, remove: who is enrolled, and how. */
#include "tools/otpctl/listing.h"
#include "tools/otpctl/terminal.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#define FIELD(field) field, sizeof(field)

/* list, show */

static const char *or_auto(const char *channel)
{
	return channel[0] ? channel : "auto";
}

static void add_enrolment(struct table *table, const void *item)
{
	const struct enrolment_item *e = item;
	char enrolled[OUTPUT_TIME_MAX], last[OUTPUT_TIME_MAX], failures[24];

	snprintf(failures, sizeof(failures), "%llu", (unsigned long long)e->failures);
	table_add(table, (const char *const[]){e->user, e->state, e->phone, or_auto(e->channel), e->lang,
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
	printf("e-mail: %s\n", e->email[0] ? e->email : "-");
	printf("telegram: %s\n", e->telegram ? "yes" : "no");
	printf("channel: %s\n", or_auto(e->channel));
	printf("language: %s\n", e->lang[0] ? e->lang : "-");
	printf("enrolled: %s\n", output_time(e->enrolled_at, text));
	printf("last login: %s\n", output_time(e->last_login_at, text));
	printf("failures: %llu\n", (unsigned long long)e->failures);
	printf("consent: %s\n", e->consent[0] ? e->consent : "-");
	printf("consent recorded by: %s\n", e->consent_by[0] ? e->consent_by : "-");
}

/* list does not tell of addresses, so it must not look as if there were none. */
static void print_listed(void *userdata, const struct wire_message *message, const void *item)
{
	json_t *object = output_json_of(message, item);

	(void)userdata;
	(void)json_object_del(object, "email");
	(void)json_object_del(object, "telegram");
	output_json(object);
}

int command_list(struct otpctl *ctl)
{
	static const char *const headings[] = {"USER",     "STATE",    "PHONE",      "CHANNEL",
					       "LANGUAGE", "ENROLLED", "LAST-LOGIN", "FAILURES"};
	static const struct listing listing = {headings, sizeof(headings) / sizeof(headings[0]), .add = add_enrolment,
					       .json = print_listed};
	const struct admin_user request = {.reveal = ctl->options.reveal};

	return listing_show(ctl, &wire_list, &request, &wire_enrolment, &listing);
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

/* What set changes takes one request or two: the preference, and the address beside the number. */
struct changes {
	struct admin_set preference;
	struct address_set email;
};

static int set_request(const struct otpctl *ctl, struct changes *ret)
{
	const struct options *o = &ctl->options;

	*ret = (struct changes){.email.kind = "email"};
	if (!o->channel && !o->language && !o->email) {
		output_error("set: nothing to set; give --channel CHANNEL, --channel auto, --language LANGUAGE, "
			     "--email ADDRESS or --email none");
		return EXIT_USAGE;
	}
	if (!otpctl_copy(FIELD(ret->preference.user), ctl->arguments[0], "USER") ||
	    !otpctl_copy(FIELD(ret->preference.channel), o->channel, "--channel") ||
	    !otpctl_copy(FIELD(ret->preference.lang), o->language, "--language") ||
	    !otpctl_copy(FIELD(ret->email.value), o->email, "--email"))
		return EXIT_USAGE;
	memcpy(ret->email.user, ret->preference.user, sizeof(ret->email.user));
	if (strcmp(ret->email.value, "none") == 0)
		ret->email.value[0] = '\0';
	else if (o->email && !strchr(ret->email.value, '@')) {
		output_error("set: --email: not an e-mail address; write NAME@DOMAIN, or none to forget it");
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

/* The second request is not made if the first was refused. */
static int send_changes(struct otpctl *ctl, const struct changes *changes, struct done *ret)
{
	const struct options *o = &ctl->options;
	struct connection connection = CONNECTION_CLOSED;
	int status = connection_open(ctl, &connection);

	ret->result = RESULT_ALLOW;
	if (status == EXIT_OK && (o->channel || o->language))
		status = connection_call(&connection, &wire_set, &changes->preference, NULL, NULL, NULL, ret);
	if (status == EXIT_OK && ret->result == RESULT_ALLOW && o->email)
		status = connection_call(&connection, &wire_address, &changes->email, NULL, NULL, NULL, ret);
	connection_close(&connection);
	return status;
}

int command_set(struct otpctl *ctl)
{
	struct changes changes;
	struct done done = {0};
	int status = set_request(ctl, &changes);

	if (status == EXIT_OK)
		status = send_changes(ctl, &changes, &done);
	if (status == EXIT_OK)
		status = connection_result(ctl, changes.preference.user, &done);
	if (status == EXIT_OK)
		print_outcome(ctl, changes.preference.user, &done, "changed");
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
	if (terminal_ask(prompt, answer, sizeof(answer)) &&
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
