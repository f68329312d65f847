/*
 * A connection to the core's admin.sock. Every function prints its error, with what to do about it, and returns an
 * exit_status: EXIT_UNREACHABLE if the core cannot be reached, goes away or does not speak the protocol.
 */
#pragma once

#include "tools/otpctl/otpctl.h"
#include "wire/proto.h"

struct connection {
	int fd; /* -1: closed */
	unsigned timeout_ms;
	const char *command; /* in front of errors */
	bool quiet;          /* errors are not printed, only returned */
	const char *path;
};

/* The caller closes it, if only by _cleanup. */
int connection_open(struct otpctl *ctl, struct connection *ret);
void connection_close(struct connection *connection);
#define CONNECTION_CLOSED                                                                                              \
	{                                                                                                              \
		.fd = -1                                                                                               \
	}

/* An answer that is not an item of a list. */
struct answer {
	bool is_ask;
	struct ask ask;
	struct done done;
};

int connection_send(struct connection *connection, const struct wire_message *message, const void *in);
int connection_receive(struct connection *connection, struct answer *ret);

typedef void (*connection_item)(void *userdata, const struct wire_message *message, const void *item);

/* Sends a request and hands each message of the kind item to each(), until done. item NULL: no list is expected. */
int connection_call(struct connection *connection, const struct wire_message *message, const void *in,
		    const struct wire_message *item, connection_item each, void *userdata, struct done *ret);

/* The same on a connection of its own. */
int connection_once(struct otpctl *ctl, const struct wire_message *message, const void *in,
		    const struct wire_message *item, connection_item each, void *userdata, struct done *ret);

/* A connection_item for --json. */
void connection_print_json(void *userdata, const struct wire_message *message, const void *item);

/* Fills a request about the USER that was typed, with --channel and --reveal. False after an error. */
bool connection_user(const struct otpctl *ctl, struct admin_user *ret);

/* What an errno of wire/client.h means here, and what to do. */
const char *connection_sentence(int error);

/*
 * The end of a command: with --json prints {"op", "user", "result", "reason"}; without, prints the reason of a refusal.
 * Returns EXIT_OK for allow, EXIT_REFUSED for any other result.
 */
int connection_result(const struct otpctl *ctl, const char *user, const struct done *done);
/* The same for a command that has printed what it was asked for: a success needs no object of its own. */
int connection_end_of_list(const struct otpctl *ctl, const char *user, const struct done *done);
