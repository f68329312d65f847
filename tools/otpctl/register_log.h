/*
 * How often a number was registered. Meta takes ten attempts within 72 hours and then none for as long, so each is
 * written down before it is made: <state_dir>/register-attempts, root's, one JSON object of number ids.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGISTER_WINDOW (72 * 3600)
#define REGISTER_MOST 8 /* of Meta's ten: two are left for whoever knows what they do */

struct register_log {
	char path[PATH_MAX];
	void *tree; /* of jansson */
	const char *number;
	size_t attempts;      /* of this number, within the window */
	bool refused_by_meta; /* one of them ended with 133016 */
	int64_t free_at;      /* when one more may be made; 0: now */
};

/* 0 or -errno. A file that is none of ours is one without attempts. */
int register_log_open(const char *state_dir, const char *number, int64_t now, struct register_log *ret);
void register_log_close(struct register_log *log);
/* Writes one down. 0 or -errno. */
int register_log_add(struct register_log *log, int64_t now);
/* What became of it: Meta's code, 0 for success. */
int register_log_end(struct register_log *log, long long code);
