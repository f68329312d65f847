/* whatsapp-otpctl: the table of its commands, and how one of them is found, explained and run. */
#include "tools/otpctl/options.h"
#include "tools/otpctl/output.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct command {
	const char *name;
	const char *usage; /* behind the name */
	unsigned options;  /* besides OPTIONS_EVERYWHERE */
	int least, most;   /* arguments */
	int (*run)(struct otpctl *ctl);
	const char *purpose;
	const char *examples; /* each line behind "whatsapp-otpctl " */
} commands[] = {
	{"enroll", "USER [--phone +E164] [--channel CHANNEL] [--language LANGUAGE] [--consent TEXT] [--no-verify]",
	 OPTION(PHONE) | OPTION(CHANNEL) | OPTION(LANGUAGE) | OPTION(CONSENT) | OPTION(NO_VERIFY), 1, 1, command_enroll,
	 "send a code to a number, ask for it, and enrol the user with it",
	 "enroll alice --phone +966512345678\nenroll bob --phone +4915112345678 --channel sms --language de"},
	{"list", "[--reveal]", OPTION(REVEAL), 0, 0, command_list, "who is enrolled",
	 "list\nlist --json | jq -r .user"},
	{"show", "USER [--reveal]", OPTION(REVEAL), 1, 1, command_show, "one user, with the consent", "show alice"},
	{"set", "USER [--channel CHANNEL|auto] [--language LANGUAGE]", OPTION(CHANNEL) | OPTION(LANGUAGE), 1, 1,
	 command_set, "change a user's channel or language",
	 "set alice --channel sms\nset alice --channel auto --language ar"},
	{"suspend", "USER", 0, 1, 1, command_suspend, "accept no code of a user until resume", "suspend alice"},
	{"resume", "USER", 0, 1, 1, command_resume, "end a suspension", "resume alice"},
	{"unlock", "USER", 0, 1, 1, command_unlock, "end a lock-out and forget the wrong codes", "unlock alice"},
	{"remove", "USER [--yes]", OPTION(YES), 1, 1, command_remove, "forget a user's number", "remove alice --yes"},
	{"test", "USER [--channel CHANNEL]", OPTION(CHANNEL), 1, 1, command_test,
	 "send a real message and watch it go out", "test alice\ntest alice --channel sms"},
	{"challenges", "", 0, 0, 0, command_challenges, "logins that wait for a code", "challenges"},
	{"health", "[--probe]", OPTION(PROBE), 0, 0, command_health,
	 "the state of the core, the sender and the channels", "health\nhealth --probe"},
	{"doctor", "[--pam-dir DIR] [--module-dir DIR] [--sshd FILE] [--sshd-config FILE]",
	 OPTION(PAM_DIR) | OPTION(MODULE_DIR) | OPTION(SSHD) | OPTION(SSHD_CONFIG), 0, 0, command_doctor,
	 "check the whole installation, from the config to sshd and pam.d", "doctor"},
	{"config check", "[FILE] [--secrets]", OPTION(SECRETS), 0, 1, command_config_check,
	 "read a config file and say what is wrong with it", "config check\nconfig check new.conf --secrets"},
	{"key init", "[FILE] [--owner USER]", OPTION(OWNER), 0, 1, command_key_init,
	 "make the master key; never overwrites one",
	 "key init /etc/whatsapp-otp/master.key\nkey init --owner whatsapp-otp"},
};

static void print_help(void)
{
	printf("usage: whatsapp-otpctl [--config FILE] [--json] [--socket PATH] COMMAND …\n\nCommands:\n");
	for (size_t i = 0; i < COUNT(commands); i++)
		printf("  %-14s %s\n", commands[i].name, commands[i].purpose);
	printf("\nOptions (before or behind the command):\n");
	options_print(OPTIONS_EVERYWHERE);
	printf("\nExit status: 0 ok, 1 refused or not found, 2 wrong usage, 3 the core cannot be reached.\n"
	       "More: whatsapp-otpctl COMMAND --help, whatsapp-otpctl(8)\n");
}

static void print_usage(FILE *stream, const struct command *command)
{
	fprintf(stream, "usage: whatsapp-otpctl %s%s%s\n", command->name, command->usage[0] ? " " : "", command->usage);
}

static void print_command_help(const struct command *command)
{
	print_usage(stdout, command);
	printf("\n%s\n\nOptions:\n", command->purpose);
	options_print(command->options | OPTIONS_EVERYWHERE);
	printf("\nExamples:\n");
	for (const char *line = command->examples; *line;) {
		int n = (int)strcspn(line, "\n");

		printf("  whatsapp-otpctl %.*s\n", n, line);
		line += n + (line[n] == '\n');
	}
}

/* The command at the front of the words, and how many words its name has. NULL if there is none. */
static const struct command *find_command(char **words, int *taken)
{
	for (size_t i = 0; i < COUNT(commands); i++) {
		const char *name = commands[i].name, *space = strchr(name, ' ');

		*taken = space ? 2 : 1;
		if (!space && strcmp(words[0], name) == 0)
			return &commands[i];
		if (space && strncmp(words[0], name, (size_t)(space - name)) == 0 && !words[0][space - name] &&
		    words[1] && strcmp(words[1], space + 1) == 0)
			return &commands[i];
	}
	return NULL;
}

static int usage_error(const struct command *command, const char *what, const char *why)
{
	output_error("%s: %s; see whatsapp-otpctl %s%s--help", what, why, command ? command->name : "",
		     command ? " " : "");
	return EXIT_USAGE;
}

static int check_usage(const struct command *command, char **arguments, unsigned given)
{
	const char *wrong = options_name(given & ~(command->options | OPTIONS_EVERYWHERE));
	int n = 0;

	if (wrong)
		return usage_error(command, wrong, "is no option of this command");
	while (arguments[n])
		n++;
	if (n > command->most)
		return usage_error(command, arguments[command->most], "one argument too many");
	if (n < command->least)
		return usage_error(command, command->name, "wants a USER");
	if (command->least > 0 && !arguments[0][0])
		return usage_error(command, command->name, "wants a USER, not an empty word");
	return EXIT_OK;
}

static int run(struct otpctl *ctl, char **words, unsigned given)
{
	const struct command *command;
	int taken, status;

	if (ctl->options.version) {
		printf("whatsapp-otpctl %s\n", PACKAGE_VERSION);
		return EXIT_OK;
	}
	if (!words[0]) {
		if (!ctl->options.help)
			return usage_error(NULL, "COMMAND", "is missing");
		print_help();
		return EXIT_OK;
	}
	command = find_command(words, &taken);
	if (!command)
		return usage_error(NULL, words[0], "no such command");
	if (ctl->options.help) {
		print_command_help(command);
		return EXIT_OK;
	}
	ctl->command = command->name;
	ctl->arguments = words + taken;
	status = check_usage(command, ctl->arguments, given);
	return status == EXIT_OK ? command->run(ctl) : status;
}

int main(int argc, char **argv)
{
	struct otpctl ctl = {0};
	unsigned given = 0;
	int first, status = EXIT_USAGE;

	/* Names and masks are UTF-8, whatever the caller's locale is. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		(void)setlocale(LC_CTYPE, "");
	first = options_parse(argc, argv, &ctl.options, &given);
	if (first >= 0)
		status = run(&ctl, argv + first, given);
	config_unref(ctl.config);
	free(ctl.config_error);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		output_error("standard output: cannot be written");
		return status == EXIT_OK ? EXIT_REFUSED : status;
	}
	return status;
}
