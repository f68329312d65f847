/*
 * What the host program (sshd, sudo, su …) says about a login, in the core's terms. Only PAM items and the PAM
 * environment are read, which the host fills; the process's own environment is the user's.
 */
#pragma once

#include "wire/proto.h"

#include <security/pam_modules.h>

/*
 * Fills login but for policy and nullok. lang and key_fingerprint stay empty: a host has no language of its user's, and
 * SSH_AUTH_INFO_0 holds the key, whose hash would need a library.
 * Returns 0, or -EINVAL with a sentence in why when the user's or the service's name cannot travel. Any other item that
 * cannot is left out; an address becomes "unknown", so that the login stays a remote one.
 */
int host_describe(pam_handle_t *pamh, struct login_begin *login, char why[static WIRE_TEXT_MAX]);

/* What sshd puts in place of every answer when it has already decided to refuse (auth-pam.c, fake_password). */
bool host_refuses(const char *answer);
