#include "pam/arguments.h"

#include "wire/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

static bool take_socket(struct arguments *a, const char *value)
{
	/* A relative path would be looked up where the user stands: in sudo, the user's choice. */
	if (value[0] != '/' || strlen(value) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return false;
	a->socket = value;
	return true;
}

static bool take_policy(struct arguments *a, const char *value)
{
	size_t length = strlen(value);

	if (length == 0 || length >= sizeof(a->policy) || !wire_text_ok(value, length))
		return false;
	memcpy(a->policy, value, length + 1);
	return true;
}

static bool take_failmode(struct arguments *a, const char *value)
{
	a->fail_open = strcmp(value, "allow") == 0;
	return a->fail_open || strcmp(value, "deny") == 0;
}

static bool take_timeout(struct arguments *a, const char *value)
{
	if (value[0] < '1' || value[0] > '0' + WIRE_REPLY_MS / 1000 || value[1])
		return false;
	a->timeout_ms = (unsigned)(value[0] - '0') * 1000;
	return true;
}

static const struct {
	const char *key;
	bool (*take)(struct arguments *a, const char *value);
	const char *wants;
} settings[] = {
	{"socket=", take_socket, "an absolute path of at most 107 bytes"},
	{"policy=", take_policy, "the name of a policy, at most 63 bytes"},
	{"failmode=", take_failmode, "deny or allow"},
	{"timeout=", take_timeout, "whole seconds, 1 to 5"},
};

static const struct {
	const char *name;
	size_t offset;
} flags[] = {
	{"nullok", offsetof(struct arguments, nullok)},
	{"debug", offsetof(struct arguments, debug)},
	{"quiet", offsetof(struct arguments, quiet)},
};

static int take_word(struct arguments *a, const char *word, char why[static WIRE_TEXT_MAX])
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(word, flags[i].name) == 0) {
			*(bool *)((char *)a + flags[i].offset) = true;
			return 0;
		}
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		size_t length = strlen(settings[i].key);

		if (strncmp(word, settings[i].key, length) != 0)
			continue;
		if (settings[i].take(a, word + length))
			return 0;
		snprintf(why, WIRE_TEXT_MAX, "%.128s: %s wants %s", word, settings[i].key, settings[i].wants);
		return -EINVAL;
	}
	snprintf(why, WIRE_TEXT_MAX, "%.128s: this module has no such argument", word);
	return -EINVAL;
}

int arguments_parse(int argc, const char **argv, struct arguments *ret, char why[static WIRE_TEXT_MAX])
{
	*ret = (struct arguments){.socket = ARGUMENTS_SOCKET, .timeout_ms = WIRE_REPLY_MS};
	for (int i = 0; i < argc; i++) {
		int r = take_word(ret, argv[i], why);

		if (r < 0)
			return r;
	}
	return 0;
}
