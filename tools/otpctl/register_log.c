#include "tools/otpctl/register_log.h"

#include "tools/otpctl/file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOO_OFTEN 133016

/* The folder is the core's: what lies in it may be anything. */
static json_t *read_tree(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	json_t *tree = NULL;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid())
		tree = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
	close(fd);
	if (json_is_object(tree))
		return tree;
	json_decref(tree);
	return NULL;
}

static int64_t at_of(const json_t *attempt)
{
	return json_integer_value(json_object_get(attempt, "at"));
}

/* The attempts that still count, oldest first. Those of a clock that was ahead would count for ever. */
static json_t *recent(const json_t *all, int64_t now)
{
	json_t *ret = json_array(), *attempt;
	size_t i;

	json_array_foreach(all, i, attempt) if (at_of(attempt) > now - REGISTER_WINDOW && at_of(attempt) <= now)(void)
		json_array_append(ret, attempt);
	return ret;
}

static void judge(struct register_log *log, const json_t *attempts)
{
	json_t *attempt;
	size_t i;

	log->attempts = json_array_size(attempts);
	if (log->attempts >= REGISTER_MOST)
		log->free_at = at_of(json_array_get(attempts, log->attempts - REGISTER_MOST)) + REGISTER_WINDOW;
	json_array_foreach(attempts, i, attempt)
	{
		if (json_integer_value(json_object_get(attempt, "code")) != TOO_OFTEN)
			continue;
		log->refused_by_meta = true;
		log->free_at = at_of(attempt) + REGISTER_WINDOW;
	}
}

int register_log_open(const char *state_dir, const char *number, int64_t now, struct register_log *ret)
{
	json_t *attempts;

	*ret = (struct register_log){.number = number};
	if (snprintf(ret->path, sizeof(ret->path), "%s/register-attempts", state_dir) >= (int)sizeof(ret->path))
		return -ENAMETOOLONG;
	ret->tree = read_tree(ret->path);
	if (!ret->tree)
		ret->tree = json_object();
	attempts = recent(json_object_get(ret->tree, number), now);
	judge(ret, attempts);
	return json_object_set_new(ret->tree, number, attempts) == 0 ? 0 : -ENOMEM;
}

void register_log_close(struct register_log *log)
{
	json_decref(log->tree);
	log->tree = NULL;
}

static int save(const struct register_log *log)
{
	char *text = json_dumps(log->tree, JSON_COMPACT);
	int r = text ? file_replace(log->path, text, strlen(text), 0600) : -ENOMEM;

	free(text);
	return r;
}

int register_log_add(struct register_log *log, int64_t now)
{
	json_t *attempts = json_object_get(log->tree, log->number);

	if (json_array_append_new(attempts, json_pack("{s:I}", "at", (json_int_t)now)) < 0)
		return -ENOMEM;
	log->attempts++;
	return save(log);
}

int register_log_end(struct register_log *log, long long code)
{
	const json_t *attempts = json_object_get(log->tree, log->number);
	json_t *last = json_array_get(attempts, json_array_size(attempts) - 1);

	if (json_object_set_new(last, "code", json_integer(code)) < 0)
		return -ENOMEM;
	return save(log);
}
