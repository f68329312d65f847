/* key init: makes the master key, from which every other key is derived. */
#include "tools/otpctl/key.h"
#include "tools/otpctl/file.h"
#include "tools/otpctl/otpctl.h"
#include "tools/otpctl/output.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_BYTES 32
#define KEY_TEXT (2 * KEY_BYTES + 1) /* hex and a newline */

/* Where the key belongs: what was typed, else the config's master_key if that is a file. NULL after an error. */
static const char *key_path(struct otpctl *ctl)
{
	const struct config *config;

	if (ctl->arguments[0])
		return ctl->arguments[0];
	config = otpctl_config(ctl);
	if (!config)
		output_error("key init: %s; give the FILE to write", ctl->config_error);
	else if (strncmp(config->core.master_key, "file:", 5) != 0)
		output_error("key init: master_key is %s in %s; give the FILE that LoadCredential= reads",
			     config->core.master_key, otpctl_config_file(ctl));
	else
		return config->core.master_key + 5;
	return NULL;
}

static int make_key(char text[static KEY_TEXT])
{
	unsigned char key[KEY_BYTES];
	ssize_t n = getrandom(key, sizeof(key), 0);
	int r = n == (ssize_t)sizeof(key) ? 0 : -(n < 0 ? errno : EIO);

	for (size_t i = 0; i < sizeof(key) && r == 0; i++) {
		text[2 * i] = "0123456789abcdef"[key[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[key[i] & 15];
	}
	text[KEY_TEXT - 1] = '\n';
	explicit_bzero(key, sizeof(key));
	return r;
}

/* The file is new and ours; nothing has been promised about it before this returns 0. */
static int fill_file(int fd, const char *path, const struct passwd *owner)
{
	char text[KEY_TEXT];
	int r = make_key(text);

	if (r == 0 && (fchmod(fd, 0400) < 0 || (owner && fchown(fd, owner->pw_uid, owner->pw_gid) < 0)))
		r = -errno;
	if (r == 0)
		r = file_write_all(fd, text, sizeof(text));
	explicit_bzero(text, sizeof(text));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r == 0 ? file_sync_folder_of(path) : r;
}

int key_make(const char *path, const struct passwd *owner)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400), r;

	if (fd < 0 && errno == EEXIST) {
		output_error("%s: exists; a new key would make every enrolment unreadable, move it away first", path);
		return EXIT_REFUSED;
	}
	if (fd < 0) {
		output_error("%s: cannot be created: %s", path, strerror(errno));
		return EXIT_REFUSED;
	}
	r = fill_file(fd, path, owner);
	close(fd);
	if (r == 0)
		return EXIT_OK;
	(void)unlink(path);
	output_error("%s: no key was made: %s", path, strerror(-r));
	return EXIT_REFUSED;
}

int command_key_init(struct otpctl *ctl)
{
	const char *path = key_path(ctl), *name = ctl->options.owner;
	const struct passwd *owner = name ? getpwnam(name) : NULL;
	int status;

	if (!path)
		return EXIT_USAGE;
	if (name && !owner) {
		output_error("--owner %s: no such user on this system", name);
		return EXIT_USAGE;
	}
	status = key_make(path, owner);
	if (status != EXIT_OK)
		return status;
	if (ctl->options.json)
		output_json(json_pack("{s:s, s:b}", "file", path, "created", 1));
	else
		printf("%s: a new master key; keep a copy in a safe place, without it every enrolment is lost\n", path);
	return EXIT_OK;
}
