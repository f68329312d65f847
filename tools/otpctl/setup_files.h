/*
 * Files that belong together: all new contents are on the disk before the first name changes, so that a full disk or an
 * error leaves everything as it was. What is replaced is kept beside it, as NAME.YYYYMMDD-HHMMSS.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SETUP_FILES_MAX 4
#define SETUP_PATH_MAX 4096

struct setup_file {
	char path[SETUP_PATH_MAX];
	char *data; /* owned, wiped */
	mode_t mode;
	bool exists, differs;           /* setup_files_add() finds out */
	char temporary[SETUP_PATH_MAX]; /* empty: nothing is staged */
	char backup[SETUP_PATH_MAX];    /* empty: none was made */
};

struct setup_files {
	struct setup_file file[SETUP_FILES_MAX];
	size_t count;
};

/* Takes data over, which may be NULL: -ENOMEM. 0 or -errno. */
int setup_files_add(struct setup_files *files, const char *path, char *data, mode_t mode);
/* Writes what differs to new files. 0, or -errno with the file's path, and nothing is left. */
int setup_files_stage(struct setup_files *files, const char **ret_path);
/* Gives them their names. 0, or -errno with the file's path. */
int setup_files_commit(struct setup_files *files, const char **ret_path);
/* Removes what is staged, and releases all. */
void setup_files_drop(struct setup_files *files);
