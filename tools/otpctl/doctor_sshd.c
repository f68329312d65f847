/* What sshd says about its settings (sshd -T), held against what asking for a code needs. */
#include "tools/otpctl/child_output.h"
#include "tools/otpctl/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SSHD_MS 5000
#define OUTPUT_MAX (64 * 1024)
#define GRACE_MIN 120

static const char *const places[] = {"/usr/sbin/sshd", "/usr/bin/sshd", NULL};

static const char *sshd_path(const struct doctor *doctor)
{
	if (doctor->ctl->options.sshd)
		return doctor->ctl->options.sshd;
	for (const char *const *place = places; *place; place++)
		if (access(*place, F_OK) == 0)
			return *place;
	return NULL;
}

/* The value of a keyword in "keyword value" lines, for free(). NULL if it is not there. */
static char *setting(const char *text, const char *keyword)
{
	size_t n = strlen(keyword);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, keyword, n) == 0 && line[n] == ' ')
			return strndup(line + n + 1, strcspn(line + n + 1, "\n"));
	return NULL;
}

static bool setting_is(const char *text, const char *keyword, const char *value)
{
	char *found = setting(text, keyword);
	bool is = found && strcmp(found, value) == 0;

	free(found);
	return is;
}

static void check_switch(struct doctor *doctor, const char *text, const char *keyword, const char *name)
{
	bool on = setting_is(text, keyword, "yes");
	char advice[96];

	snprintf(advice, sizeof(advice), "write '%s yes' into sshd_config", name);
	doctor_report(doctor, on ? VERDICT_OK : VERDICT_FAIL, "sshd", on ? NULL : advice, "%s is %s", name,
		      on ? "on" : "off, so sshd cannot ask for a code");
}

/* How many of the lists of AuthenticationMethods do, and do not, hold keyboard-interactive. */
static void count_lists(const char *methods, size_t *with, size_t *without)
{
	*with = *without = 0;
	while (*(methods += strspn(methods, " "))) {
		size_t n = strcspn(methods, " ");
		const char *hit = memmem(methods, n, "keyboard-interactive", strlen("keyboard-interactive"));

		*(hit ? with : without) += 1;
		methods += n;
	}
}

#define METHODS "write 'AuthenticationMethods publickey,keyboard-interactive:pam' into sshd_config"

static void check_methods(struct doctor *doctor, const char *text)
{
	char *methods = setting(text, "authenticationmethods");
	size_t with, without;

	count_lists(methods ? methods : "any", &with, &without);
	if (!methods || strcmp(methods, "any") == 0)
		doctor_report(doctor, VERDICT_WARN, "sshd", METHODS,
			      "AuthenticationMethods is not set, so a key alone opens a session without a code");
	else if (with == 0)
		doctor_report(doctor, VERDICT_FAIL, "sshd", METHODS,
			      "AuthenticationMethods %s has no keyboard-interactive, so no login is asked for a code",
			      methods);
	else if (without > 0)
		doctor_report(doctor, VERDICT_WARN, "sshd", METHODS,
			      "AuthenticationMethods %s has a list without keyboard-interactive, which needs no code",
			      methods);
	else
		doctor_report(doctor, VERDICT_OK, "sshd", NULL, "AuthenticationMethods %s", methods);
	free(methods);
}

/* How long a code of this service lives: of the first policy that may be the one. */
static long code_ttl(const struct config *config, const char *service)
{
	for (size_t i = 0; config && i < config->policy_count; i++) {
		char **s = config->policies[i].services;

		if (!*s)
			return (long)config->policies[i].ttl;
		for (; *s; s++)
			if (strcmp(*s, service) == 0)
				return (long)config->policies[i].ttl;
	}
	return 300;
}

static void check_grace(struct doctor *doctor, const char *text, const char *service)
{
	char *value = setting(text, "logingracetime");
	long grace = value ? strtol(value, NULL, 10) : GRACE_MIN;
	long ttl = code_ttl(doctor->config, service);
	long need = ttl < GRACE_MIN ? ttl : GRACE_MIN;

	if (grace != 0 && grace < need)
		doctor_report(
			doctor, VERDICT_WARN, "sshd", "write 'LoginGraceTime 180' into sshd_config",
			"LoginGraceTime is %ld s: sshd hangs up while the user still waits for the code, which lives "
			"%ld s",
			grace, ttl);
	else
		doctor_report(doctor, VERDICT_OK, "sshd", NULL, "LoginGraceTime is %ld s, a code lives %ld s", grace,
			      ttl);
	free(value);
}

/* The password method answers every prompt with the password: no code can be typed there (HOSTS.md 2.2, item 8). */
static void check_password(struct doctor *doctor, const char *text)
{
	char *methods = setting(text, "authenticationmethods");
	bool offered = !methods || strcmp(methods, "any") == 0 || strstr(methods, "password");

	if (offered && setting_is(text, "passwordauthentication", "yes"))
		doctor_report(
			doctor, VERDICT_WARN, "sshd", "write 'PasswordAuthentication no' into sshd_config",
			"PasswordAuthentication is on: that method cannot ask for a code, its logins are refused");
	free(methods);
}

static void check_settings(struct doctor *doctor, const char *text)
{
	char *named = setting(text, "pamservicename");
	const char *service = named ? named : "sshd";

	if (doctor_service_asks(doctor, service)) {
		check_switch(doctor, text, "kbdinteractiveauthentication", "KbdInteractiveAuthentication");
		check_switch(doctor, text, "usepam", "UsePAM");
		check_methods(doctor, text);
		check_grace(doctor, text, service);
		check_password(doctor, text);
	} else {
		doctor_report(doctor, VERDICT_OK, "sshd", NULL,
			      "the PAM service %s does not ask for codes, nothing to check", service);
	}
	free(named);
}

void doctor_check_sshd(struct doctor *doctor)
{
	const char *path = sshd_path(doctor), *file = doctor->ctl->options.sshd_config;
	const char *const argv[] = {path, "-T", file ? "-f" : NULL, file, NULL};
	char *text = malloc(OUTPUT_MAX);
	int status;

	if (!path) {
		doctor_report(doctor, VERDICT_OK, "sshd", NULL, "is not installed");
	} else if (text) {
		status = child_output(argv, SSHD_MS, text, OUTPUT_MAX);
		if (status == 0)
			check_settings(doctor, text);
		else
			doctor_report(doctor, VERDICT_WARN, "sshd", "try sshd -T by hand, as root", "%s -T: %.*s", path,
				      status < 0 || !*text ? 200 : (int)strcspn(text, "\n"),
				      status < 0 ? strerror(-status)
				      : !*text   ? "failed"
						 : text);
	}
	free(text);
}
