#include "daemon/core/store.h"

#include "daemon/core/sql.h"
#include "daemon/core/store_tx.h"
#include "wire/proto.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PRAGMA application_id, "WOTP": a database without it is somebody else's. */
#define APPLICATION_ID 0x574f5450

/* A damaged page is found at the start where that costs little; in a large file when it is read. */
#define QUICK_CHECK_PAGES 2000

struct tx {
	struct store *store;
	struct sql_rows *rows;
};

struct store {
	const struct sql_ops *ops;
	struct sql *db;
	struct tx tx;       /* there is one connection, so one transaction at a time */
	atomic_bool failed; /* an fsync failed: nobody knows what is on the disk, so nothing more is promised */
};

/* One script a version: user_version counts those that ran. Never change one that was released. */
static const char *const migrations[] = {
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE enrolment ("
	" user TEXT PRIMARY KEY, state INTEGER NOT NULL, sealed BLOB NOT NULL, number_index BLOB NOT NULL,"
	" channel TEXT NOT NULL, lang TEXT NOT NULL, consent TEXT NOT NULL, consent_by TEXT NOT NULL,"
	" verified INTEGER NOT NULL, enrolled_at INTEGER NOT NULL, last_login_at INTEGER NOT NULL,"
	" failures INTEGER NOT NULL, locked_until INTEGER NOT NULL, locked_for INTEGER NOT NULL, locked_wall INTEGER "
	"NOT NULL, sends_since_success "
	"INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE challenge ("
	" id BLOB PRIMARY KEY, user TEXT NOT NULL, service TEXT NOT NULL, source TEXT NOT NULL,"
	" purpose INTEGER NOT NULL, state INTEGER NOT NULL, generation INTEGER NOT NULL, code_length INTEGER NOT NULL,"
	" tries INTEGER NOT NULL, tries_max INTEGER NOT NULL, sends INTEGER NOT NULL,"
	" created INTEGER NOT NULL, expires INTEGER NOT NULL, last_send INTEGER NOT NULL,"
	" ttl INTEGER NOT NULL, decoy INTEGER NOT NULL, counts INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE UNIQUE INDEX challenge_open ON challenge (user, service, source) WHERE state = 0;"
	"CREATE INDEX challenge_expires ON challenge (expires);"
	"CREATE TABLE pending ("
	" challenge BLOB PRIMARY KEY REFERENCES challenge (id) ON DELETE CASCADE,"
	" user TEXT NOT NULL, sealed BLOB NOT NULL, number_index BLOB NOT NULL, channel TEXT NOT NULL, lang TEXT NOT "
	"NULL,"
	" consent TEXT NOT NULL, consent_by TEXT NOT NULL"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE delivery ("
	" challenge BLOB NOT NULL REFERENCES challenge (id) ON DELETE CASCADE, generation INTEGER NOT NULL,"
	" position INTEGER NOT NULL, channel TEXT NOT NULL, state INTEGER NOT NULL, due INTEGER NOT NULL,"
	" code TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (challenge, generation, position)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX delivery_next ON delivery (state, due) WHERE state = 0 OR state = 2;"
	"CREATE TABLE rate ("
	" key TEXT PRIMARY KEY, a INTEGER NOT NULL, b INTEGER NOT NULL, c INTEGER NOT NULL, d INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID;",

	"ALTER TABLE challenge ADD COLUMN keep_fallback INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE delivery ADD COLUMN country TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE delivery ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE delivery ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE delivery ADD COLUMN rated INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE delivery ADD COLUMN message BLOB;"
	"CREATE INDEX delivery_message ON delivery (message) WHERE message IS NOT NULL;"
	"ALTER TABLE enrolment ADD COLUMN trusted_at INTEGER NOT NULL DEFAULT 0;"
	"UPDATE enrolment SET trusted_at = enrolled_at;"
	"CREATE INDEX enrolment_number ON enrolment (number_index);"
	"CREATE TABLE address ("
	" user TEXT NOT NULL REFERENCES enrolment (user) ON DELETE CASCADE, kind TEXT NOT NULL, sealed BLOB NOT NULL,"
	" PRIMARY KEY (user, kind)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE link (nonce TEXT PRIMARY KEY, user TEXT NOT NULL, channel TEXT NOT NULL, expires INTEGER NOT "
	"NULL)"
	" STRICT, WITHOUT ROWID;"
	"CREATE TABLE breaker ("
	" scope INTEGER NOT NULL, subject TEXT NOT NULL, channel TEXT NOT NULL, open_until INTEGER NOT NULL,"
	" failures INTEGER NOT NULL, first_at INTEGER NOT NULL, opened INTEGER NOT NULL, told INTEGER NOT NULL,"
	" code TEXT NOT NULL, detail TEXT NOT NULL,"
	" PRIMARY KEY (scope, subject, channel)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE alarm ("
	" kind TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL, count INTEGER NOT NULL, first_at INTEGER NOT "
	"NULL,"
	" last_at INTEGER NOT NULL, told_at INTEGER NOT NULL, acked_at INTEGER NOT NULL, acked_by TEXT NOT NULL,"
	" PRIMARY KEY (kind, subject)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE score ("
	" country TEXT NOT NULL, channel TEXT NOT NULL, success INTEGER NOT NULL, updated INTEGER NOT NULL,"
	" deliveries INTEGER NOT NULL, buckets BLOB NOT NULL, PRIMARY KEY (country, channel)"
	") STRICT, WITHOUT ROWID;"
	"CREATE TABLE stat ("
	" hour INTEGER NOT NULL, channel TEXT NOT NULL, country TEXT NOT NULL, counts BLOB NOT NULL,"
	" PRIMARY KEY (hour, channel, country)"
	") STRICT, WITHOUT ROWID;"
	"CREATE INDEX stat_hour ON stat (hour) WHERE hour % 86400 != 0;"
	"CREATE TABLE spend ("
	" channel TEXT NOT NULL, period TEXT NOT NULL, since INTEGER NOT NULL, micro INTEGER NOT NULL,"
	" PRIMARY KEY (channel, period)"
	") STRICT, WITHOUT ROWID;",
};
#define SCHEMA_VERSION ((int64_t)(sizeof(migrations) / sizeof(migrations[0])))

/* Statements */

int tx_run(struct tx *tx, const char *sql, const char *letters, ...)
{
	va_list values;
	int r;

	va_start(values, letters);
	r = tx->store->ops->run(tx->store->db, sql, letters, values);
	va_end(values);
	return r;
}

int tx_query(struct tx *tx, const char *sql, const char *letters, ...)
{
	va_list values;
	int r;

	va_start(values, letters);
	r = tx->store->ops->rows(tx->store->db, &tx->rows, sql, letters, values);
	va_end(values);
	return r;
}

static int next_row(struct tx *tx, bool last, const char *letters, va_list columns)
{
	int r = tx->store->ops->rows_next(tx->rows, letters, columns);

	if (r <= 0 || last) {
		tx->store->ops->rows_end(tx->rows);
		tx->rows = NULL;
	}
	return r;
}

int tx_row(struct tx *tx, const char *letters, ...)
{
	va_list columns;
	int r;

	va_start(columns, letters);
	r = next_row(tx, true, letters, columns);
	va_end(columns);
	return r;
}

int tx_next(struct tx *tx, const char *letters, ...)
{
	va_list columns;
	int r;

	va_start(columns, letters);
	r = next_row(tx, false, letters, columns);
	va_end(columns);
	return r;
}

void tx_end(struct tx *tx)
{
	tx->store->ops->rows_end(tx->rows);
	tx->rows = NULL;
}

/* Transactions */

static int script(struct tx *tx, const char *sql)
{
	return tx->store->ops->script(tx->store->db, sql);
}

int store_begin(struct store *store, struct tx **ret)
{
	int r;

	if (store->failed)
		return -EIO;
	*ret = &store->tx;
	r = tx_run(&store->tx, "BEGIN IMMEDIATE", "");
	return r < 0 ? r : 0;
}

int store_commit(struct tx *tx)
{
	int r = tx_run(tx, "COMMIT", "");

	if (r >= 0)
		return 0;
	if (r == -EIO)
		tx->store->failed = true;
	if (store_is_open(tx))
		store_rollback(tx);
	return r;
}

int store_sync(struct store *store)
{
	int r = store->failed ? -EIO : store->ops->sync(store->db);

	if (r < 0)
		store->failed = true;
	return r;
}

void store_rollback(struct tx *tx)
{
	(void)script(tx, "ROLLBACK");
}

bool store_is_open(const struct tx *tx)
{
	return tx->store->ops->in_transaction(tx->store->db);
}

const char *store_error(struct store *store)
{
	return store->failed ? "a write to the disk failed; check the disk, then restart"
			     : store->ops->error(store->db);
}

/* Opening */

static int pragma(struct tx *tx, const char *sql, int64_t *ret)
{
	int r = tx_query(tx, sql, "");

	return r < 0 ? r : tx_row(tx, "i", ret);
}

static void say_damaged(char *why, size_t why_size, const char *how)
{
	snprintf(why, why_size, "the database is damaged (%s): restore a backup, or move it away and enrol again", how);
}

static int check_file(struct tx *tx, char *why, size_t why_size)
{
	int64_t id = 0, version = 0, tables = 0, pages = 0;
	char verdict[128] = "ok";
	int r = pragma(tx, "PRAGMA application_id", &id);

	if (r >= 0)
		r = pragma(tx, "PRAGMA user_version", &version);
	if (r >= 0)
		r = pragma(tx, "SELECT count(*) FROM sqlite_master", &tables);
	if (r >= 0)
		r = pragma(tx, "PRAGMA page_count", &pages);
	if (r >= 0 && pages <= QUICK_CHECK_PAGES) {
		r = tx_query(tx, "PRAGMA quick_check(1)", "");
		if (r >= 0)
			r = tx_row(tx, "s", verdict, sizeof(verdict));
	}
	if (r < 0)
		return r;
	if (strcmp(verdict, "ok") != 0) {
		const char *newline = strrchr(verdict, '\n');

		say_damaged(why, why_size, newline ? newline + 1 : verdict);
		return -EUCLEAN;
	}
	if (tables > 0 && id != APPLICATION_ID) {
		snprintf(why, why_size,
			 "the database belongs to another program: it is left alone; set core { state_dir }");
		return -EUCLEAN;
	}
	if (version > SCHEMA_VERSION) {
		snprintf(why, why_size, "the database is of a newer version (%lld): install that version again",
			 (long long)version);
		return -EUCLEAN;
	}
	return 0;
}

static int migrate(struct tx *tx)
{
	int64_t version = 0;
	int r = pragma(tx, "PRAGMA user_version", &version);

	for (; r >= 0 && version < SCHEMA_VERSION; version++) {
		char mark[96];

		snprintf(mark, sizeof(mark), "PRAGMA application_id=%d; PRAGMA user_version=%lld", APPLICATION_ID,
			 (long long)version + 1);
		r = script(tx, "BEGIN EXCLUSIVE");
		if (r >= 0)
			r = script(tx, migrations[version]);
		if (r >= 0)
			r = script(tx, mark);
		if (r >= 0)
			r = script(tx, "COMMIT");
		if (r < 0)
			store_rollback(tx);
	}
	return r < 0 ? r : 0;
}

/* A boot is the base of every deadline: in a new one open challenges are void, locks start anew, rates are idle. */
static int enter_boot(struct tx *tx, const struct clock *clock)
{
	char boot[CLOCK_BOOT_MAX] = "";
	int r = tx_query(tx, "SELECT value FROM meta WHERE key = 'boot'", "");

	if (r >= 0)
		r = tx_row(tx, "s", boot, sizeof(boot));
	if (r < 0 || strcmp(boot, clock->boot_id) == 0)
		return r < 0 ? r : 0;
	r = tx_run(tx, "UPDATE challenge SET state = 3 WHERE state = 0", "");
	if (r >= 0)
		r = tx_run(tx, "UPDATE challenge SET expires = ?, created = 0", "i", clock->now(clock));
	if (r >= 0)
		r = tx_run(tx, "UPDATE delivery SET state = 6 WHERE state IN (0, 1, 2)", "");
	if (r >= 0)
		r = tx_run(tx, "DELETE FROM rate", "");
	if (r >= 0)
		r = tx_run(tx, "DELETE FROM breaker", "");
	if (r >= 0)
		r = tx_run(tx, "DELETE FROM link", "");
	if (r >= 0) /* a lock that the reboot met is served from its beginning */
		r = tx_run(tx, "UPDATE enrolment SET locked_until = ? + locked_for WHERE locked_wall > ?", "ii",
			   clock->now(clock), clock->wall(clock));
	if (r >= 0) /* the others are over, whatever the new clock says */
		r = tx_run(tx, "UPDATE enrolment SET locked_until = 0 WHERE locked_wall > 0 AND locked_wall <= ?", "i",
			   clock->wall(clock));
	if (r >= 0)
		r = tx_run(tx, "INSERT OR REPLACE INTO meta (key, value) VALUES ('boot', ?)", "s", clock->boot_id);
	return r < 0 ? r : 0;
}

static int prepare_database(struct store *store, const struct clock *clock, char *why, size_t why_size)
{
	struct tx *tx = &store->tx;
	int r = check_file(tx, why, why_size);

	if (r >= 0) /* the first write: only now is it known that the file is ours */
		r = script(tx, "PRAGMA journal_mode=WAL");
	if (r >= 0)
		r = migrate(tx);
	if (r >= 0)
		r = store_begin(store, &tx);
	if (r < 0)
		return r;
	r = enter_boot(tx, clock);
	if (r >= 0)
		return store_commit(tx);
	store_rollback(tx);
	return r;
}

int store_open(const char *directory, const struct clock *clock, struct store **ret, char *why, size_t why_size)
{
	struct store *store = calloc(1, sizeof(*store));
	char path[4096], reason[256] = "";
	int r;

	if (!store)
		return -ENOMEM;
	store->ops = &sql_sqlite;
	store->tx.store = store;
	snprintf(path, sizeof(path), "%s/whatsapp-otp.db", directory);
	r = store->ops->open(path, &store->db, why, why_size);
	if (r < 0) {
		if (r == -EUCLEAN && strstr(why, "malformed")) { /* else it is none of ours, or no database */
			say_damaged(reason, sizeof(reason), "malformed");
			snprintf(why, why_size, "%s: %s", path, reason);
		}
		free(store);
		return r;
	}
	r = prepare_database(store, clock, reason, sizeof(reason));
	if (r < 0) {
		if (r == -EUCLEAN && !reason[0])
			say_damaged(reason, sizeof(reason), store->ops->error(store->db));
		snprintf(why, why_size, "%s: %s", path, reason[0] ? reason : store->ops->error(store->db));
		store_close(store);
		return r;
	}
	*ret = store;
	return 0;
}

static int claim(struct tx *tx, const char *mark)
{
	char known[128] = "";
	int r = tx_query(tx, "SELECT value FROM meta WHERE key = 'master key'", "");

	if (r >= 0)
		r = tx_row(tx, "s", known, sizeof(known));
	if (r == 0)
		r = tx_run(tx, "INSERT INTO meta (key, value) VALUES ('master key', ?)", "s", mark);
	else if (r > 0 && strcmp(known, mark) != 0)
		r = -EKEYREJECTED;
	return r < 0 ? r : 0;
}

int store_claim(struct store *store, const char *mark)
{
	struct tx *tx;
	int r = store_begin(store, &tx);

	if (r < 0)
		return r;
	r = claim(tx, mark);
	if (r < 0) {
		store_rollback(tx);
		return r;
	}
	r = store_commit(tx);
	return r < 0 ? r : store_sync(store);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	store->ops->close(store->db);
	free(store);
}

/* Providers tell the same again for a week; what they told last must be known so long. */
#define REPEATED (7 * 86400 * SECOND)

int store_prune(struct tx *tx, int64_t before, int64_t now)
{
	int r = tx_run(tx, "DELETE FROM challenge WHERE expires < ? AND (decoy OR expires < ?)", "ii", now, before);

	if (r >= 0)
		r = tx_run(tx, "DELETE FROM rate WHERE max(a, b, c, d) < ?", "i", before);
	if (r >= 0)
		r = tx_run(tx, "DELETE FROM breaker WHERE open_until < ? AND first_at < ? - iif(told > 0, ?, 0)", "iii",
			   before, before, REPEATED);
	if (r >= 0)
		r = tx_run(tx, "DELETE FROM link WHERE expires < ?", "i", now);
	return r < 0 ? r : 0;
}
