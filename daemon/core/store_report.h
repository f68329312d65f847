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
/* How many of a kind wait for somebody. */
int store_alarm_count(struct tx *tx, const char *kind, int64_t *ret);
/* Forgets those that were acknowledged before a time. */
int store_alarm_prune(struct tx *tx, int64_t before);
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

/* Adds counts to what is there; those of one hour, channel and country are best given one after the other. */
int store_stat_add(struct tx *tx, const struct stat_row *rows, size_t count);

/* All counts of an hour, a channel and a country. */
struct stat_cell {
	int64_t hour;
	char channel[WIRE_NAME_MAX], country[PHONE_COUNTRY_MAX];
	int64_t counts[TALLY_PLACES];
};

/*
 * Those since an hour, by the hour: begin, then next until it returns 0 or less, or end. 1 with a cell; 0 at the end;
 * -errno.
 */
int store_stat_begin(struct tx *tx, int64_t since);
int store_stat_next(struct tx *tx, struct stat_cell *ret);
void store_stat_end(struct tx *tx);

/* Days take the place of hours that are older than that. */
int store_stat_prune(struct tx *tx, int64_t before);
