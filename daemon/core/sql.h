/*
 * What the store needs of a database: statements with letters for their values, rows, transactions. A driver is one ops
 * struct; nothing above knows which one is there. Letters: s text, i int64_t, b blob (pointer, size_t length).
 * A statement's text must be a literal: drivers keep the prepared form under its address. Values are not copied: those
 * of a query must stay as they are until rows_end().
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sql;
struct sql_rows;

struct sql_ops {
	/* Opens or creates the database file, mode 0600. 0, or -errno with a sentence in why. */
	int (*open)(const char *path, struct sql **ret, char *why, size_t why_size);
	void (*close)(struct sql *db);
	/* Runs a script without values or rows: schema, BEGIN, COMMIT. */
	int (*script)(struct sql *db, const char *sql);
	/*
	 * Makes what was committed so far durable; until then a power cut may take it back, as a whole. May be called
	 * by another thread than the one that runs statements, but by one at a time.
	 */
	int (*sync)(struct sql *db);
	/* Runs a statement. Returns the number of rows that it changed, or -errno. */
	int (*run)(struct sql *db, const char *sql, const char *letters, va_list values);
	/* Starts a query; rows_next() until it returns 0 or less, then rows_end(). */
	int (*rows)(struct sql *db, struct sql_rows **ret, const char *sql, const char *letters, va_list values);
	/* 1 with a row, 0 at the end, or -errno. Fills: s char *, size_t size; i int64_t *; b void *, size_t size,
	 * size_t *length. A text that does not fit its buffer is -EOVERFLOW. */
	int (*rows_next)(struct sql_rows *rows, const char *letters, va_list columns);
	void (*rows_end)(struct sql_rows *rows);
	/* A full disk or an I/O error can end a transaction by itself: is one still open? */
	bool (*in_transaction)(struct sql *db);
	/* The last error, for a log; empty if the last call met none. */
	const char *(*error)(struct sql *db);
};

extern const struct sql_ops sql_sqlite;
