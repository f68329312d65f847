/*
 * The paths that the config gives to parsers, each with its secret: what requests may ask for. One immutable value; a
 * request that is under way keeps the one that it began with.
 */
#pragma once

#include "daemon/webhook/parser.h"

#define HOOKS_HEALTH "/healthz" /* whether the webhook works; no parser's */

struct hook {
	const struct parser *parser;
	const char *path; /* the config's */
	struct secret secret, token;
};

struct hooks {
	unsigned references;
	struct config *config;
	struct hook *hooks;
	size_t count;
};

/* Whether each parser that has a path has all that it needs. 0, or -EINVAL with "file:line: …" in why. Reads no secret.
 */
int hooks_check(const struct config *config, char why[static CONFIG_WHY_MAX]);

/* Checks, and loads the secrets of the parsers that have a path. 0 with one reference, or -errno like hooks_check(). */
int hooks_open(struct config *config, struct hooks **ret, char why[static CONFIG_WHY_MAX]);
struct hooks *hooks_ref(struct hooks *hooks);
void hooks_unref(struct hooks *hooks);

/* The hook with the longest path that path is or lies below, and what follows it; NULL: there is none. */
const struct hook *hooks_find(const struct hooks *hooks, const char *path, const char **ret_rest);

struct parser_context hook_context(const struct hooks *hooks, const struct hook *hook);

/* Writes "file:line: webhook: …" to why. Returns -EINVAL. */
int hooks_config_error(const struct config *config, char why[static CONFIG_WHY_MAX], const char *format, ...)
	__attribute__((format(printf, 3, 4)));
