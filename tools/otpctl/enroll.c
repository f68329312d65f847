/* enroll, verify: a code goes to a number, and is asked for. */
#include "tools/otpctl/connection.h"
#include "tools/otpctl/output.h"
#include "tools/otpctl/terminal.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

#define FIELD(field) field, sizeof(field)

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
		(void)terminal_ask("Phone number, with + and country code: ", FIELD(typed));
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
	if (!terminal_ask(ask->prompt, FIELD(answer.text))) {
		output_error("%s: no code was typed; nothing is %s, run it again", connection->command,
			     strcmp(connection->command, "enroll") == 0 ? "enrolled" : "verified");
		return EXIT_REFUSED;
	}
	if (!wire_text_ok(answer.text, strlen(answer.text)))
		answer.text[0] = '\0';
	status = connection_send(connection, &wire_enroll_answer, &answer);
	explicit_bzero(&answer, sizeof(answer));
	return status;
}

/* The core decides how often it asks; done ends it. */
static int converse(struct connection *connection, const struct wire_message *message, const void *request,
		    struct done *ret)
{
	struct answer answer = {0};
	int status = connection_send(connection, message, request);

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
		status = converse(&connection, &wire_enroll, &request, &done);
	connection_close(&connection);
	if (status == EXIT_OK)
		status = connection_result(ctl, request.user, &done);
	if (status == EXIT_OK && !ctl->options.json)
		print_enrolled(&request);
	return status;
}

int command_verify(struct otpctl *ctl)
{
	struct connection connection = CONNECTION_CLOSED;
	struct admin_user request;
	struct done done;
	int status;

	if (!connection_user(ctl, &request))
		return EXIT_USAGE;
	status = connection_open(ctl, &connection);
	if (status == EXIT_OK)
		status = converse(&connection, &wire_verify, &request, &done);
	connection_close(&connection);
	if (status == EXIT_OK)
		status = connection_result(ctl, request.user, &done);
	if (status == EXIT_OK && !ctl->options.json)
		printf("the number of %s is verified\n", request.user);
	return status;
}
