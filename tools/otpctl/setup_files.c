#include "tools/otpctl/setup_files.h"

#include "daemon/sender/memory.h"
#include "tools/otpctl/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool holds(int fd, const char *data, size_t length)
{
	char buffer[4096];
	size_t at = 0;
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
		if ((size_t)n > length - at || memcmp(buffer, data + at, (size_t)n) != 0)
			break;
		at += (size_t)n;
	}
	explicit_bzero(buffer, sizeof(buffer));
	return n == 0 && at == length;
}

int setup_files_add(struct setup_files *files, const char *path, char *data, mode_t mode)
{
	struct setup_file *f = &files->file[files->count];
	struct stat st;
	int fd;

	if (!data)
		return -ENOMEM;
	if (files->count == SETUP_FILES_MAX || strlen(path) >= sizeof(f->path)) {
		memory_free(data);
		return -ENAMETOOLONG;
	}
	*f = (struct setup_file){.data = data, .mode = mode, .differs = true};
	memcpy(f->path, path, strlen(path) + 1);
	f->exists = lstat(path, &st) == 0;
	files->count++;
	fd = f->exists && S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (fd >= 0) {
		f->differs = (st.st_mode & 07777) != mode || st.st_uid != geteuid() || !holds(fd, data, strlen(data));
		close(fd);
	}
	return 0;
}

static int fill(int fd, const struct setup_file *f)
{
	int r = file_write_all(fd, f->data, strlen(f->data));

	if (r == 0 && (fchmod(fd, f->mode) < 0 || fsync(fd) < 0))
		r = -errno;
	return r;
}

static int stage(struct setup_file *f)
{
	char name[SETUP_PATH_MAX];
	int fd, r;

	if (snprintf(name, sizeof(name), "%s.XXXXXX", f->path) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	memcpy(f->temporary, name, sizeof(name));
	r = fill(fd, f);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

static void unstage(struct setup_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		struct setup_file *f = &files->file[i];

		if (f->temporary[0])
			(void)unlink(f->temporary);
		f->temporary[0] = '\0';
	}
}

int setup_files_stage(struct setup_files *files, const char **ret_path)
{
	for (size_t i = 0; i < files->count; i++) {
		int r = files->file[i].differs ? stage(&files->file[i]) : 0;

		*ret_path = files->file[i].path;
		if (r == 0)
			continue;
		unstage(files);
		return r;
	}
	return 0;
}

/* A second name for the old file, so that there is never a moment without it. */
static int keep_old(struct setup_file *f)
{
	time_t now = time(NULL);
	char stamp[24];
	struct tm tm;

	if (!f->exists)
		return 0;
	if (!localtime_r(&now, &tm) || strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm) == 0)
		return -EINVAL;
	for (int n = 0; n < 100; n++) {
		char suffix[8] = "";

		if (n > 0)
			snprintf(suffix, sizeof(suffix), "-%d", n);
		if (snprintf(f->backup, sizeof(f->backup), "%.4000s.%s%s", f->path, stamp, suffix) < 0)
			return -EINVAL;
		if (link(f->path, f->backup) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	f->backup[0] = '\0';
	return -errno;
}

static int commit(struct setup_file *f)
{
	if (rename(f->temporary, f->path) < 0)
		return -errno;
	f->temporary[0] = '\0';
	return file_sync_folder_of(f->path);
}

int setup_files_commit(struct setup_files *files, const char **ret_path)
{
	int r = 0;

	for (size_t i = 0; i < files->count && r == 0; i++) {
		*ret_path = files->file[i].path;
		if (files->file[i].temporary[0])
			r = keep_old(&files->file[i]);
	}
	for (size_t i = 0; i < files->count && r == 0; i++) {
		*ret_path = files->file[i].path;
		if (files->file[i].temporary[0])
			r = commit(&files->file[i]);
	}
	return r;
}

void setup_files_drop(struct setup_files *files)
{
	unstage(files);
	for (size_t i = 0; i < files->count; i++)
		memory_free(files->file[i].data);
	*files = (struct setup_files){0};
}
