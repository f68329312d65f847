/* What another program prints. */
#pragma once

#include <stddef.h>

/*
 * Runs argv[0], an absolute path, with an empty environment and without a shell. Fills text with what it writes to
 * standard output and standard error, as much as fits. Returns its exit status, -ETIMEDOUT after it was killed for
 * being late, or another -errno.
 */
int child_output(const char *const argv[], unsigned timeout_ms, char *text, size_t size);
