/* What admins are told: alarms, and the sums of statistics. */
#pragma once

#include "daemon/core/store.h"
#include "daemon/core/tally.h"
#include "wire/proto.h"

/* Times are wall clock, seconds. */
struct alarm_row {
	char kind[WIRE_NAME_MAX], subject[WIRE_TEXT_MAX], text[WIRE_TEXT_MAX];
	int64_t count, first_at, last_at;
	int64_t told_at; /* when it last stood in the log */
	int64_t acked_at;
	char acked_by[WIRE_USER_MAX];
};

/* 1 if there is one, 0 if not, -errno. */
int store_alarm_get(struct tx *tx, const char *kind, const char *subject, struct alarm_row *ret);
int store_alarm_put(struct tx *tx, const struct alarm_row *row);
/* The next after kind and subject of *row: 1, 0 at the end, -errno. row begins as zeros. */
int store_alarm_next(struct tx *tx, struct alarm_row *row);
/* Marks those of a kind, or all if it is empty. Number of rows that were not marked before. */
int store_alarm_ack(struct tx *tx, const char *kind, const char *by, int64_t wall);

/* A count of an hour (wall clock, seconds, of its beginning). place: tally.h. */
struct stat_row {
	int64_t hour;
	char channel[WIRE_NAME_MAX], country[PHONE_COUNTRY_MAX];
	int64_t place, count;
};

int store_stat_add(struct tx *tx, const struct stat_row *row);

enum stat_key { STAT_ALL, STAT_CHANNEL, STAT_COUNTRY, STAT_HOUR };
/*
 * Sums since an hour, of one key after the other, each place once. begin, then next until it returns 0 or less: 1 with
 * key, place and count; 0 at the end; -errno. Of STAT_HOUR the key is the hour in ten digits. after: the keys behind
 * it.
 */
int store_stat_begin(struct tx *tx, enum stat_key by, int64_t since, const char *after);
int store_stat_next(struct tx *tx, char key[static WIRE_NAME_MAX], int64_t *place, int64_t *count);

/* Days take the place of hours that are older than that. */
int store_stat_prune(struct tx *tx, int64_t before);
