/* The words behind the module's name in a pam.d line (pam_whatsapp_otp(8)). */
#pragma once

#include "wire/proto.h"

#define ARGUMENTS_SOCKET "/run/whatsapp-otp/login.sock"

struct arguments {
	const char *socket;         /* socket=PATH, absolute; points into argv or at the default */
	char policy[WIRE_NAME_MAX]; /* policy=NAME; empty: the first that matches */
	unsigned timeout_ms;        /* timeout=1..5 seconds for each of the core's replies */
	bool fail_open;             /* failmode=allow: who finds no core at all is let in */
	bool nullok;
	bool debug;
	bool quiet;
};

/* Returns 0, or -EINVAL with a sentence in why that names the word and says what is wanted. */
int arguments_parse(int argc, const char **argv, struct arguments *ret, char why[static WIRE_TEXT_MAX]);
