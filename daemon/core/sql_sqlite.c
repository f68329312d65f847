#include "daemon/core/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sql {
	sqlite3 *handle;
	struct cached {
		const char *sql; /* a literal's address: the program's literals bound the cache */
		sqlite3_stmt *statement;
	} * cache;
	size_t cached;
	char *wal_path;
	int wal; /* the write-ahead log, -1 before the first sync */
};

static int to_errno(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_IOERR:
		return -EIO;
	default:
		return -EINVAL;
	}
}

static int script(struct sql *db, const char *sql)
{
	return to_errno(sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

static const char *error(struct sql *db)
{
	return sqlite3_errcode(db->handle) == SQLITE_OK ? "" : sqlite3_errmsg(db->handle);
}

static bool in_transaction(struct sql *db)
{
	return !sqlite3_get_autocommit(db->handle);
}

/* The log must be found again after a power cut, too. */
static int sync_directory(const char *file)
{
	char *directory = strdup(file);
	int fd, r = 0;

	if (!directory)
		return -ENOMEM;
	strrchr(directory, '/')[1] = '\0';
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		r = -errno;
	if (fd >= 0)
		close(fd);
	free(directory);
	return r;
}

static int sync_log(struct sql *db)
{
	int r = 0;

	if (db->wal < 0) {
		db->wal = open(db->wal_path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
		if (db->wal < 0)
			return errno == ENOENT ? 0 : -errno; /* nothing was written yet */
		r = sync_directory(db->wal_path);
	}
	if (r == 0 && fdatasync(db->wal) < 0)
		r = -EIO;
	return r;
}

static void close_db(struct sql *db)
{
	if (db->wal >= 0)
		close(db->wal);
	free(db->wal_path);
	for (size_t i = 0; i < db->cached; i++)
		sqlite3_finalize(db->cache[i].statement);
	free(db->cache);
	sqlite3_close(db->handle);
	free(db);
}

/* SQLite would follow a symbolic link and create the file by the umask: open it ourselves first. */
static int create_file(const char *path, char *why, size_t why_size)
{
	struct stat st;
	int r = 0, fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0) {
		r = -errno;
		snprintf(why, why_size, "%s: %s%s", path, strerror(-r),
			 r == -ENOENT
				 ? ": core { state_dir } must exist, with mode 0700, and belong to this daemon's user"
				 : "");
		return r;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077)) {
		snprintf(why, why_size, "%s: must be a regular file of this user with mode 0600", path);
		r = -EPERM;
	}
	close(fd);
	return r;
}

/* There is one connection, and the worker sees to it that one thread at a time uses it: no locks, no accounts. */
static void configure_library(void)
{
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int configure(sqlite3 *handle)
{
	int on = 0;

	sqlite3_extended_result_codes(handle, 1);
	sqlite3_busy_timeout(handle, 2000);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, &on);
	/* Plans that do not depend on values: else "state = ?" beside partial indexes is planned anew at every run. */
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_QPSG, 1, &on);
	sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 1 << 20);
	return sqlite3_exec(
		handle,
		"PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA secure_delete=ON;"
		"PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-4096;"
		/* NORMAL: the log is synced by sync(), which is FULL without its wait in the middle */
		"PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=16777216",
		NULL, NULL, NULL);
}

static int open_db(const char *path, struct sql **ret, char *why, size_t why_size)
{
	struct sql *db;
	int rc, r = create_file(path, why, why_size);

	if (r < 0)
		return r;
	configure_library();
	db = calloc(1, sizeof(*db));
	if (!db)
		return -ENOMEM;
	db->wal = -1;
	if (asprintf(&db->wal_path, "%s-wal", path) < 0) {
		free(db);
		return -ENOMEM;
	}
	rc = sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX,
			     NULL);
	if (rc == SQLITE_OK)
		rc = configure(db->handle);
	if (rc != SQLITE_OK) {
		r = to_errno(rc);
		snprintf(why, why_size, "%s: %s", path, sqlite3_errmsg(db->handle));
		close_db(db);
		return r < 0 ? r : -EIO;
	}
	*ret = db;
	return 0;
}

static int prepared(struct sql *db, const char *sql, sqlite3_stmt **ret)
{
	struct cached *grown;
	int rc;

	for (size_t i = 0; i < db->cached; i++)
		if (db->cache[i].sql == sql) {
			*ret = db->cache[i].statement;
			return 0;
		}
	grown = reallocarray(db->cache, db->cached + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	db->cache = grown;
	rc = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL);
	if (rc != SQLITE_OK)
		return to_errno(rc);
	db->cache[db->cached].sql = sql;
	db->cache[db->cached++].statement = *ret;
	return 0;
}

static int bind(sqlite3_stmt *statement, const char *letters, va_list values)
{
	int rc = SQLITE_OK;

	for (int i = 1; *letters && rc == SQLITE_OK; letters++, i++)
		switch (*letters) {
		case 's':
			rc = sqlite3_bind_text(statement, i, va_arg(values, const char *), -1, SQLITE_STATIC);
			break;
		case 'i':
			rc = sqlite3_bind_int64(statement, i, va_arg(values, int64_t));
			break;
		case 'b': {
			const void *data = va_arg(values, const void *);

			rc = sqlite3_bind_blob64(statement, i, data, va_arg(values, size_t), SQLITE_STATIC);
			break;
		}
		default:
			return -EINVAL;
		}
	return to_errno(rc);
}

/* A statement that is left unreset would hold its read transaction, and pointers to what it was asked with. */
static void release(sqlite3_stmt *statement)
{
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
}

static int run(struct sql *db, const char *sql, const char *letters, va_list values)
{
	sqlite3_stmt *statement;
	int rc, r = prepared(db, sql, &statement);

	if (r == 0)
		r = bind(statement, letters, values);
	if (r < 0)
		return r;
	do
		rc = sqlite3_step(statement);
	while (rc == SQLITE_ROW);
	release(statement);
	return rc == SQLITE_DONE ? sqlite3_changes(db->handle) : to_errno(rc);
}

static int rows(struct sql *db, struct sql_rows **ret, const char *sql, const char *letters, va_list values)
{
	sqlite3_stmt *statement;
	int r = prepared(db, sql, &statement);

	if (r == 0)
		r = bind(statement, letters, values);
	*ret = r == 0 ? (struct sql_rows *)statement : NULL;
	return r;
}

static int take_column(sqlite3_stmt *statement, int i, char letter, va_list *columns)
{
	size_t length = (size_t)sqlite3_column_bytes(statement, i), size;
	void *to;

	if (letter == 'i') {
		*va_arg(*columns, int64_t *) = sqlite3_column_int64(statement, i);
		return 0;
	}
	to = va_arg(*columns, void *);
	size = va_arg(*columns, size_t);
	if (letter == 'b')
		*va_arg(*columns, size_t *) = length;
	if (letter == 's' ? length >= size : length > size)
		return -EOVERFLOW;
	if (length > 0)
		memcpy(to, sqlite3_column_blob(statement, i), length);
	if (letter == 's')
		((char *)to)[length] = '\0';
	return 0;
}

static int rows_next(struct sql_rows *rows_, const char *letters, va_list columns)
{
	sqlite3_stmt *statement = (sqlite3_stmt *)rows_;
	va_list copy;
	int r = 0, rc = sqlite3_step(statement);

	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? 0 : to_errno(rc);
	va_copy(copy, columns);
	for (int i = 0; letters[i] && r == 0; i++)
		r = take_column(statement, i, letters[i], &copy);
	va_end(copy);
	return r < 0 ? r : 1;
}

static void rows_end(struct sql_rows *rows_)
{
	if (rows_)
		release((sqlite3_stmt *)rows_);
}

const struct sql_ops sql_sqlite = {
	.open = open_db,
	.close = close_db,
	.sync = sync_log,
	.script = script,
	.run = run,
	.rows = rows,
	.rows_next = rows_next,
	.rows_end = rows_end,
	.in_transaction = in_transaction,
	.error = error,
};
