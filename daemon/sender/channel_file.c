/*
 * driver = file: appends each message to a file, one JSON object a line. For a first installation, when there is no
 * provider yet, and for tests. The file is 0600: whoever reads it can log in.
 */
#include "daemon/provider/json.h"
#include "daemon/sender/channel.h"
#include "daemon/sender/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The file, open to append, or -errno: -EPERM if others can read it or own it, -EINVAL if it is no file. */
static int open_private(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat st;
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = -EINVAL;
	else if (st.st_uid != geteuid() || (st.st_mode & 077))
		r = -EPERM;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static const char *open_error(int r)
{
	return r == -EPERM    ? "is not private to the sender: it must own the file, with mode 0600"
	       : r == -EINVAL ? "is not a regular file"
	       : r == -ELOOP  ? "is a symbolic link"
			      : strerror(-r);
}

static char *line_of(const struct channel_message *message)
{
	json_t *object;
	struct timespec now;
	char *line;

	clock_gettime(CLOCK_REALTIME, &now);
	object = json_pack("{s:I, s:s, s:s, s:s, s:s}", "at", (json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000,
			   "to", message->to, "code", message->code, "text", message->text, "id", message->id);
	line = object ? json_dumps(object, JSON_COMPACT) : NULL;
	json_decref(object);
	return line;
}

/* Appends the line whole or not at all. */
static int append(int fd, const char *line)
{
	char *whole __attribute__((cleanup(memory_freep))) = memory_resize(NULL, strlen(line) + 2);
	struct stat before;
	size_t length;
	ssize_t n;

	if (!whole)
		return -ENOMEM;
	length = (size_t)(stpcpy(stpcpy(whole, line), "\n") - whole);
	if (fstat(fd, &before) < 0)
		return -errno;
	n = write(fd, whole, length);
	if (n == (ssize_t)length)
		return 0;
	if (n >= 0 && ftruncate(fd, before.st_size) == 0)
		return -ENOSPC;
	return -errno;
}

static int file_open(const struct config_channel *config, struct http *http, void **ret,
		     char why[static CONFIG_WHY_MAX])
{
	int fd;

	(void)http;
	if (*config->path == '\0')
		return channel_config_error(config, why, "driver file needs path = \"/…\"");
	fd = open_private(config->path);
	if (fd < 0)
		return channel_config_error(config, why, "path %s: %s", config->path, open_error(fd));
	close(fd);
	*ret = config->path;
	return 0;
}

static void file_send(struct channel_call *call, const struct channel_message *message)
{
	char *line __attribute__((cleanup(memory_freep))) = line_of(message);
	int fd = open_private(call->channel); /* each time: the file may have been rotated away */
	int r = fd < 0 ? fd : line ? append(fd, line) : -ENOMEM;

	if (fd >= 0)
		close(fd);
	if (r < 0)
		channel_failed(call, FAILURE_CONFIG, "file", open_error(r));
	else
		channel_sent(call, message->id);
}

static void file_probe(struct channel_call *call, int64_t timeout_ms)
{
	int fd = open_private(call->channel);

	(void)timeout_ms;
	if (fd < 0) {
		channel_failed(call, FAILURE_CONFIG, "file", open_error(fd));
		return;
	}
	close(fd);
	channel_sent(call, "");
}

static void file_close(void *channel)
{
	(void)channel;
}

const struct channel_ops channel_file = {
	.name = "file",
	.wants = WANTS_TEXT,
	.open = file_open,
	.send = file_send,
	.probe = file_probe,
	.close = file_close,
};
