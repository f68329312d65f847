/* Files that others read: whole or not at all. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* 0 or -errno. */
int file_write_all(int fd, const char *data, size_t length);
/*
 * Puts a new file in the place of path by rename(2), so that a reader finds the old one or the new. Returns 0, or
 * -errno and the old file as it was.
 */
int file_replace(const char *path, const char *data, size_t length, mode_t mode);
/* Makes the name of a new or renamed file durable: fsync(2) of the folder that path lies in. 0 or -errno. */
int file_sync_folder_of(const char *path);
