/* whatsapp-otpctl: the table of its commands, and how one of them is found, explained and run. */
#include "tools/otpctl/meta_commands.h"
#include "tools/otpctl/options.h"
#include "tools/otpctl/output.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct command {
	const char *name;
	const char *usage; /* behind the name */
	uint64_t options;  /* besides OPTIONS_EVERYWHERE */
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
	{"set", "USER [--channel CHANNEL|auto] [--language LANGUAGE] [--email ADDRESS|none]",
	 OPTION(CHANNEL) | OPTION(LANGUAGE) | OPTION(EMAIL), 1, 1, command_set,
	 "change a user's channel, language or e-mail address",
	 "set alice --channel sms\nset alice --channel auto --language ar\nset alice --email alice@example.com"},
	{"verify", "USER", 0, 1, 1, command_verify, "send a code to the enrolled number and ask for it",
	 "verify alice"},
	{"telegram", "USER [--channel CHANNEL]", OPTION(CHANNEL), 1, 1, command_telegram,
	 "a link, and its QR code, by which a user joins the Telegram bot", "telegram alice"},
	{"suspend", "USER", 0, 1, 1, command_suspend, "accept no code of a user until resume", "suspend alice"},
	{"resume", "USER", 0, 1, 1, command_resume, "end a suspension", "resume alice"},
	{"unlock", "USER", 0, 1, 1, command_unlock, "end a lock-out and forget the wrong codes", "unlock alice"},
	{"remove", "USER [--yes]", OPTION(YES), 1, 1, command_remove, "forget a user's number", "remove alice --yes"},
	{"test", "USER [--channel CHANNEL]", OPTION(CHANNEL), 1, 1, command_test,
	 "send a real message and watch it go out", "test alice\ntest alice --channel sms"},
	{"route explain", "USER [--service SERVICE]", OPTION(SERVICE), 1, 1, command_route_explain,
	 "which channels a user's codes would take, in which order and why",
	 "route explain alice\nroute explain alice --service sudo"},
	{"challenges", "", 0, 0, 0, command_challenges, "logins that wait for a code", "challenges"},
	{"stats", "[--since TIME] [--by channel|country|provider|hour] [--html FILE]",
	 OPTION(SINCE) | OPTION(BY) | OPTION(HTML), 0, 0, command_stats,
	 "what was sent, what arrived, how fast, and what it cost",
	 "stats\nstats --since 24h --by hour\nstats --since 2026-11-01 --by country --json\n"
	 "stats --html /srv/www/otp.html"},
	{"metrics", "[--textfile FILE] [--listen ADDRESS]", OPTION(TEXTFILE) | OPTION(LISTEN), 0, 0, command_metrics,
	 "the same for Prometheus, as OpenMetrics",
	 "metrics\nmetrics --textfile /var/lib/prometheus/node-exporter/whatsapp-otp.prom\n"
	 "metrics --listen 127.0.0.1:9753"},
	{"alarms", "", 0, 0, 0, command_alarms, "what the core wants somebody to know",
	 "alarms\nalarms --json | jq -r 'select(.acked_at == 0).text'"},
	{"alarms ack", "[KIND]", 0, 0, 1, command_alarms_ack, "take note of alarms: of one kind, or of all",
	 "alarms ack\nalarms ack template"},
	{"breakers", "", 0, 0, 0, command_breakers, "what is skipped for a while after failures", "breakers"},
	{"breakers close", "[CHANNEL]", 0, 0, 1, command_breakers_close, "use it again at once: one channel, or all",
	 "breakers close\nbreakers close whatsapp"},
	{"health", "[--probe]", OPTION(PROBE), 0, 0, command_health,
	 "the state of the core, the sender and the channels", "health\nhealth --probe"},
	{"doctor", "[--pam-dir DIR] [--module-dir DIR] [--sshd FILE] [--sshd-config FILE]",
	 OPTION(PAM_DIR) | OPTION(MODULE_DIR) | OPTION(SSHD) | OPTION(SSHD_CONFIG), 0, 0, command_doctor,
	 "check the whole installation, from the config to sshd and pam.d", "doctor"},
	{"setup", "[--answers FILE] [--yes]", OPTION(ANSWERS) | OPTION(YES), 0, 0, command_setup,
	 "the first installation, step by step: config, secrets, master key", "setup\nsetup --answers answers.txt"},
	{"template create", "[--channel CHANNEL] [--language LANGUAGE]…", OPTION(CHANNEL) | OPTION(LANGUAGE), 0, 0,
	 command_template_create, "make the WhatsApp template in the languages that it lacks",
	 "template create\ntemplate create --language ar --language en_US"},
	{"template list", "[--channel CHANNEL]", OPTION(CHANNEL), 0, 0, command_template_list,
	 "all templates of the WhatsApp account", "template list"},
	{"template status", "[--channel CHANNEL]", OPTION(CHANNEL), 0, 0, command_template_status,
	 "whether Meta has approved the template, and what that means", "template status"},
	{"template delete", "[--channel CHANNEL] [--yes]", OPTION(CHANNEL) | OPTION(YES), 0, 0, command_template_delete,
	 "delete the template in all languages", "template delete"},
	{"number status", "[--channel CHANNEL]", OPTION(CHANNEL), 0, 0, command_number_status,
	 "the WhatsApp number: name, quality, messaging tier", "number status\nnumber status --json | jq -r .quality"},
	{"number register", "[--channel CHANNEL] [--pin-file FILE] [--yes]",
	 OPTION(CHANNEL) | OPTION(PIN_FILE) | OPTION(YES), 0, 0, command_number_register,
	 "register the number for the Cloud API", "number register\nnumber register --pin-file /root/pin"},
	{"number pin", "[--channel CHANNEL] [--pin-file FILE]", OPTION(CHANNEL) | OPTION(PIN_FILE), 0, 0,
	 command_number_pin, "set the PIN of two-step verification", "number pin"},
	{"number request-code", "--method SMS|VOICE [--channel CHANNEL] [--language LANGUAGE]",
	 OPTION(METHOD) | OPTION(CHANNEL) | OPTION(LANGUAGE), 0, 0, command_number_request_code,
	 "have Meta send a code that proves the number", "number request-code --method SMS"},
	{"number verify-code", "[--channel CHANNEL]", OPTION(CHANNEL), 0, 0, command_number_verify_code,
	 "type that code", "number verify-code"},
	{"webhook subscribe", "[--channel CHANNEL] [--url URL]", OPTION(CHANNEL) | OPTION(URL), 0, 0,
	 command_webhook_subscribe, "have Meta tell what becomes of messages",
	 "webhook subscribe\nwebhook subscribe --url https://otp.example/meta"},
	{"webhook status", "[--channel CHANNEL]", OPTION(CHANNEL), 0, 0, command_webhook_status,
	 "whether Meta does, and whom it tells", "webhook status"},
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
		printf("  %-20s %s\n", commands[i].name, commands[i].purpose);
	printf("\nOptions (before or behind the command):\n");
	options_print(OPTIONS_EVERYWHERE);
	printf("\nExit status: 0 ok, 1 refused or not found, 2 wrong usage, 3 the core or Meta cannot be reached.\n"
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

/* True if the name has two words, and this is the first of them. */
static bool is_in_family(const char *name, const char *word)
{
	const char *space = strchr(name, ' ');

	return space && strncmp(word, name, (size_t)(space - name)) == 0 && !word[space - name];
}

/* The command at the front of the words, and how many words its name has: two if it can. NULL if there is none. */
static const struct command *find_command(char **words, int *taken)
{
	const struct command *found = NULL;

	*taken = 1;
	for (size_t i = 0; i < COUNT(commands); i++) {
		const char *name = commands[i].name;

		if (strcmp(words[0], name) == 0)
			found = &commands[i];
		if (is_in_family(name, words[0]) && words[1] && strcmp(words[1], strchr(name, ' ') + 1) == 0) {
			*taken = 2;
			return &commands[i];
		}
	}
	return found;
}

/* "key" alone. False if no command begins so. */
static bool print_family(FILE *stream, const char *word)
{
	bool any = false;

	for (size_t i = 0; i < COUNT(commands); i++)
		if (is_in_family(commands[i].name, word)) {
			print_usage(stream, &commands[i]);
			any = true;
		}
	return any;
}

static int usage_error(const struct command *command, const char *what, const char *why)
{
	output_error("%s: %s; see whatsapp-otpctl %s%s--help", what, why, command ? command->name : "",
		     command ? " " : "");
	return EXIT_USAGE;
}

static int check_usage(const struct command *command, char **arguments, uint64_t given)
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

static int no_command(const struct otpctl *ctl, char **words)
{
	if (!words[1] && print_family(ctl->options.help ? stdout : stderr, words[0]))
		return ctl->options.help ? EXIT_OK : EXIT_USAGE;
	return usage_error(NULL, words[0], "no such command");
}

static int run(struct otpctl *ctl, char **words, uint64_t given)
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
		return no_command(ctl, words);
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
	uint64_t given = 0;
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
