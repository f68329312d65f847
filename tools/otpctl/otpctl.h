/*
 * What the commands of whatsapp-otpctl(8) share: the options that were typed, the config, the exit status. A command is
 * a row of the table in main.c; it prints its own errors and returns the exit status.
 */
#pragma once

#include "daemon/base/config.h"

enum exit_status { EXIT_OK, EXIT_REFUSED, EXIT_USAGE, EXIT_UNREACHABLE };

#define OPTIONS_LANGUAGES_MAX 64

struct options {
	const char *config, *socket; /* NULL where not given, as all strings here */
	const char *phone, *channel, *language, *consent, *owner;
	const char *pam_dir, *module_dir, *sshd, *sshd_config;
	const char *service, *email, *since, *by, *html, *textfile, *listen;
	const char *pin_file, *method, *url, *answers;
	const char *languages[OPTIONS_LANGUAGES_MAX + 1]; /* each --language; the last one is language, too */
	bool json, no_verify, reveal, yes, secrets, probe;
	bool help, version;
};

struct otpctl {
	struct options options;
	const char *command;   /* as typed: "key init" */
	char **arguments;      /* behind the command, ends with NULL */
	struct config *config; /* NULL until otpctl_config() */
	char *config_error;    /* why it could not be loaded; NULL if it could */
};

/* The config of --config or of the default place, loaded once; NULL with config_error set. Prints nothing. */
const struct config *otpctl_config(struct otpctl *ctl);
const char *otpctl_config_file(const struct otpctl *ctl);
/* --socket, else the config's, else the default. */
const char *otpctl_socket(struct otpctl *ctl);

/*
 * Copies what was typed into a field of a message. False, after an error that names what, if it does not fit or holds
 * what may not travel. NULL copies nothing.
 */
bool otpctl_copy(char *to, size_t size, const char *typed, const char *what);

int command_enroll(struct otpctl *ctl);
int command_verify(struct otpctl *ctl);
int command_list(struct otpctl *ctl);
int command_show(struct otpctl *ctl);
int command_set(struct otpctl *ctl);
int command_suspend(struct otpctl *ctl);
int command_resume(struct otpctl *ctl);
int command_unlock(struct otpctl *ctl);
int command_remove(struct otpctl *ctl);
int command_telegram(struct otpctl *ctl);
int command_test(struct otpctl *ctl);
int command_challenges(struct otpctl *ctl);
int command_route_explain(struct otpctl *ctl);
int command_stats(struct otpctl *ctl);
int command_metrics(struct otpctl *ctl);
int command_alarms(struct otpctl *ctl);
int command_alarms_ack(struct otpctl *ctl);
int command_breakers(struct otpctl *ctl);
int command_breakers_close(struct otpctl *ctl);
int command_health(struct otpctl *ctl);
int command_config_check(struct otpctl *ctl);
int command_key_init(struct otpctl *ctl);
int command_doctor(struct otpctl *ctl);
