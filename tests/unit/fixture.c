#include "tests/unit/fixture.h"

#include "daemon/core/outcome.h"
#include "daemon/core/store_challenge.h"
#include "daemon/provider/provider.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char master_key_text[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

static const char channels[] = "channel \"whatsapp\" { driver = whatsapp_cloud }\n"
			       "channel \"sms\" { driver = http }\n";

/* The clock */

static int64_t moved_now(const struct clock *clock)
{
	return ((const struct test_clock *)clock)->now;
}

static int64_t moved_wall(const struct clock *clock)
{
	return ((const struct test_clock *)clock)->wall;
}

void test_clock_init(struct test_clock *clock, const char *boot_id)
{
	clock->clock.now = moved_now;
	clock->clock.wall = moved_wall;
	snprintf(clock->clock.boot_id, sizeof(clock->clock.boot_id), "%s", boot_id);
}

/* Files */

void folder_make(struct folder *folder)
{
	const char *base = getenv("TMPDIR");

	snprintf(folder->path, sizeof(folder->path), "%s/otp-unit-XXXXXX", base && strlen(base) < 40 ? base : "/tmp");
	assert_non_null(mkdtemp(folder->path));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void folder_remove(const struct folder *folder)
{
	assert_int_equal(nftw(folder->path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

const char *folder_write(const struct folder *folder, const char *name, const char *text, unsigned mode)
{
	static char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	unlink(path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

struct keys *test_keys(const struct folder *folder)
{
	char reference[300], why[256];
	struct keys *keys = NULL;

	snprintf(reference, sizeof(reference), "file:%s", folder_write(folder, "master.key", master_key_text, 0400));
	assert_int_equal(keys_load(reference, &keys, why, sizeof(why)), 0);
	return keys;
}

/* The core */

static int in_group(const char *user, const char *group)
{
	if (strcmp(group, "broken") == 0)
		return -EIO;
	return strcmp(group, "wheel") == 0 && strcmp(user, "root") == 0;
}

void fixture_configure(struct fixture *f, const char *config)
{
	char text[8192], why[CONFIG_WHY_MAX];

	snprintf(text, sizeof(text), "%s%s", channels, config);
	config_unref(f->config);
	if (config_load(folder_write(&f->folder, "whatsapp-otp.conf", text, 0600), &f->config, why) < 0)
		fail_msg("%s", why);
	f->engine.config = f->config;
}

void fixture_begin(struct fixture *f)
{
	assert_int_equal(store_begin(f->store, &f->tx), 0);
}

static void open_store(struct fixture *f)
{
	char why[512];

	if (store_open(f->folder.path, &f->clock.clock, &f->store, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	fixture_begin(f);
}

void fixture_open(struct fixture *f, const char *config)
{
	memset(f, 0, sizeof(*f));
	folder_make(&f->folder);
	test_clock_init(&f->clock, "this-boot");
	f->clock.now = 5 * 3600 * SECOND;
	f->clock.wall = 1700000000;
	f->keys = test_keys(&f->folder);
	fixture_configure(f, config);
	f->engine.keys = f->keys;
	f->engine.clock = &f->clock.clock;
	f->engine.hostname = "web1";
	f->engine.in_group = in_group;
	f->engine.sender_ready = true;
	open_store(f);
}

static void close_store(struct fixture *f)
{
	assert_int_equal(store_commit(f->tx), 0);
	store_close(f->store);
}

void fixture_close(struct fixture *f)
{
	close_store(f);
	keys_free(f->keys);
	config_unref(f->config);
	folder_remove(&f->folder);
}

void fixture_commit(struct fixture *f)
{
	assert_int_equal(store_commit(f->tx), 0);
	fixture_begin(f);
}

void fixture_restart(struct fixture *f, const char *boot_id)
{
	close_store(f);
	test_clock_init(&f->clock, boot_id);
	open_store(f);
}

void fixture_advance(struct fixture *f, int64_t seconds)
{
	f->clock.now += seconds * SECOND;
	f->clock.wall += seconds;
}

/* What is in the database */

void fixture_enroll(struct fixture *f, const char *user, const char *phone)
{
	struct enrolment e = {.state = ENROLMENT_ACTIVE, .verified = 1, .enrolled_at = f->clock.wall};
	struct phone number;
	int length;

	assert_int_equal(phone_parse(phone, &number), 0);
	snprintf(e.user, sizeof(e.user), "%s", user);
	length = keys_seal(f->keys, user, number.e164, e.sealed);
	assert_true(length > 0);
	e.sealed_length = (size_t)length;
	assert_int_equal(keys_number_index(f->keys, &number, e.index), 0);
	assert_int_equal(store_enrolment_put(f->tx, &e), 0);
}

struct enrolment fixture_enrolment(struct fixture *f, const char *user)
{
	struct enrolment e;

	assert_int_equal(store_enrolment_get(f->tx, user, &e), 1);
	return e;
}

struct challenge fixture_challenge(struct fixture *f, const char *id)
{
	unsigned char binary[KEYS_ID_SIZE];
	struct challenge c;

	assert_int_equal(challenge_id_parse(id, binary), 0);
	assert_int_equal(store_challenge_get(f->tx, binary, &c), 1);
	return c;
}

int64_t fixture_delivery(struct fixture *f, const char *challenge, int64_t position)
{
	struct challenge c = fixture_challenge(f, challenge);
	struct delivery d;
	int r = store_delivery_at(f->tx, c.id, c.generation, position, &d);

	assert_true(r >= 0);
	return r > 0 && d.position == position ? d.state : -1;
}

/* The sender */

void fixture_carry(struct fixture *f, const struct send *send)
{
	f->messages++;
	f->last = *send;
}

size_t fixture_deliver(struct fixture *f)
{
	struct outbox_batch batch;
	struct reply reply = {0};
	size_t total = 0;

	do {
		assert_int_equal(outbox_claim(&f->engine, f->tx, &batch, &reply), 0);
		for (size_t i = 0; i < batch.count; i++)
			fixture_carry(f, &batch.sends[i]);
		total += batch.count;
	} while (batch.next_due <= f->clock.now && f->engine.sender_ready);
	outbox_batch_wipe(&batch);
	return total;
}

void fixture_report_sent(struct fixture *f)
{
	struct reply reply = {0};
	struct sent sent = {0};

	snprintf(sent.id, sizeof(sent.id), "%s", f->last.id);
	assert_int_equal(outcome_sent(&f->engine, f->tx, &sent, &reply), 0);
}

void fixture_report_failed(struct fixture *f, enum failure failure)
{
	struct failed failed = {.why = {.failure = (int)failure, .code = "131026", .detail = "not on WhatsApp"}};
	struct reply reply = {0};

	snprintf(failed.id, sizeof(failed.id), "%s", f->last.id);
	assert_int_equal(outcome_failed(&f->engine, f->tx, &failed, &reply), 0);
}

struct reply fixture_receipt(struct fixture *f, const char *id, enum receipt_state state, const char *code)
{
	struct receipt receipt = {.state = (int)state};
	struct reply reply = {0};
	const struct config_channel *channel;
	struct delivery d;

	assert_int_equal(delivery_id_parse(id, &d), 0);
	assert_int_equal(store_delivery_at(f->tx, d.challenge, d.generation, d.position, &d), 1);
	channel = config_channel(f->config, d.channel);
	snprintf(receipt.provider, sizeof(receipt.provider), "%s", driver_find(channel->driver)->provider);
	snprintf(receipt.id, sizeof(receipt.id), "%s", id);
	if (state == RECEIPT_FAILED)
		provider_judge(&provider_meta, code, &receipt.why);
	assert_int_equal(outcome_receipt(&f->engine, f->tx, &receipt, &reply), 0);
	return reply;
}

void fixture_ask(struct fixture *f, const struct wire_message *message, const union admin_request *request,
		 struct admin_page *page, struct reply *reply)
{
	struct admin admin = {
		.engine = &f->engine, .tx = f->tx, .by = "root", .request = request, .page = page, .reply = reply};

	memset(reply, 0, sizeof(*reply));
	page->count = 0;
	page->more = false;
	for (size_t i = 0; i < admin_op_count; i++)
		if (admin_ops[i].request == message)
			assert_int_equal(admin_ops[i].run(&admin), 0);
	assert_int_not_equal(reply->kind, REPLY_NONE);
	if (reply->has_send)
		fixture_carry(f, &reply->send);
}
