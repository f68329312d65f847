/*
 * What the tests of all drivers have in common: one open channel with a provider of straw, one message, and checks that
 * go for each of them. Nothing that a provider says may bring the number, the code or the secret into an answer.
 */
#pragma once

#include "tests/unit/fake_provider.h"

#define DRIVER_SECRET "s3cr-et_key"
#define DRIVER_NUMBER "+966501234567"
#define DRIVER_CODE "48213057"

struct driver_fixture {
	const struct channel_ops *ops;
	struct fake_provider provider;
	struct config_channel section;
	void *channel;
	char *token, *password; /* references */
	struct channel_message message;
};
extern struct driver_fixture driver;

/* Opens a channel of the section; secret is what both token and password hold. 0, or it fails the test. */
int driver_open(const struct channel_ops *ops, const struct config_channel *section, const char *secret);
void driver_close(void);

/* Sends the message and returns what the driver makes of this answer. */
struct fake_call driver_hears(long status, const char *body);
/* The same, of a poll. */
struct fake_call driver_is_told(long status, const char *body);
/* One answer, after which nothing private stands in it. */
void driver_check(const struct fake_call *call);

/* failure: undeliverable, transient, config, ? (unknown outcome); retry: r or -; code: NULL: any */
struct driver_row {
	long status;
	const char *body;
	char failure, retry;
	const char *code;
};
void driver_check_rows(const struct driver_row *rows, size_t count);
#define DRIVER_ROWS(rows) driver_check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

/* With this option (offsetof in struct config_channel) the section is refused, at its place, with these words. */
void driver_refuses(size_t option, const char *value, const char *words);
/* No answer, and a call that is cancelled. */
void driver_check_network(void);

/* A table of codes: failure and retry as above; alarm no, often, yes; breaker -, channel, often, user, land; seconds.
 */
struct driver_code {
	const char *code;
	char f, r, a, b;
	unsigned seconds;
};
/* Each row is as it is here, and none of the provider's is missing here. */
void driver_check_table(const struct provider *provider, const struct driver_code *codes, size_t count);
#define DRIVER_TABLE(provider, codes) driver_check_table(provider, codes, sizeof(codes) / sizeof((codes)[0]))
