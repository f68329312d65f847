/* daemon/core/store*: what is kept, what another boot voids, and which files are left alone. */
#include "daemon/core/store_challenge.h"
#include "daemon/core/store_rate.h"
#include "tests/unit/fixture.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATABASE "whatsapp-otp.db"

/* Files */

static struct folder folder;
static struct test_clock boot;

static int set_up_folder(void **state)
{
	(void)state;
	folder_make(&folder);
	test_clock_init(&boot, "this-boot");
	boot.now = SECOND;
	return 0;
}

static int tear_down_folder(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static const char *database(void)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/" DATABASE, folder.path);
	return path;
}

static void run_sql(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(database(), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(chmod(database(), 0600), 0);
}

static int64_t ask_sql(const char *sql)
{
	sqlite3_stmt *statement;
	int64_t value;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(database(), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return value;
}

static void expect_refusal(int result, const char *part)
{
	char why[512] = "";
	struct store *store = NULL;
	int r = store_open(folder.path, &boot.clock, &store, why, sizeof(why));

	if (r != result || !strstr(why, part) || !strstr(why, database()))
		fail_msg("%d: %s", r, why);
	assert_null(store);
}

static void expect_opens(void)
{
	char why[512] = "";
	struct store *store;

	if (store_open(folder.path, &boot.clock, &store, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	store_close(store);
}

static char *contents(size_t *length)
{
	FILE *file = fopen(database(), "r");
	char *data;

	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	*length = (size_t)ftell(file);
	rewind(file);
	data = malloc(*length + 1);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, *length, file), *length);
	fclose(file);
	return data;
}

static void expect_refusal_untouched(int result, const char *part)
{
	size_t before_length, after_length;
	char *before = contents(&before_length), *after;

	expect_refusal(result, part);
	after = contents(&after_length);
	assert_int_equal(before_length, after_length);
	assert_memory_equal(before, after, before_length);
	free(before);
	free(after);
}

static void an_empty_folder_gets_a_private_database(void **state)
{
	struct stat st;

	(void)state;
	expect_opens();
	assert_int_equal(stat(database(), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(ask_sql("PRAGMA application_id"), 0x574f5450);
	assert_int_equal(ask_sql("PRAGMA user_version"), 2);
	assert_int_equal(ask_sql("SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
	assert_int_equal(ask_sql("SELECT count(*) FROM sqlite_master WHERE type = 'table'"), 13);
	expect_opens();
}

static void an_empty_file_is_as_good_as_none(void **state)
{
	(void)state;
	folder_write(&folder, DATABASE, "", 0600);
	expect_opens();
}

static void a_foreign_database_is_left_alone(void **state)
{
	(void)state;
	run_sql("CREATE TABLE contacts (name); INSERT INTO contacts VALUES ('alice')");
	expect_refusal_untouched(-EUCLEAN, "belongs to another program");
	run_sql("PRAGMA application_id = 1234");
	expect_refusal_untouched(-EUCLEAN, "belongs to another program");
}

static void a_newer_database_is_left_alone(void **state)
{
	(void)state;
	expect_opens();
	run_sql("PRAGMA user_version = 99");
	expect_refusal_untouched(-EUCLEAN, "is of a newer version (99): install that version again");
}

static void a_damaged_database_is_left_alone(void **state)
{
	struct stat st;

	(void)state;
	folder_write(&folder, DATABASE,
		     "This is no database, and it is longer than a page's header would be: "
		     "0123456789012345678901234567890123456789012345678901234567890123456789",
		     0600);
	expect_refusal_untouched(-EUCLEAN, "not a database");
	unlink(database());

	expect_opens();
	run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
		" INSERT INTO rate SELECT 'user ' || i, 1, 2, 3, 4 FROM n; PRAGMA wal_checkpoint(TRUNCATE)");
	assert_int_equal(stat(database(), &st), 0);
	assert_int_equal(truncate(database(), st.st_size / 2 / 4096 * 4096), 0);
	expect_refusal_untouched(-EUCLEAN, "malformed");
	assert_int_equal(truncate(database(), 1000), 0);
	expect_refusal_untouched(-EUCLEAN, "");
}

static void a_page_of_rubbish_is_found(void **state)
{
	FILE *file;

	(void)state;
	expect_opens();
	run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
		" INSERT INTO rate SELECT 'user ' || i, 1, 2, 3, 4 FROM n; PRAGMA wal_checkpoint(TRUNCATE)");
	file = fopen(database(), "r+");
	assert_non_null(file);
	for (long page = 14; page < 18; page++) {
		assert_int_equal(fseek(file, page * 4096, SEEK_SET), 0);
		for (int i = 0; i < 4096; i++)
			fputc(0xa5, file);
	}
	fclose(file);
	expect_refusal_untouched(-EUCLEAN, "restore a backup, or move it away and enrol again");
}

static void only_a_private_file_of_our_own_is_opened(void **state)
{
	char target[160];

	(void)state;
	folder_write(&folder, DATABASE, "", 0640);
	expect_refusal(-EPERM, "must be a regular file of this user with mode 0600");
	unlink(database());
	snprintf(target, sizeof(target), "%s/elsewhere", folder.path);
	assert_int_equal(symlink(target, database()), 0);
	expect_refusal(-ELOOP, "symbolic link");
	assert_int_equal(access(target, F_OK), -1);
	unlink(database());
	assert_int_equal(mkdir(database(), 0700), 0);
	expect_refusal(-EISDIR, "directory");
}

static void a_missing_folder_is_told(void **state)
{
	char why[512] = "";
	struct store *store = NULL;

	(void)state;
	assert_int_equal(store_open("/nonexistent/folder", &boot.clock, &store, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "/nonexistent/folder/" DATABASE ": No such file"));
	assert_null(store);
}

/* What version 1 made, and a login that was under way in it. */
static const char version_1[] =
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE enrolment (user TEXT PRIMARY KEY, state INTEGER NOT NULL, sealed BLOB NOT NULL,"
	" number_index BLOB NOT NULL, channel TEXT NOT NULL, lang TEXT NOT NULL, consent TEXT NOT NULL, consent_by"
	" TEXT NOT NULL, verified INTEGER NOT NULL, enrolled_at INTEGER NOT NULL, last_login_at INTEGER NOT NULL,"
	" failures INTEGER NOT NULL, locked_until INTEGER NOT NULL, locked_for INTEGER NOT NULL, locked_wall"
	" INTEGER NOT NULL, sends_since_success INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE challenge (id BLOB PRIMARY KEY, user TEXT NOT NULL, service TEXT NOT NULL, source TEXT NOT"
	" NULL, purpose INTEGER NOT NULL, state INTEGER NOT NULL, generation INTEGER NOT NULL, code_length INTEGER"
	" NOT NULL, tries INTEGER NOT NULL, tries_max INTEGER NOT NULL, sends INTEGER NOT NULL, created INTEGER"
	" NOT NULL, expires INTEGER NOT NULL, last_send INTEGER NOT NULL, ttl INTEGER NOT NULL, decoy INTEGER NOT"
	" NULL, counts INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE UNIQUE INDEX challenge_open ON challenge (user, service, source) WHERE state = 0;"
	"CREATE INDEX challenge_expires ON challenge (expires);"
	"CREATE TABLE pending (challenge BLOB PRIMARY KEY REFERENCES challenge (id) ON DELETE CASCADE, user TEXT"
	" NOT NULL, sealed BLOB NOT NULL, number_index BLOB NOT NULL, channel TEXT NOT NULL, lang TEXT NOT NULL,"
	" consent TEXT NOT NULL, consent_by TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE delivery (challenge BLOB NOT NULL REFERENCES challenge (id) ON DELETE CASCADE, generation"
	" INTEGER NOT NULL, position INTEGER NOT NULL, channel TEXT NOT NULL, state INTEGER NOT NULL, due INTEGER"
	" NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (challenge, generation, position))"
	" STRICT, WITHOUT ROWID;"
	"CREATE INDEX delivery_next ON delivery (state, due) WHERE state = 0 OR state = 2;"
	"CREATE TABLE rate (key TEXT PRIMARY KEY, a INTEGER NOT NULL, b INTEGER NOT NULL, c INTEGER NOT NULL, d"
	" INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"INSERT INTO meta VALUES ('boot', 'this-boot'), ('master key', 'mark of a key');"
	"INSERT INTO enrolment VALUES"
	" ('alice', 1, X'01020003', X'09', 'sms', 'ar', 'I agree', 'root', 1, 1700000000, 1700000002, 3, 4, 5, 6, 7),"
	" ('bob', 0, X'04', X'08', '', '', '', '', 0, 1700000001, 0, 0, 0, 0, 0, 0);"
	"INSERT INTO challenge VALUES (X'0100000000000000000000000000000000000000', 'alice', 'sshd', '192.0.2.1',"
	" 0, 0, 1, 6, 2, 3, 1, 10, 310, 11, 300, 0, 1);"
	"INSERT INTO pending SELECT id, 'carol', X'05', X'07', 'sms', 'en', 'I too', 'root' FROM challenge;"
	"INSERT INTO delivery SELECT id, 1, 0, 'whatsapp', 2, 10, '131026', 'no' FROM challenge;"
	"INSERT INTO delivery SELECT id, 1, 1, 'sms', 0, 35, '', '' FROM challenge;"
	"INSERT INTO rate VALUES ('user alice', 41, 42, 43, 44);"
	"PRAGMA application_id = 0x574f5450; PRAGMA user_version = 1";

static void expect_rows_of_version_1(struct tx *tx)
{
	struct enrolment alice = {.user = "alice",
				  .state = ENROLMENT_SUSPENDED,
				  .sealed = {1, 2, 0, 3},
				  .sealed_length = 4,
				  .index = {9},
				  .channel = "sms",
				  .lang = "ar",
				  .consent = "I agree",
				  .consent_by = "root",
				  .verified = 1,
				  .enrolled_at = 1700000000,
				  .last_login_at = 1700000002,
				  .failures = 3,
				  .locked_until = 4,
				  .locked_for = 5,
				  .locked_wall = 6,
				  .sends_since_success = 7,
				  .trusted_at = 1700000000},
			 e;
	struct challenge login = {.id = {1},
				  .user = "alice",
				  .service = "sshd",
				  .source = "192.0.2.1",
				  .generation = 1,
				  .code_length = 6,
				  .tries = 2,
				  .tries_max = 3,
				  .sends = 1,
				  .created = 10,
				  .expires = 310,
				  .last_send = 11,
				  .ttl = 300,
				  .counts = 1},
			 c;
	struct delivery first = {.challenge = {1},
				 .generation = 1,
				 .channel = "whatsapp",
				 .state = DELIVERY_SENDING,
				 .due = 10,
				 .code = "131026",
				 .detail = "no"},
			d;
	struct rate rate = {.key = "user alice"};

	assert_int_equal(store_enrolment_get(tx, "alice", &e), 1);
	assert_memory_equal(&e, &alice, sizeof(e));
	assert_int_equal(store_enrolment_get(tx, "bob", &e), 1);
	assert_int_equal(e.trusted_at, 1700000001);
	assert_int_equal(store_challenge_get(tx, login.id, &c), 1);
	assert_memory_equal(&c, &login, sizeof(c));
	assert_int_equal(store_pending_get(tx, login.id, &e), 1);
	assert_string_equal(e.user, "carol");
	assert_int_equal(store_delivery_at(tx, login.id, 1, 0, &d), 1);
	assert_memory_equal(&d, &first, sizeof(d));
	assert_int_equal(store_delivery_at(tx, login.id, 1, 1, &d), 1);
	assert_string_equal(d.channel, "sms");
	assert_int_equal(d.due, 35);
	assert_int_equal(store_rate_get(tx, &rate, 1), 0);
	assert_int_equal(rate.state.arrival[0], 41);
	assert_int_equal(rate.state.arrival[3], 44);
}

static void a_database_of_version_1_keeps_all_that_is_in_it(void **state)
{
	char why[512] = "";
	struct store *store;
	struct tx *tx;

	(void)state;
	run_sql(version_1);
	for (int i = 0; i < 2; i++) { /* it is migrated once */
		if (store_open(folder.path, &boot.clock, &store, why, sizeof(why)) < 0)
			fail_msg("%s", why);
		assert_int_equal(store_claim(store, "mark of another"), -EKEYREJECTED);
		assert_int_equal(store_begin(store, &tx), 0);
		expect_rows_of_version_1(tx);
		assert_int_equal(store_commit(tx), 0);
		store_close(store);
	}
	assert_int_equal(ask_sql("PRAGMA user_version"), 2);
	assert_int_equal(ask_sql("PRAGMA application_id"), 0x574f5450);
	assert_int_equal(ask_sql("SELECT count(*) FROM sqlite_master WHERE type = 'table'"), 13);
	assert_int_equal(ask_sql("SELECT count(*) FROM pragma_foreign_key_check"), 0);
	assert_int_equal(ask_sql("SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
}

/* Rows */

static struct fixture f;

static int set_up(void **state)
{
	(void)state;
	fixture_open(&f, "");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static struct challenge a_challenge(const char *user, unsigned char number)
{
	struct challenge c = {.id = {number},
			      .generation = 1,
			      .code_length = 6,
			      .tries_max = 3,
			      .created = f.clock.now,
			      .ttl = 300 * SECOND,
			      .expires = f.clock.now + 300 * SECOND,
			      .counts = 1};

	snprintf(c.user, sizeof(c.user), "%s", user);
	snprintf(c.service, sizeof(c.service), "sshd");
	snprintf(c.source, sizeof(c.source), "192.0.2.1");
	return c;
}

static void insert_delivery(const struct challenge *c, int64_t position, int64_t state)
{
	struct delivery d = {.generation = 1,
			     .position = position,
			     .channel = "sms",
			     .state = state,
			     .due = f.clock.now + position * SECOND};

	memcpy(d.challenge, c->id, sizeof(d.challenge));
	assert_int_equal(store_delivery_insert(f.tx, &d), 0);
}

static int64_t delivery_state(const struct challenge *c, int64_t position)
{
	struct delivery d;

	assert_int_equal(store_delivery_at(f.tx, c->id, 1, position, &d), 1);
	assert_int_equal(d.position, position);
	return d.state;
}

/* The first arrival time that is kept for a key. */
static int64_t arrival(const char *key)
{
	struct rate rate = {.key = ""};

	snprintf(rate.key, sizeof(rate.key), "%s", key);
	assert_int_equal(store_rate_get(f.tx, &rate, 1), 0);
	return rate.state.arrival[0];
}

static void put_rate(const char *key, int64_t first)
{
	struct rate rate = {.state = {{first}}};

	snprintf(rate.key, sizeof(rate.key), "%s", key);
	assert_int_equal(store_rate_put(f.tx, &rate), 0);
}

static void what_is_stored_comes_back(void **state)
{
	struct challenge c = a_challenge("alice", 1), back;
	struct enrolment e = {.user = "alice",
			      .state = ENROLMENT_SUSPENDED,
			      .sealed = {1, 2, 0, 3},
			      .sealed_length = 4,
			      .index = {9},
			      .channel = "sms",
			      .lang = "ar",
			      .consent = "I agree; 'quotes'",
			      .consent_by = "root",
			      .verified = 1,
			      .enrolled_at = 1,
			      .last_login_at = 2,
			      .failures = 3,
			      .locked_until = 4,
			      .locked_for = 5,
			      .sends_since_success = 6},
			 read = {0};

	(void)state;
	c.purpose = CHALLENGE_TEST;
	c.decoy = 1;
	c.sends = 4;
	assert_int_equal(store_challenge_insert(f.tx, &c), 0);
	assert_int_equal(store_challenge_get(f.tx, c.id, &back), 1);
	assert_memory_equal(&c, &back, sizeof(c));
	assert_int_equal(store_enrolment_put(f.tx, &e), 0);
	assert_int_equal(store_enrolment_get(f.tx, "alice", &read), 1);
	assert_memory_equal(&e, &read, sizeof(e));
	assert_int_equal(store_enrolment_get(f.tx, "Alice", &read), 0);
}

static void rates_are_read_by_one_look(void **state)
{
	struct rate written = {"user alice", {{1, 2, 3, INT64_MAX}}},
		    rates[STORE_RATES_MAX + 1] = {{"user alice", {{7}}}};

	(void)state;
	assert_int_equal(store_rate_put(f.tx, &written), 0);
	put_rate("host all", 42);
	for (size_t i = 1; i < STORE_RATES_MAX; i++)
		snprintf(rates[i].key, sizeof(rates[i].key), i == 5 ? "host all" : "user %zu", i);
	for (size_t count = 1; count <= STORE_RATES_MAX; count++) {
		rates[0].state.arrival[0] = rates[1].state.arrival[3] = 7; /* of an earlier look */
		assert_int_equal(store_rate_get(f.tx, rates, count), 0);
		assert_memory_equal(&rates[0].state, &written.state, sizeof(written.state));
		for (size_t i = 1; i < count; i++)
			assert_int_equal(rates[i].state.arrival[0], i == 5 ? 42 : 0);
	}
	assert_int_equal(rates[1].state.arrival[3], 0);
	assert_int_equal(store_rate_get(f.tx, rates, 0), -EINVAL);
	assert_int_equal(store_rate_get(f.tx, rates, STORE_RATES_MAX + 1), -EINVAL);
}

static void one_login_has_one_open_challenge(void **state)
{
	struct challenge first = a_challenge("alice", 1), second = a_challenge("alice", 2), found;

	(void)state;
	assert_int_equal(store_challenge_insert(f.tx, &first), 0);
	assert_int_equal(store_challenge_insert(f.tx, &second), -EEXIST);
	assert_int_equal(store_challenge_find(f.tx, "alice", "sshd", "192.0.2.1", &found), 1);
	assert_memory_equal(found.id, first.id, sizeof(found.id));
	assert_int_equal(store_challenge_find(f.tx, "alice", "sshd", "192.0.2.2", &found), 0);
	assert_int_equal(store_challenge_close(f.tx, first.id, CHALLENGE_USED), 1);
	assert_int_equal(store_challenge_close(f.tx, first.id, CHALLENGE_BURNED), 0);
	assert_int_equal(store_challenge_insert(f.tx, &second), 0);
}

static void a_try_is_taken_only_while_there_is_one(void **state)
{
	struct challenge c = a_challenge("alice", 1), late = a_challenge("bob", 2), closed = a_challenge("carol", 3);
	unsigned char nobody[KEYS_ID_SIZE] = {9};

	(void)state;
	assert_int_equal(store_challenge_insert(f.tx, &c), 0);
	assert_int_equal(store_challenge_insert(f.tx, &late), 0);
	assert_int_equal(store_challenge_insert(f.tx, &closed), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(store_challenge_charge(f.tx, c.id, f.clock.now), 1);
	assert_int_equal(store_challenge_charge(f.tx, c.id, f.clock.now), 0);
	assert_int_equal(store_challenge_charge(f.tx, late.id, late.expires - 1), 1);
	assert_int_equal(store_challenge_charge(f.tx, late.id, late.expires), 0);
	assert_int_equal(store_challenge_charge(f.tx, late.id, late.expires + 1), 0);
	assert_int_equal(store_challenge_close(f.tx, closed.id, CHALLENGE_CANCELLED), 1);
	assert_int_equal(store_challenge_charge(f.tx, closed.id, f.clock.now), 0);
	assert_int_equal(store_challenge_charge(f.tx, nobody, f.clock.now), 0);
	assert_int_equal(store_challenge_get(f.tx, c.id, &c), 1);
	assert_int_equal(c.tries, 3);
}

static void lock(const char *user, int64_t until, int64_t length, int64_t wall)
{
	struct enrolment e = {.locked_until = until, .locked_for = length, .locked_wall = wall};

	snprintf(e.user, sizeof(e.user), "%s", user);
	assert_int_equal(store_enrolment_lock(f.tx, &e), 0);
}

static void an_account_is_charged_unless_locked_or_disabled(void **state)
{
	(void)state;
	fixture_enroll(&f, "alice", "+966512345634");
	assert_int_equal(store_enrolment_charge(f.tx, "alice", f.clock.now, 2), 1);
	lock("alice", f.clock.now + 10, 10, 0);
	assert_int_equal(store_enrolment_charge(f.tx, "alice", f.clock.now + 9, 2), 0);
	assert_int_equal(store_enrolment_charge(f.tx, "alice", f.clock.now + 10, 2), 1);
	assert_int_equal(store_enrolment_charge(f.tx, "alice", f.clock.now + 11, 2), 0);
	assert_int_equal(store_enrolment_charge(f.tx, "nobody", f.clock.now, 2), 0);
	assert_int_equal(store_enrolment_clear(f.tx, "alice", 1700000009), 0);
	assert_int_equal(fixture_enrolment(&f, "alice").failures, 0);
	assert_int_equal(fixture_enrolment(&f, "alice").locked_until, 0);
	assert_int_equal(store_enrolment_clear(f.tx, "alice", 0), 0);
	assert_int_equal(fixture_enrolment(&f, "alice").last_login_at, 1700000009);
}

static void a_closed_challenge_sends_nothing_more(void **state)
{
	struct challenge a = a_challenge("alice", 1), b = a_challenge("bob", 2);

	(void)state;
	assert_int_equal(store_challenge_insert(f.tx, &a), 0);
	assert_int_equal(store_challenge_insert(f.tx, &b), 0);
	for (int64_t i = 0; i < 7; i++)
		insert_delivery(&a, i, i);
	insert_delivery(&b, 0, DELIVERY_PLANNED);
	assert_int_equal(store_challenge_close(f.tx, a.id, CHALLENGE_USED), 1);
	assert_int_equal(delivery_state(&a, DELIVERY_PLANNED), DELIVERY_CANCELLED);
	assert_int_equal(delivery_state(&a, DELIVERY_PAUSED), DELIVERY_CANCELLED);
	for (int64_t i = DELIVERY_SENDING; i < 7; i++)
		assert_int_equal(delivery_state(&a, i), i); /* what happened, happened */
	assert_int_equal(delivery_state(&b, 0), DELIVERY_PLANNED);
	assert_int_equal(store_challenge_cancel_user(f.tx, "bob"), 0);
	assert_int_equal(delivery_state(&b, 0), DELIVERY_CANCELLED);
	assert_int_equal(store_challenge_get(f.tx, b.id, &b), 1);
	assert_int_equal(b.state, CHALLENGE_CANCELLED);
}

static void lists_go_on_behind_the_last_one(void **state)
{
	static const char *const users[] = {"Zoe", "alice", "bob", "žofie"};
	struct enrolment e = {.user = ""};
	struct challenge c = {.id = {0}};

	(void)state;
	for (size_t i = COUNT(users); i-- > 0;)
		fixture_enroll(&f, users[i], "+966512345634");
	for (size_t i = 0; i < COUNT(users); i++) {
		assert_int_equal(store_enrolment_next(f.tx, e.user, &e), 1);
		assert_string_equal(e.user, users[i]);
	}
	assert_int_equal(store_enrolment_next(f.tx, "žofie", &e), 0);
	for (unsigned char i = 4; i > 0; i--) {
		struct challenge one = a_challenge(users[i - 1], i);

		assert_int_equal(store_challenge_insert(f.tx, &one), 0);
	}
	for (unsigned char i = 1; i <= 4; i++) {
		assert_int_equal(store_challenge_next(f.tx, c.id, &c), 1);
		assert_int_equal(c.id[0], i);
	}
	assert_int_equal(store_challenge_next(f.tx, c.id, &c), 0);
}

static void another_boot_voids_what_was_open(void **state)
{
	struct challenge open = a_challenge("alice", 1), used = a_challenge("bob", 2);

	(void)state;
	fixture_enroll(&f, "alice", "+966512345634");
	fixture_enroll(&f, "bob", "+966512345635");
	assert_int_equal(store_challenge_insert(f.tx, &open), 0);
	assert_int_equal(store_challenge_insert(f.tx, &used), 0);
	assert_int_equal(store_challenge_close(f.tx, used.id, CHALLENGE_USED), 1);
	insert_delivery(&open, 0, DELIVERY_SENDING);
	insert_delivery(&open, 1, DELIVERY_PLANNED);
	insert_delivery(&open, 2, DELIVERY_PAUSED);
	insert_delivery(&open, 3, DELIVERY_SENT);
	put_rate("user alice", f.clock.now + 900 * SECOND);
	fixture_enroll(&f, "carol", "+966512345636");
	lock("alice", f.clock.now + 60 * SECOND, 1800 * SECOND, f.clock.wall + 60);
	lock("carol", f.clock.now - 60 * SECOND, 1800 * SECOND, f.clock.wall - 60);

	fixture_restart(&f, "this-boot");
	assert_int_equal(store_challenge_get(f.tx, open.id, &open), 1);
	assert_int_equal(open.state, CHALLENGE_OPEN);
	assert_int_equal(delivery_state(&open, 1), DELIVERY_PLANNED);
	assert_true(arrival("user alice") > f.clock.now);
	assert_int_equal(fixture_enrolment(&f, "alice").locked_until, f.clock.now + 60 * SECOND);

	f.clock.now = 20 * SECOND; /* since the new boot */
	fixture_restart(&f, "next-boot");
	assert_int_equal(store_challenge_get(f.tx, open.id, &open), 1);
	assert_int_equal(open.state, CHALLENGE_EXPIRED);
	assert_int_equal(store_challenge_get(f.tx, used.id, &used), 1);
	assert_int_equal(used.state, CHALLENGE_USED);
	for (int64_t i = 0; i < 3; i++)
		assert_int_equal(delivery_state(&open, i), DELIVERY_CANCELLED);
	assert_int_equal(delivery_state(&open, 3), DELIVERY_SENT);
	assert_int_equal(arrival("user alice"), 0);
	/* Locked by the old boot's clock: the whole time again, by the new one's. A lock that was over stays over. */
	assert_int_equal(fixture_enrolment(&f, "alice").locked_until, 1820 * SECOND);
	assert_int_equal(fixture_enrolment(&f, "bob").locked_until, 0);
	assert_int_equal(fixture_enrolment(&f, "carol").locked_until, 0);
}

static void what_is_long_over_is_forgotten(void **state)
{
	struct challenge old = a_challenge("alice", 1), young = a_challenge("bob", 2),
			 decoy = a_challenge("mallory", 3);
	struct rate busy = {"busy", {{1, f.clock.now + 999 * SECOND}}};
	struct enrolment pending = {.user = "alice"};

	(void)state;
	young.expires += 100;
	decoy.expires += 99; /* ended, but not long ago */
	decoy.decoy = 1;
	assert_int_equal(store_challenge_insert(f.tx, &old), 0);
	assert_int_equal(store_challenge_insert(f.tx, &young), 0);
	assert_int_equal(store_pending_put(f.tx, old.id, &pending), 0);
	insert_delivery(&old, 0, DELIVERY_SENT);
	put_rate("idle", 1);
	assert_int_equal(store_rate_put(f.tx, &busy), 0);
	assert_int_equal(store_challenge_insert(f.tx, &decoy), 0);
	assert_int_equal(store_prune(f.tx, old.expires + 1, young.expires), 0);
	assert_int_equal(store_challenge_get(f.tx, decoy.id, &decoy), 0);
	assert_int_equal(store_challenge_get(f.tx, old.id, &old), 0);
	assert_int_equal(store_challenge_get(f.tx, young.id, &young), 1);
	assert_int_equal(store_pending_get(f.tx, old.id, &pending), 0);
	assert_int_equal(store_delivery_at(f.tx, (unsigned char[KEYS_ID_SIZE]){1}, 1, 0, &(struct delivery){0}), 0);
	assert_int_equal(arrival("idle"), 0);
	assert_int_equal(arrival("busy"), 1);
}

static void what_was_not_committed_has_not_happened(void **state)
{
	(void)state;
	fixture_enroll(&f, "alice", "+966512345634");
	fixture_commit(&f);
	fixture_enroll(&f, "bob", "+966512345635");
	store_rollback(f.tx);
	assert_false(store_is_open(f.tx));
	assert_int_equal(store_begin(f.store, &f.tx), 0);
	assert_true(store_is_open(f.tx));
	fixture_restart(&f, "this-boot");
	assert_int_equal(store_enrolment_get(f.tx, "alice", &(struct enrolment){0}), 1);
	assert_int_equal(store_enrolment_get(f.tx, "bob", &(struct enrolment){0}), 0);
}

static void a_database_belongs_to_its_master_key(void **state)
{
	(void)state;
	assert_int_equal(store_commit(f.tx), 0);
	assert_int_equal(store_claim(f.store, "mark of a key"), 0);
	assert_int_equal(store_claim(f.store, "mark of a key"), 0);
	assert_int_equal(store_claim(f.store, "mark of another"), -EKEYREJECTED);
	assert_int_equal(store_begin(f.store, &f.tx), 0);
	fixture_restart(&f, "next-boot");
	assert_int_equal(store_commit(f.tx), 0);
	assert_int_equal(store_claim(f.store, "mark of another"), -EKEYREJECTED);
	assert_int_equal(store_claim(f.store, "mark of a key"), 0);
	assert_int_equal(store_begin(f.store, &f.tx), 0);
}

/* A statement that found a row, or failed, must not hold the next one up. */
static void ten_thousand_statements_run_one_after_the_other(void **state)
{
	struct challenge c = a_challenge("alice", 1), again = c;
	int64_t count;

	(void)state;
	assert_int_equal(store_challenge_insert(f.tx, &c), 0);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(store_challenge_insert(f.tx, &again), -EEXIST);
		assert_int_equal(store_challenge_get(f.tx, c.id, &again), 1);
		assert_int_equal(arrival("user alice"), 0);
		assert_int_equal(store_challenge_count(f.tx, f.clock.now, &count), 1);
		assert_int_equal(count, 1);
		if (i % 100 == 0)
			fixture_commit(&f);
	}
}

int main(void)
{
#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_folder, tear_down_folder)
#define ROW_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		FILE_TEST(an_empty_folder_gets_a_private_database),
		FILE_TEST(an_empty_file_is_as_good_as_none),
		FILE_TEST(a_foreign_database_is_left_alone),
		FILE_TEST(a_newer_database_is_left_alone),
		FILE_TEST(a_database_of_version_1_keeps_all_that_is_in_it),
		FILE_TEST(a_damaged_database_is_left_alone),
		FILE_TEST(a_page_of_rubbish_is_found),
		FILE_TEST(only_a_private_file_of_our_own_is_opened),
		FILE_TEST(a_missing_folder_is_told),
		ROW_TEST(what_is_stored_comes_back),
		ROW_TEST(rates_are_read_by_one_look),
		ROW_TEST(one_login_has_one_open_challenge),
		ROW_TEST(a_try_is_taken_only_while_there_is_one),
		ROW_TEST(an_account_is_charged_unless_locked_or_disabled),
		ROW_TEST(a_closed_challenge_sends_nothing_more),
		ROW_TEST(lists_go_on_behind_the_last_one),
		ROW_TEST(another_boot_voids_what_was_open),
		ROW_TEST(what_is_long_over_is_forgotten),
		ROW_TEST(what_was_not_committed_has_not_happened),
		ROW_TEST(a_database_belongs_to_its_master_key),
		ROW_TEST(ten_thousand_statements_run_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
