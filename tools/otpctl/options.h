/* The options of all commands: each command says which of them it takes. */
#pragma once

#include "tools/otpctl/otpctl.h"

enum option_id {
	OPTION_CONFIG,
	OPTION_SOCKET,
	OPTION_JSON,
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_PHONE,
	OPTION_CHANNEL,
	OPTION_LANGUAGE,
	OPTION_CONSENT,
	OPTION_NO_VERIFY,
	OPTION_REVEAL,
	OPTION_YES,
	OPTION_OWNER,
	OPTION_SECRETS,
	OPTION_PROBE,
	OPTION_PAM_DIR,
	OPTION_MODULE_DIR,
	OPTION_SSHD,
	OPTION_SSHD_CONFIG,
	OPTION_SERVICE,
	OPTION_EMAIL,
	OPTION_SINCE,
	OPTION_BY,
	OPTION_HTML,
	OPTION_TEXTFILE,
	OPTION_LISTEN,
	OPTION_PIN_FILE,
	OPTION_METHOD,
	OPTION_URL,
	OPTION_ANSWERS,
	OPTION_COUNT,
};

#define OPTION(id) (UINT64_C(1) << OPTION_##id)
#define OPTIONS_EVERYWHERE (OPTION(CONFIG) | OPTION(SOCKET) | OPTION(JSON) | OPTION(HELP) | OPTION(VERSION))

/*
 * Takes the options out of argv, wherever they stand, and sets their bits in given. Returns the index of the first of
 * the other words, which now stand last, or -1 after an error.
 */
int options_parse(int argc, char **argv, struct options *ret, uint64_t *given);

/* A line for each option of the set. */
void options_print(uint64_t set);
/* The first option of the set, "--json". NULL if it is empty. */
const char *options_name(uint64_t set);
