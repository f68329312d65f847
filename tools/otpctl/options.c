#include "tools/otpctl/options.h"

#include "tools/otpctl/output.h"

#include <getopt.h>

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
};

void options_print(unsigned set)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &option_rows[i];
		char left[40];

		if (!(set & 1u << i))
			continue;
		snprintf(left, sizeof(left), "%s%s%s", row->name, row->argument ? " " : "",
			 row->argument ? row->argument : "");
		printf("  %-22s %s\n", left, row->help);
	}
}

const char *options_name(unsigned set)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (set & 1u << i)
			return option_rows[i].name;
	return NULL;
}

static int wrong(const char *word, const char *why)
{
	output_error("%s: %s; see whatsapp-otpctl --help", word, why);
	return -1;
}

static void keep_option(struct options *options, size_t id, const char *argument)
{
	char *at = (char *)options + option_rows[id].offset;

	if (option_rows[id].argument)
		*(const char **)(void *)at = argument;
	else
		*(bool *)(void *)at = true;
}

/* Options may stand anywhere: getopt_long(3) moves the other words behind them. */
int options_parse(int argc, char **argv, struct options *ret, unsigned *given)
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
		keep_option(ret, (size_t)index, optarg);
		*given |= 1u << index;
	}
	return optind;
}
