/* How the store's own files run a statement. Letters as in sql.h; a query that finds nothing returns 0. */
#pragma once

#include "daemon/core/store.h"

/* Number of changed rows, or -errno. */
int tx_run(struct tx *tx, const char *sql, const char *letters, ...);

/* Starts a query; tx_row() fetches its only row: 1, 0 if there is none, -errno. */
int tx_query(struct tx *tx, const char *sql, const char *letters, ...);
int tx_row(struct tx *tx, const char *letters, ...);
/* The next of several rows; must be called until it returns 0 or less, or tx_end() is. */
int tx_next(struct tx *tx, const char *letters, ...);
void tx_end(struct tx *tx);
