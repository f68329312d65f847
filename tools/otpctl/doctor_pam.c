/* The stacks of pam.d that ask for our codes, and the module that they name. */
#include "tools/otpctl/doctor.h"
#include "tools/otpctl/pam_arguments.h"
#include "tools/otpctl/pam_findings.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAM_DIR "/etc/pam.d"
#define FILE_MAX (64 * 1024)

static const char *pam_dir(const struct doctor *doctor)
{
	return doctor->ctl->options.pam_dir ? doctor->ctl->options.pam_dir : PAM_DIR;
}

static char *read_stack_file(void *userdata, const char *name)
{
	char path[PATH_MAX], *text;
	FILE *stream;
	size_t n;

	snprintf(path, sizeof(path), "%s%s%s", *name == '/' ? "" : pam_dir(userdata), *name == '/' ? "" : "/", name);
	stream = fopen(path, "re");
	text = stream ? malloc(FILE_MAX) : NULL;
	if (text) {
		n = fread(text, 1, FILE_MAX - 1, stream);
		text[ferror(stream) ? 0 : n] = '\0';
	}
	if (stream)
		fclose(stream);
	return text;
}

/* The folder that libpam takes modules from: the one where its own are. False if there is none. */
static bool module_dir(const struct doctor *doctor, char dir[static PATH_MAX])
{
	static const char *const places[] = {"/lib/*/security",     "/usr/lib/*/security", "/lib64/security",
					     "/usr/lib64/security", "/lib/security",       "/usr/lib/security"};
	bool found = doctor->ctl->options.module_dir != NULL;

	if (found)
		snprintf(dir, PATH_MAX, "%s", doctor->ctl->options.module_dir);
	for (size_t i = 0; !found && i < sizeof(places) / sizeof(places[0]); i++) {
		char pattern[PATH_MAX];
		glob_t hits;

		snprintf(pattern, sizeof(pattern), "%s/pam_permit.so", places[i]);
		found = glob(pattern, 0, NULL, &hits) == 0;
		if (found)
			snprintf(dir, PATH_MAX, "%.*s", (int)(strrchr(hits.gl_pathv[0], '/') - hits.gl_pathv[0]),
				 hits.gl_pathv[0]);
		globfree(&hits);
	}
	return found;
}

static void check_module_file(struct doctor *doctor, const struct pam_rule *rule)
{
	char dir[PATH_MAX], path[2 * PATH_MAX];

	if (rule->module[0] == '/')
		snprintf(path, sizeof(path), "%s", rule->module);
	else if (module_dir(doctor, dir))
		snprintf(path, sizeof(path), "%s/%s", dir, rule->module);
	else
		return;
	if (access(path, R_OK) < 0)
		doctor_report(doctor, VERDICT_FAIL, "module",
			      "install it there (./configure --with-pamdir=DIR), or name it by its whole path",
			      "%s, named in %s:%d: %s", path, rule->file, rule->line, strerror(errno));
	else
		doctor_report(doctor, VERDICT_OK, "module", NULL, "%s is in its place", path);
}

/* A policy of the config makes the module step aside for somebody. */
static bool policies_may_ignore(const struct config *config)
{
	for (size_t i = 0; config && i < config->policy_count; i++)
		if (config->policies[i].exempt || config->policies[i].unenrolled == UNENROLLED_IGNORE)
			return true;
	return false;
}

struct judgement {
	struct doctor *doctor;
	const char *name; /* "pam sshd" */
	size_t findings;
};

static void on_finding(void *userdata, const struct pam_finding *finding)
{
	struct judgement *j = userdata;

	j->findings++;
	doctor_report(j->doctor, finding->fatal ? VERDICT_FAIL : VERDICT_WARN, j->name, finding->advice, "%s:%d: %s",
		      finding->rule->file, finding->rule->line, finding->what);
}

/* Where nobody asks for a code, the module stands only for the belief that somebody does. */
static void check_other_facilities(struct doctor *doctor, const char *service, struct judgement *j)
{
	static const char *const facilities[] = {"account", "password", "session"};

	for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++) {
		const struct pam_rule *rule;
		struct pam_stack stack;
		char what[128];

		if (pam_stack_read_facility(service, facilities[i], read_stack_file, doctor, &stack) < 0)
			return;
		rule = pam_findings_module(&stack);
		snprintf(what, sizeof(what), "the module asks for no code under %s, it does nothing there",
			 facilities[i]);
		if (rule)
			on_finding(j, &(struct pam_finding){true, rule, what, "move the line to auth"});
		pam_stack_free(&stack);
	}
}

/* True if the service asks for our codes. */
static bool check_service(struct doctor *doctor, const char *service, bool *module_checked)
{
	const struct pam_rule *rule;
	struct pam_stack stack;
	char name[NAME_MAX + 8];
	struct judgement j = {doctor, name, 0};

	if (pam_stack_read(service, read_stack_file, doctor, &stack) < 0)
		return false;
	rule = pam_findings_module(&stack);
	if (rule && !*module_checked) {
		check_module_file(doctor, rule);
		*module_checked = true;
	}
	snprintf(name, sizeof(name), "pam %s", service);
	if (rule) {
		pam_findings_of(&stack, policies_may_ignore(doctor->config), on_finding, &j);
		pam_arguments_judge(&stack, doctor->config, on_finding, &j);
	}
	check_other_facilities(doctor, service, &j);
	if (rule && j.findings == 0)
		doctor_report(doctor, VERDICT_OK, name, NULL, "%s:%d: asks for a code, and a wrong one ends the login",
			      rule->file, rule->line);
	pam_stack_free(&stack);
	return rule != NULL;
}

bool doctor_service_asks(const struct doctor *doctor, const char *service)
{
	struct pam_stack stack;
	bool asks;

	/* The reader is lent the doctor and only reads it. */
	if (pam_stack_read(service, read_stack_file, (void *)(uintptr_t)doctor, &stack) < 0)
		return false;
	asks = pam_findings_module(&stack) != NULL;
	pam_stack_free(&stack);
	return asks;
}

/* Not what editors and package managers leave behind. */
static int is_service(const struct dirent *entry)
{
	static const char *const rests[] = {"~",         ".bak",       ".orig",     ".rpmsave", ".rpmnew",
					    ".dpkg-old", ".dpkg-dist", ".dpkg-new", ".pam-old", ".swp"};
	size_t length = strlen(entry->d_name);

	for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++)
		if (length >= strlen(rests[i]) && strcmp(entry->d_name + length - strlen(rests[i]), rests[i]) == 0)
			return 0;
	return entry->d_name[0] != '.';
}

void doctor_check_pam(struct doctor *doctor)
{
	bool module_checked = false;
	struct dirent **entries;
	size_t asking = 0;
	int n = scandir(pam_dir(doctor), &entries, is_service, alphasort);

	if (n < 0) {
		doctor_report(doctor, VERDICT_FAIL, "pam", "name the folder by --pam-dir", "%s: %s", pam_dir(doctor),
			      strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		asking += check_service(doctor, entries[i]->d_name, &module_checked);
		free(entries[i]);
	}
	free(entries);
	if (asking == 0)
		doctor_report(doctor, VERDICT_WARN, "pam", "add it to a service, see pam_whatsapp_otp(8)",
			      "no service of %s names " PAM_OUR_MODULE ", so nothing asks for a code yet",
			      pam_dir(doctor));
}
