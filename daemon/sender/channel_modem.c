/*
 * driver = modem: smstools3 on this host sends the message by a GSM modem. Its spool folder gets one file a message,
 * under a name that smsd leaves alone (".LOCK") until the file is whole and on the disk. No network is needed.
 *
 * smsd moves what it has sent to the folder "sent" beside the spool, and what it gave up to "failed".
 */
#include "daemon/sender/channel.h"
#include "daemon/sender/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "otp-"
#define NAME_SIZE (sizeof(PREFIX) + WIRE_ID_MAX)
#define FILE_MODE 0660   /* smsd is in the folder's group, and writes what it did into the file */
#define VALIDITY_LEAST 5 /* minutes, the unit of networks */

/* What an admin must mend; all else passes, or not. */
static const struct {
	int error;
	const char *detail;
} wrong[] = {
	{ENOENT, "the spool folder is not there"},
	{ENOTDIR, "path is not a folder"},
	{EACCES, "the sender may not write to the spool folder: it must be in the folder's group"},
	{EPERM, "the sender may not write to the spool folder: it must be in the folder's group"},
	{EROFS, "the spool folder is read-only: does the sender's unit let it write there?"},
	{ELOOP, "the spool folder is a symbolic link"},
	{EISDIR, "a folder stands in the way in the spool folder"},
};

static const char *wrong_with(int r)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (wrong[i].error == -r)
			return wrong[i].detail;
	return NULL;
}

static void answer_error(struct channel_call *call, int r)
{
	const char *detail = wrong_with(r);

	channel_failed(call, detail ? FAILURE_CONFIG : FAILURE_TRANSIENT, "spool", detail ? detail : strerror(-r));
}

/* The folder, open, or -errno. */
static int folder_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r = 0;

	if (fd < 0)
		return errno == ENOTDIR && access(path, F_OK) == 0 ? -ENOTDIR : -errno;
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static int write_whole(int fd, const char *text)
{
	size_t length = strlen(text);
	ssize_t n = write(fd, text, length);

	if (n != (ssize_t)length)
		return n < 0 ? -errno : -ENOSPC;
	/* The mode again: the umask may have taken the group's rights. */
	return fchmod(fd, FILE_MODE) < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* A file that a crash left behind is of no use to anybody. */
static int create(int folder, const char *name)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(folder, name, flags, FILE_MODE);

	if (fd < 0 && errno == EEXIST && unlinkat(folder, name, 0) == 0)
		fd = openat(folder, name, flags, FILE_MODE);
	return fd < 0 ? -errno : fd;
}

/* Puts the text into the spool whole, or leaves nothing there. */
static int spool(int folder, const char *name, const char *text)
{
	char locked[NAME_SIZE + sizeof(".LOCK")];
	int fd, r;

	snprintf(locked, sizeof(locked), "%s.LOCK", name);
	fd = create(folder, locked);
	if (fd < 0)
		return fd;
	r = write_whole(fd, text);
	close(fd);
	if (r == 0 && renameat(folder, locked, folder, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(folder, locked, 0);
	else
		(void)fsync(folder); /* smsd may have it already: there is no way back */
	return r;
}

static char *text_of(const struct channel_message *message)
{
	int64_t minutes = message->seconds / 60 > VALIDITY_LEAST ? message->seconds / 60 : VALIDITY_LEAST;
	size_t size = strlen(message->text) + 160;
	char *text = memory_resize(NULL, size);

	if (text)
		snprintf(text, size, "To: %.20s\nAlphabet: UTF\nReport: yes\nValidity: %" PRId64 " min\n\n%s",
			 message->to + 1, minutes, message->text);
	return text;
}

static bool number_ok(const char *number)
{
	return *number == '+' && number[1] && number[1 + strspn(number + 1, "0123456789")] == '\0' &&
	       strlen(number) <= 16;
}

static bool id_ok(const char *id)
{
	return *id && strlen(id) < WIRE_ID_MAX && id[strspn(id, "0123456789abcdef")] == '\0';
}

static int modem_open(const struct config_channel *config, struct http *http, void **ret,
		      char why[static CONFIG_WHY_MAX])
{
	const char *detail;
	int fd;

	(void)http;
	if (*config->path == '\0')
		return channel_config_error(config, why, "driver modem needs path = \"/var/spool/sms/outgoing\"");
	fd = folder_open(config->path);
	detail = fd < 0 ? wrong_with(fd) : NULL;
	if (fd < 0)
		return channel_config_error(config, why, "path %s: %s", config->path, detail ? detail : strerror(-fd));
	close(fd);
	*ret = config->path;
	return 0;
}

static void modem_send(struct channel_call *call, const struct channel_message *message)
{
	char *text __attribute__((cleanup(memory_freep))) = NULL;
	char name[NAME_SIZE];
	int folder, r;

	if (!number_ok(message->to) || !id_ok(message->id)) {
		channel_failed(call, FAILURE_UNDELIVERABLE, "request", "the message goes to no number");
		return;
	}
	snprintf(name, sizeof(name), PREFIX "%s", message->id);
	text = text_of(message);
	folder = folder_open(call->channel);
	r = folder < 0 ? folder : text ? spool(folder, name, text) : -ENOMEM;
	if (folder >= 0)
		close(folder);
	if (r < 0)
		answer_error(call, r);
	else
		channel_sent(call, name);
}

static void modem_probe(struct channel_call *call, int64_t timeout_ms)
{
	int folder = folder_open(call->channel);

	(void)timeout_ms;
	if (folder < 0) {
		answer_error(call, folder);
		return;
	}
	close(folder);
	channel_sent(call, "");
}

/* 1 if the message's file lies in the folder, 0 if not, or -errno. */
static int lies_in(int folder, const char *beside, const char *name)
{
	char path[NAME_SIZE + 16];
	struct stat st;

	snprintf(path, sizeof(path), "../%s/%s", beside, name);
	if (fstatat(folder, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

static void answer_state(struct channel_call *call, int folder, const char *name)
{
	static const struct fault gave_up = {
		.failure = FAILURE_UNDELIVERABLE,
		.alarm = ALARM_OFTEN,
		.breaker = BREAKER_CHANNEL,
		.often = true,
		.code = "failed",
		.detail = "the modem could not send the message",
	};
	int failed = lies_in(folder, "failed", name), sent = lies_in(folder, "sent", name);

	if (failed > 0)
		channel_told(call, RECEIPT_FAILED, &gave_up);
	else if (sent > 0)
		channel_told(call, RECEIPT_SENT, NULL);
	else if (failed < 0 || sent < 0)
		channel_failed(call, FAILURE_CONFIG, "spool",
			       "the sender may not look into the folders sent and failed beside the spool folder");
	else
		channel_told(call, RECEIPT_ACCEPTED, NULL);
}

static void modem_poll(struct channel_call *call, const char *message_id, int64_t timeout_ms)
{
	int folder;

	(void)timeout_ms;
	if (strncmp(message_id, PREFIX, strlen(PREFIX)) != 0 || !id_ok(message_id + strlen(PREFIX))) {
		channel_failed(call, FAILURE_UNDELIVERABLE, "request", "no message of ours has this name");
		return;
	}
	folder = folder_open(call->channel);
	if (folder < 0) {
		answer_error(call, folder);
		return;
	}
	answer_state(call, folder, message_id);
	close(folder);
}

static void modem_close(void *channel)
{
	(void)channel;
}

const struct channel_ops channel_modem = {
	.name = "modem",
	.wants = WANTS_TEXT,
	.open = modem_open,
	.send = modem_send,
	.probe = modem_probe,
	.poll = modem_poll,
	.close = modem_close,
};
