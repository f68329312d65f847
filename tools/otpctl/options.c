#include "tools/otpctl/options.h"

#include "tools/otpctl/output.h"

#include <getopt.h>
#include <string.h>

static const struct option_row {
	const char *name;
	const char *argument; /* NULL: a flag */
	size_t offset;
	const char *help;
} option_rows[OPTION_COUNT] = {
	[OPTION_CONFIG] = {"--config", "FILE", offsetof(struct options, config), "read FILE, not " CONFIG_DEFAULT_FILE},
	[OPTION_SOCKET] = {"--socket", "PATH", offsetof(struct options, socket), "the core's admin.sock"},
	[OPTION_JSON] = {"--json", NULL, offsetof(struct options, json), "one JSON object a line"},
	[OPTION_HELP] = {"--help", NULL, offsetof(struct options, help), "this text"},
	[OPTION_VERSION] = {"--version", NULL, offsetof(struct options, version), "print the version"},
	[OPTION_PHONE] = {"--phone", "+E164", offsetof(struct options, phone),
			  "the number, with + and country code; asked for if left out"},
	[OPTION_CHANNEL] = {"--channel", "CHANNEL", offsetof(struct options, channel),
			    "the channel to prefer; set: auto for none"},
	[OPTION_LANGUAGE] = {"--language", "LANGUAGE", offsetof(struct options, language), "of messages: en, ar, de …"},
	[OPTION_CONSENT] = {"--consent", "TEXT", offsetof(struct options, consent), "the text that the user agreed to"},
	[OPTION_NO_VERIFY] = {"--no-verify", NULL, offsetof(struct options, no_verify),
			      "send no code, vouch for the number"},
	[OPTION_REVEAL] = {"--reveal", NULL, offsetof(struct options, reveal), "whole numbers; is logged"},
	[OPTION_YES] = {"--yes", NULL, offsetof(struct options, yes), "do not ask"},
	[OPTION_OWNER] = {"--owner", "USER", offsetof(struct options, owner), "give the file to USER"},
	[OPTION_SECRETS] = {"--secrets", NULL, offsetof(struct options, secrets), "read every secret too"},
	[OPTION_PROBE] = {"--probe", NULL, offsetof(struct options, probe), "ask the providers too"},
	[OPTION_PAM_DIR] = {"--pam-dir", "DIR", offsetof(struct options, pam_dir), "look there, not in /etc/pam.d"},
	[OPTION_MODULE_DIR] = {"--module-dir", "DIR", offsetof(struct options, module_dir),
			       "where libpam looks for modules"},
	[OPTION_SSHD] = {"--sshd", "FILE", offsetof(struct options, sshd), "the sshd to ask"},
	[OPTION_SSHD_CONFIG] = {"--sshd-config", "FILE", offsetof(struct options, sshd_config),
				"its configuration file"},
	[OPTION_SERVICE] = {"--service", "SERVICE", offsetof(struct options, service),
			    "as for a login by this service: sshd, sudo …"},
	[OPTION_EMAIL] = {"--email", "ADDRESS", offsetof(struct options, email), "the e-mail address; none forgets it"},
	[OPTION_SINCE] = {"--since", "TIME", offsetof(struct options, since), "7d, 12h, today, 2026-11-01, all"},
	[OPTION_BY] = {"--by", "WHAT", offsetof(struct options, by), "channel, country, provider or hour"},
	[OPTION_HTML] = {"--html", "FILE", offsetof(struct options, html), "write a page with charts"},
	[OPTION_TEXTFILE] = {"--textfile", "FILE", offsetof(struct options, textfile),
			     "write a file for node_exporter"},
	[OPTION_LISTEN] = {"--listen", "ADDRESS", offsetof(struct options, listen),
			   "serve at 127.0.0.1:PORT, at /PATH, or at systemd's socket: systemd"},
	[OPTION_PIN_FILE] = {"--pin-file", "FILE", offsetof(struct options, pin_file),
			     "read the PIN there, - for standard input; asked for if left out"},
	[OPTION_METHOD] = {"--method", "METHOD", offsetof(struct options, method), "SMS or VOICE"},
	[OPTION_URL] = {"--url", "URL", offsetof(struct options, url), "where Meta reaches the webhook"},
	[OPTION_ANSWERS] = {"--answers", "FILE", offsetof(struct options, answers),
			    "ask nothing: KEY = VALUE lines, - for standard input"},
};

void options_print(uint64_t set)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &option_rows[i];
		char left[40];

		if (!(set & UINT64_C(1) << i))
			continue;
		snprintf(left, sizeof(left), "%s%s%s", row->name, row->argument ? " " : "",
			 row->argument ? row->argument : "");
		printf("  %-22s %s\n", left, row->help);
	}
}

const char *options_name(uint64_t set)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (set & UINT64_C(1) << i)
			return option_rows[i].name;
	return NULL;
}

static int wrong(const char *word, const char *why)
{
	output_error("%s: %s; see whatsapp-otpctl --help", word, why);
	return -1;
}

static int keep_option(struct options *options, size_t id, const char *argument)
{
	char *at = (char *)options + option_rows[id].offset;
	size_t n = 0;

	if (option_rows[id].argument)
		*(const char **)(void *)at = argument;
	else
		*(bool *)(void *)at = true;
	if (id != OPTION_LANGUAGE)
		return 0;
	while (options->languages[n])
		n++;
	if (n == OPTIONS_LANGUAGES_MAX)
		return wrong(argument, "is one --language too many");
	options->languages[n] = argument;
	return 0;
}

/* The word that getopt_long(3) has just read an option from. */
static const char *typed_word(char **argv, const char *argument)
{
	return argv[optind - 1] == argument ? argv[optind - 2] : argv[optind - 1];
}

/* getopt_long(3) takes any beginning of a name for the name: a newer version may have two that begin so. */
static bool is_whole(const struct option_row *row, const char *word)
{
	size_t length = strlen(row->name);

	return strncmp(word, row->name, length) == 0 && (word[length] == '\0' || word[length] == '=');
}

/* Where a file, a folder or a socket is named, an empty word names none. */
static bool wants_path(const struct option_row *row)
{
	static const char *const kinds[] = {"FILE", "PATH", "DIR"};

	for (size_t i = 0; row->argument && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(row->argument, kinds[i]) == 0)
			return true;
	return false;
}

/* Options may stand anywhere: getopt_long(3) moves the other words behind them. */
int options_parse(int argc, char **argv, struct options *ret, uint64_t *given)
{
	struct option table[OPTION_COUNT + 1] = {0};
	int index = 0, c;

	for (size_t i = 0; i < OPTION_COUNT; i++)
		table[i] = (struct option){option_rows[i].name + 2,
					   option_rows[i].argument ? required_argument : no_argument, NULL, 1};
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":h", table, &index)) != -1) {
		if (c == ':')
			return wrong(argv[optind - 1], "wants an argument");
		if (c == '?')
			return wrong(argv[optind - 1], "no such option");
		if (c == 'h')
			index = OPTION_HELP;
		else if (!is_whole(&option_rows[index], typed_word(argv, optarg)))
			return wrong(typed_word(argv, optarg), "no such option; write its name in full");
		if (wants_path(&option_rows[index]) && !*optarg)
			return wrong(option_rows[index].name, "wants a path, not an empty word");
		if (keep_option(ret, (size_t)index, optarg) < 0)
			return -1;
		*given |= UINT64_C(1) << index;
	}
	return optind;
}
