#include "daemon/base/secret.h"

#include "daemon/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define CREDENTIAL "credential:"
#define FILE_PREFIX "file:"

static int fail(int r, char *why, size_t size, const char *path, const char *what)
{
	snprintf(why, size, "%s: %s", path, what);
	return r;
}

const char *secret_reference_error(const char *reference)
{
	if (strncmp(reference, CREDENTIAL, strlen(CREDENTIAL)) == 0) {
		const char *name = reference + strlen(CREDENTIAL);

		return *name && !strchr(name, '/') && *name != '.' ? NULL : "credential: wants a plain name";
	}
	if (strncmp(reference, FILE_PREFIX, strlen(FILE_PREFIX)) == 0)
		return reference[strlen(FILE_PREFIX)] == '/' ? NULL : "file: wants an absolute path";
	return "a secret is named as credential:NAME or file:/PATH, it does not stand in the config";
}

static int path_of(const char *reference, char path[static PATH_MAX], char *why, size_t why_size)
{
	const char *directory;
	const char *error = secret_reference_error(reference);

	if (error) {
		snprintf(why, why_size, "%s", error);
		return -EINVAL;
	}
	if (strncmp(reference, FILE_PREFIX, strlen(FILE_PREFIX)) == 0) {
		snprintf(path, PATH_MAX, "%s", reference + strlen(FILE_PREFIX));
		return 0;
	}
	directory = getenv("CREDENTIALS_DIRECTORY");
	if (!directory || directory[0] != '/')
		return fail(-ENOENT, why, why_size, reference,
			    "no credentials were passed: the unit needs LoadCredential= for it, or use file:/PATH");
	snprintf(path, PATH_MAX, "%s/%s", directory, reference + strlen(CREDENTIAL));
	return 0;
}

/*
 * A credential lies in a folder that only its unit sees; newer systemd gives the user a read entry in its ACL, which
 * shows as the group's bits.
 */
static int check_file(int fd, const char *path, bool credential, char *why, size_t why_size)
{
	mode_t forbidden = credential ? 037 : 077;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(-errno, why, why_size, path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(-EINVAL, why, why_size, path, "is not a regular file");
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return fail(-EPERM, why, why_size, path,
			    "belongs to another user: chown it to root or to this daemon's user");
	if (st.st_mode & forbidden)
		return fail(-EPERM, why, why_size, path, "can be read by others: chmod 0400");
	return 0;
}

static int read_all(int fd, struct secret *ret)
{
	size_t used = 0;

	ret->data = mmap(NULL, SECRET_MAX + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ret->data == MAP_FAILED) {
		ret->data = NULL;
		return -errno;
	}
	(void)mlock(ret->data, SECRET_MAX + 1);
	(void)madvise(ret->data, SECRET_MAX + 1, MADV_DONTDUMP);
	for (;;) {
		ssize_t n = read(fd, ret->data + used, SECRET_MAX + 1 - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > SECRET_MAX)
			return -EFBIG;
	}
	if (used > 0 && ret->data[used - 1] == '\n')
		used--;
	ret->data[used] = '\0';
	ret->length = used;
	return used > 0 ? 0 : -ENODATA;
}

int secret_load(const char *reference, struct secret *ret, char *why, size_t why_size)
{
	char path[PATH_MAX];
	int fd, r;

	*ret = (struct secret){0};
	r = path_of(reference, path, why, why_size);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fail(-errno, why, why_size, path, errno == ELOOP ? "is a symbolic link" : strerror(errno));
	r = check_file(fd, path, strncmp(reference, CREDENTIAL, strlen(CREDENTIAL)) == 0, why, why_size);
	if (r == 0) {
		r = read_all(fd, ret);
		if (r < 0)
			(void)fail(r, why, why_size, path, r == -ENODATA ? "is empty" : strerror(-r));
	}
	close(fd);
	if (r < 0)
		secret_free(ret);
	return r;
}

void secret_free(struct secret *secret)
{
	if (secret->data) {
		explicit_bzero(secret->data, SECRET_MAX + 1);
		munmap(secret->data, SECRET_MAX + 1);
	}
	*secret = (struct secret){0};
}

void secret_harden_process(void)
{
	struct rlimit none = {0, 0};

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		log_warning("core dumps could not be switched off: %m");
}
