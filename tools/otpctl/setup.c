/* setup: the first installation, and every later change of what it asks for. */
#include "tools/otpctl/setup_state.h"

#include "daemon/sender/memory.h"
#include "tools/otpctl/credential.h"
#include "tools/otpctl/key.h"
#include "tools/otpctl/meta_commands.h"
#include "tools/otpctl/output.h"
#include "tools/otpctl/setup_account.h"
#include "tools/otpctl/setup_config.h"
#include "tools/otpctl/setup_files.h"
#include "tools/otpctl/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_SIZE_MAX (1024 * 1024)

static const char *value(const struct setup *setup, enum setup_key key)
{
	return setup_answers_value(&setup->answers, key);
}

/* What there is. */

static int refuse(const char *path, int error)
{
	output_error("setup: %s: %s%s", path, strerror(error), error == EACCES ? "; run it as root" : "");
	return EXIT_REFUSED;
}

/* The folder must be there, and ours to write: better said before the questions than behind them. */
static int find_place(struct setup *setup)
{
	char copy[PATH_MAX], folder[PATH_MAX];
	const char *file = otpctl_config_file(setup->ctl);

	snprintf(copy, sizeof(copy), "%s", file);
	if (mkdir(dirname(copy), 0755) < 0 && errno != EEXIST)
		return refuse(copy, errno);
	snprintf(copy, sizeof(copy), "%s", file);
	if (!realpath(dirname(copy), folder) || access(folder, W_OK | X_OK) < 0)
		return refuse(file, errno);
	snprintf(copy, sizeof(copy), "%s", file);
	if (snprintf(setup->config_file, sizeof(setup->config_file), "%s/%s", folder, basename(copy)) >=
	    (int)sizeof(setup->config_file))
		return refuse(file, ENAMETOOLONG);
	return EXIT_OK;
}

/* NULL with errno: ENOENT if there is none. Owned by the caller. */
static char *read_old(const char *path)
{
	FILE *stream = fopen(path, "re");
	char *text = stream ? calloc(1, CONFIG_SIZE_MAX + 1) : NULL;
	size_t n = text ? fread(text, 1, CONFIG_SIZE_MAX, stream) : 0;
	int error = !stream || !text ? errno : ferror(stream) ? EIO : n == CONFIG_SIZE_MAX ? EFBIG : 0;

	if (stream)
		fclose(stream);
	if (error) {
		free(text);
		errno = error;
		return NULL;
	}
	return text;
}

static void offer_secret(struct setup *setup, enum setup_key key, const char *name)
{
	char reference[80], why[CONFIG_WHY_MAX];
	struct secret secret;

	snprintf(reference, sizeof(reference), "credential:%s", name);
	if (credential_load(setup->config_file, reference, &secret, why, sizeof(why)) < 0)
		return;
	setup_answers_offer(&setup->answers, key, secret.data);
	secret_free(&secret);
}

static void offer_what_there_is(struct setup *setup)
{
	char host[65] = "";

	if (gethostname(host, sizeof(host) - 1) == 0)
		setup_answers_offer(&setup->answers, SETUP_HOSTNAME, host);
	setup->present = access(setup->config_file, F_OK) == 0 ? otpctl_config(setup->ctl) : NULL;
	if (setup->present)
		setup_config_offer(setup->present, &setup->answers);
	else if (setup->ctl->config_error)
		output_warning("%s; nothing is taken over from it", setup->ctl->config_error);
	offer_secret(setup, SETUP_TOKEN, "meta-token");
	offer_secret(setup, SETUP_SMS_TOKEN, "sms-key");
}

/* The questions. */

static int ask_gateway(struct setup *setup)
{
	const struct setup_gateway *gateway;
	struct setup_answers *a = &setup->answers;
	int status = setup_answers_ask(a, SETUP_SMS);

	gateway = status == EXIT_OK ? setup_gateway_find(value(setup, SETUP_SMS)) : NULL;
	if (!gateway)
		return status;
	if (gateway->base_url)
		status = setup_answers_ask(a, SETUP_SMS_BASE_URL);
	if (status == EXIT_OK && gateway->account)
		status = setup_answers_ask(a, SETUP_SMS_ACCOUNT);
	if (status == EXIT_OK && gateway->user)
		status = setup_answers_ask(a, SETUP_SMS_USER);
	if (status == EXIT_OK)
		status = setup_answers_ask(a, SETUP_SMS_SENDER);
	if (status == EXIT_OK)
		status = setup_answers_ask(a, SETUP_SMS_TOKEN);
	if (status == EXIT_OK && !setup->ctl->options.json)
		printf("  these answers are not checked online: whatsapp-otpctl test USER --channel sms shows whether "
		       "they are right\n");
	return status;
}

static int ask_all(struct setup *setup)
{
	static const enum setup_key last[] = {SETUP_HOSTNAME, SETUP_COUNTRIES, SETUP_UNENROLLED};
	int status = setup_account(setup);

	if (status == EXIT_OK)
		status = ask_gateway(setup);
	for (size_t i = 0; status == EXIT_OK && i < sizeof(last) / sizeof(last[0]); i++)
		status = setup_answers_ask(&setup->answers, last[i]);
	return status;
}

/* The files. */

static int add_credential(const struct setup *setup, struct setup_files *files, const char *name, const char *secret)
{
	char path[PATH_MAX];
	char *text = NULL;
	int r = credential_path(setup->config_file, name, path);

	if (r == 0 && asprintf(&text, "%s\n", secret) < 0)
		text = NULL;
	return r < 0 ? r : setup_files_add(files, path, text, 0400);
}

/* The config comes last: what it names is then there. */
static int add_files(const struct setup *setup, const char *old, struct setup_files *ret)
{
	struct stat st;
	mode_t mode = stat(setup->config_file, &st) == 0 ? st.st_mode & 0777 : 0644;
	int r = add_credential(setup, ret, "meta-token", value(setup, SETUP_TOKEN));

	if (r == 0 && setup_gateway_find(value(setup, SETUP_SMS)))
		r = add_credential(setup, ret, "sms-key", value(setup, SETUP_SMS_TOKEN));
	return r == 0 ? setup_files_add(ret, setup->config_file, setup_config_text(setup, old), mode) : r;
}

static bool may_replace(const struct setup *setup, const struct setup_file *f, const char *old)
{
	bool config = strcmp(f->path, setup->config_file) == 0;
	const char *loss =
		config && old && !setup_config_is_ours(old) ? "; it was not written by setup, all of it goes" : "";
	char prompt[SETUP_PATH_MAX + 160];

	if (!f->exists || !f->differs || setup->ctl->options.yes)
		return true;
	snprintf(prompt, sizeof(prompt), "Replace %s%s (a copy is kept)? [y/N] ", f->path, loss);
	if (!setup->answers.unattended && terminal_confirm(prompt, false))
		return true;
	output_error("setup: %s: exists%s; %snothing was written", f->path, loss,
		     setup->answers.unattended ? "--yes replaces it and keeps a copy; " : "");
	return false;
}

static int confirm(const struct setup *setup, const struct setup_files *files, const char *old)
{
	for (size_t i = 0; i < files->count; i++)
		if (!may_replace(setup, &files->file[i], old))
			return EXIT_REFUSED;
	return EXIT_OK;
}

static int not_written(const char *path, int error)
{
	output_error("setup: %s: %s; nothing was changed", path, strerror(error));
	return EXIT_REFUSED;
}

/* As every program will read it: with its conf.d, under its name-to-be. */
static int check_config(const struct setup_files *files)
{
	const struct setup_file *f = &files->file[files->count - 1];
	char why[CONFIG_WHY_MAX];
	struct config *config;

	if (config_load(f->temporary[0] ? f->temporary : f->path, &config, why) == 0) {
		config_unref(config);
		return EXIT_OK;
	}
	output_error("setup: the new config is not well formed: %s; nothing was changed", why);
	return EXIT_REFUSED;
}

static void key_place(const struct setup *setup, char path[static PATH_MAX], const struct passwd **owner)
{
	const char *reference = setup->present ? setup->present->core.master_key : "";

	*owner = NULL;
	if (strncmp(reference, "file:", 5) != 0) {
		(void)credential_path(setup->config_file, CREDENTIAL_MASTER_KEY, path);
		return;
	}
	snprintf(path, PATH_MAX, "%s", reference + 5);
	*owner = getpwnam("whatsapp-otp");
}

static int write_files(const struct setup *setup, struct setup_files *files, bool *ret_key)
{
	const struct passwd *owner;
	char key[PATH_MAX];
	const char *path;
	int r, status;

	key_place(setup, key, &owner);
	r = setup_files_stage(files, &path);
	if (r < 0)
		return not_written(path, -r);
	status = check_config(files);
	if (status == EXIT_OK && access(key, F_OK) < 0) {
		status = key_make(key, owner);
		*ret_key = status == EXIT_OK;
	}
	if (status != EXIT_OK)
		return status;
	r = setup_files_commit(files, &path);
	if (r == 0)
		return EXIT_OK;
	output_error("setup: %s: %s; run setup again", path, strerror(-r));
	return EXIT_REFUSED;
}

/* Nothing that a terminal or a service manager sends leaves it half done. */
static int write_undisturbed(const struct setup *setup, struct setup_files *files, bool *ret_key)
{
	sigset_t ending, before;
	int status;

	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	sigaddset(&ending, SIGQUIT);
	sigaddset(&ending, SIGTSTP);
	(void)sigprocmask(SIG_BLOCK, &ending, &before);
	status = write_files(setup, files, ret_key);
	if (status != EXIT_OK)
		setup_files_drop(files);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

static int make_credentials_folder(const struct setup *setup)
{
	char path[PATH_MAX];

	if (credential_path(setup->config_file, "x", path) < 0)
		return -ENAMETOOLONG;
	return mkdir(dirname(path), 0700) < 0 && errno != EEXIST ? -errno : 0;
}

/* The end. */

static void print_files(const struct setup *setup, const struct setup_files *files, bool key)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct setup_file *f = &files->file[i];
		const char *result = !f->differs ? "unchanged" : f->exists ? "replaced" : "written";

		if (setup->ctl->options.json)
			output_json(
				json_pack("{s:s, s:s, s:s}", "file", f->path, "result", result, "backup", f->backup));
		else
			printf("%s: %s%s%s\n", f->path, result, f->backup[0] ? ", the old one is " : "", f->backup);
	}
	if (setup->ctl->options.json)
		output_json(json_pack("{s:s, s:s}", "master_key", key ? "made" : "kept", "receipts",
				      setup_config_receipts(setup)));
	else if (key)
		printf("a new master key was made; keep a copy in a safe place, without it every enrolment is lost\n");
}

static void print_next(const struct setup *setup)
{
	if (setup->ctl->options.json)
		return;
	printf("\nNext:\n");
	if (!setup->registered)
		printf("  whatsapp-otpctl number register     # the number is not connected yet\n");
	printf("  systemctl enable whatsapp-otpd-login.socket whatsapp-otpd-admin.socket "
	       "whatsapp-otpd-sender.socket whatsapp-otpd whatsapp-otp-sender\n"
	       "  systemctl restart whatsapp-otpd-login.socket whatsapp-otpd-admin.socket "
	       "whatsapp-otpd-sender.socket whatsapp-otpd whatsapp-otp-sender\n"
	       "  whatsapp-otpctl template status     # until it says APPROVED\n"
	       "  whatsapp-otpctl enroll USER\n"
	       "then, with a root shell kept open, in /etc/pam.d/sshd in the place of @include common-auth:\n"
	       "  auth     required   pam_whatsapp_otp.so\n"
	       "  auth     required   pam_permit.so\n"
	       "and in sshd_config: AuthenticationMethods publickey,keyboard-interactive:pam; "
	       "KbdInteractiveAuthentication yes; UsePAM yes\n"
	       "  whatsapp-otpctl doctor\n");
}

static int finish(struct setup *setup)
{
	struct setup_files *files = calloc(1, sizeof(*files));
	char *old = read_old(setup->config_file);
	bool key = false;
	int status = EXIT_OK, r;

	if (!old && errno != ENOENT)
		status = refuse(setup->config_file, errno);
	r = files ? make_credentials_folder(setup) : -ENOMEM;
	if (status == EXIT_OK && r == 0)
		r = add_files(setup, old, files);
	if (status == EXIT_OK && r < 0)
		status = not_written(setup->config_file, -r);
	if (status == EXIT_OK)
		status = confirm(setup, files, old);
	if (status == EXIT_OK)
		status = write_undisturbed(setup, files, &key);
	if (status == EXIT_OK) {
		print_files(setup, files, key);
		print_next(setup);
	}
	if (files)
		setup_files_drop(files);
	free(files);
	memory_free(old);
	return status;
}

int command_setup(struct otpctl *ctl)
{
	struct setup setup = {.ctl = ctl};
	int status = find_place(&setup);

	if (status == EXIT_OK && ctl->options.answers)
		status = setup_answers_read(ctl->options.answers, &setup.answers);
	else if (status == EXIT_OK && !isatty(STDIN_FILENO)) {
		output_error("setup: nobody is there to answer; run it on a terminal, or with --answers FILE");
		status = EXIT_USAGE;
	}
	if (status == EXIT_OK) {
		offer_what_there_is(&setup);
		status = ask_all(&setup);
	}
	if (status == EXIT_OK)
		status = finish(&setup);
	graph_close(setup.graph);
	setup_answers_clear(&setup.answers);
	return status;
}
