/*
 * Secrets that live in files: provider tokens, the master key. The config names them, it never holds them.
 * "credential:NAME" is a file of $CREDENTIALS_DIRECTORY (systemd.exec(5), LoadCredential=), "file:PATH" is a file that
 * is no symbolic link, belongs to root or to the caller, and grants nothing to group and others (0400).
 */
#pragma once

#include <stddef.h>

#define SECRET_MAX 4096

struct secret {
	char *data; /* locked in memory, left out of core dumps; NUL-terminated */
	size_t length;
};

/* NULL if the reference has a form that secret_load accepts, else a sentence that says why not. */
const char *secret_reference_error(const char *reference);

/*
 * Reads a secret; one newline at its end is dropped. Returns 0 with ret owned by the caller, or -errno with a sentence
 * in why that names the file and what to do, never the content.
 */
int secret_load(const char *reference, struct secret *ret, char *why, size_t why_size);

/* Wipes and releases. */
void secret_free(struct secret *secret);

/* No core dump, no ptrace by the same user: for every process that holds a secret. Logs what it could not do. */
void secret_harden_process(void);
