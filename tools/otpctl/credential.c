#include "tools/otpctl/credential.h"

#include <errno.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "credential:"
#define FILE_PREFIX "file:"

int credential_path(const char *config_file, const char *name, char path[static PATH_MAX])
{
	bool key = strcmp(name, CREDENTIAL_MASTER_KEY) == 0;
	char copy[PATH_MAX];

	if (snprintf(copy, sizeof(copy), "%s", config_file) >= (int)sizeof(copy))
		return -ENAMETOOLONG;
	return snprintf(path, PATH_MAX, "%s/%s%s", dirname(copy), key ? "" : CREDENTIAL_FOLDER "/",
			key ? "master.key" : name) < PATH_MAX
		       ? 0
		       : -ENAMETOOLONG;
}

int credential_load(const char *config_file, const char *reference, struct secret *ret, char *why, size_t why_size)
{
	char path[PATH_MAX], file[sizeof(FILE_PREFIX) + PATH_MAX];
	char absolute[PATH_MAX];
	size_t length;
	int r;

	if (strncmp(reference, PREFIX, strlen(PREFIX)) == 0 && !getenv("CREDENTIALS_DIRECTORY") &&
	    !secret_reference_error(reference)) {
		if (!realpath(config_file, absolute))
			snprintf(absolute, sizeof(absolute), "%s", config_file);
		if (credential_path(absolute, reference + strlen(PREFIX), path) < 0)
			return -ENAMETOOLONG;
		snprintf(file, sizeof(file), FILE_PREFIX "%s", path);
		reference = file;
	}
	r = secret_load(reference, ret, why, why_size);
	length = strlen(why);
	if (r == -EACCES)
		snprintf(why + length, why_size - length, "; run it as root");
	return r;
}
