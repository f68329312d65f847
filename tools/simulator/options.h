/* The command line. Nothing else configures the simulator: it reads no environment and no file but those named here. */
#pragma once

#include "tools/simulator/fault.h"
#include "tools/simulator/receipt_rule.h"

#include <sys/socket.h>

#define OPTIONS_NAMES_MAX 64
#define OPTIONS_SECRET_MAX 1024
#define OPTIONS_WABA_ID "102290129340398"
#define OPTIONS_DISPLAY_NUMBER "15550783881"

struct options {
	struct sockaddr_storage address; /* a loopback address */
	const char *listen;              /* as it was given */
	char host[64];                   /* the same in words, without brackets */
	bool plain;
	const char *ca_out;       /* NULL: the certificate is not written */
	const char *token_file;   /* NULL: the demo's token */
	const char *sms_key_file; /* NULL: the demo's key */
	const char *app_secret_file, *ycloud_secret_file;
	char token[OPTIONS_SECRET_MAX];
	char sms_key[OPTIONS_SECRET_MAX];
	char app_secret[OPTIONS_SECRET_MAX];
	char ycloud_secret[OPTIONS_SECRET_MAX];
	const char *templates[OPTIONS_NAMES_MAX];
	size_t templates_n;
	const char *languages[OPTIONS_NAMES_MAX];
	size_t languages_n;
	const char *phone_number_id, *waba_id;
	unsigned template_pending_ms; /* a new template is approved after it */
	unsigned delay_ms;            /* before each answer of a provider */
	struct fault faults[FAULTS_MAX];
	size_t faults_n;
	const char *receipts[PROVIDERS]; /* URLs; NULL: none, but for what a request names */
	const char *receipt_ca;          /* NULL: the system's */
	unsigned receipt_delay_ms;
	struct receipt_rule receipt_rules[RECEIPT_RULES_MAX];
	size_t receipt_rules_n;
};

/*
 * Returns 0; 1 when --help or --version was printed and all is done; -EINVAL for a wrong option, -errno for a file that
 * cannot be read. Errors are printed, one sentence each. Strings are borrowed from argv.
 */
int options_parse(int argc, char *argv[], struct options *ret);
