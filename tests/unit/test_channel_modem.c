/* driver modem: a message lies whole in smstools3's spool or not at all, and its fate is where smsd puts the file. */
#include "tests/unit/fake_provider.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ID "00000000691e0f1a0123456789abcdef0123456789abcdef"

static char top[] = "/tmp/otp-modem-XXXXXX", spool[64], name[] = "modem";
static struct config_channel section;
static void *channel;

static const struct channel_message message = {
	.id = ID,
	.to = "+966501234567",
	.code = "493817",
	.text = "493817: رمز\n\nTo: 15550001111\n",
	.minutes = 5,
	.seconds = 300,
	.timeout_ms = 1000,
};

static const char *at(const char *folder, const char *file)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s/%s", top, folder, file);
	return path;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int setup(void **state)
{
	static const char *const folders[] = {"outgoing", "sent", "failed"};
	char why[CONFIG_WHY_MAX] = "";

	(void)state;
	strcpy(top + strlen(top) - 6, "XXXXXX");
	if (!mkdtemp(top))
		return -1;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (mkdir(at(folders[i], ""), 0770) < 0)
			return -1;
	snprintf(spool, sizeof(spool), "%s/outgoing", top);
	section = fake_section;
	section.name = name;
	section.path = spool;
	return channel_modem.open(&section, NULL, &channel, why);
}

static int teardown(void **state)
{
	(void)state;
	channel_modem.close(channel);
	return nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static size_t files(void)
{
	DIR *folder = opendir(spool);
	size_t n = 0;

	assert_non_null(folder);
	while (readdir(folder))
		n++;
	closedir(folder);
	return n - 2;
}

static void test_a_message_lies_in_the_spool(void **state)
{
	char text[512] = "";
	struct fake_call call;
	struct stat st;
	mode_t mask = umask(077);
	int fd;

	(void)state;
	call = fake_send(&channel_modem, channel, &message);
	umask(mask);
	assert_int_equal(call.count, 1);
	assert_true(call.answer.sent);
	assert_string_equal(call.answer.message_id, "otp-" ID);
	assert_int_equal(files(), 1);
	fd = open(at("outgoing", "otp-" ID), O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	/* The first empty line ends the headers: what looks like one behind it is text. */
	assert_string_equal(text, "To: 966501234567\nAlphabet: UTF\nReport: yes\nValidity: 5 min\n\n"
				  "493817: رمز\n\nTo: 15550001111\n");
}

static void check_validity(int64_t seconds, const char *line)
{
	struct channel_message brief = message;
	char text[512] = "";
	FILE *stream;

	brief.seconds = seconds;
	fake_send(&channel_modem, channel, &brief);
	stream = fopen(at("outgoing", "otp-" ID), "r");
	assert_non_null(stream);
	assert_true(fread(text, 1, sizeof(text) - 1, stream) > 0);
	fclose(stream);
	assert_non_null(strstr(text, line));
}

static void test_the_network_drops_it_with_the_code(void **state)
{
	(void)state;
	check_validity(600, "\nValidity: 10 min\n");
	check_validity(599, "\nValidity: 9 min\n");
	check_validity(60, "\nValidity: 5 min\n"); /* the network's shortest */
}

static void test_what_a_crash_left_does_not_stop_it(void **state)
{
	int fd = open(at("outgoing", "otp-" ID ".LOCK"), O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_true(fake_send(&channel_modem, channel, &message).answer.sent);
	assert_int_equal(files(), 1);
}

static void test_numbers_and_ids_that_are_none(void **state)
{
	static const char *const numbers[] = {"966501234567", "+", "alice@example.org", "+9665\nTo: 1",
					      "+12345678901234567"};
	struct channel_message wrong = message;

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		wrong.to = numbers[i];
		assert_int_equal(fake_send(&channel_modem, channel, &wrong).answer.why.failure, FAILURE_UNDELIVERABLE);
	}
	wrong = message;
	wrong.id = "../../etc/passwd";
	assert_int_equal(fake_send(&channel_modem, channel, &wrong).answer.why.failure, FAILURE_UNDELIVERABLE);
	assert_int_equal(files(), 0);
}

static void test_a_folder_that_has_gone(void **state)
{
	struct fake_call call;

	(void)state;
	assert_int_equal(rmdir(spool), 0);
	call = fake_send(&channel_modem, channel, &message);
	assert_int_equal(call.answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(call.answer.why.alarm, ALARM_NOW);
	assert_string_equal(call.answer.why.detail, "the spool folder is not there");
	assert_false(fake_probe(&channel_modem, channel).answer.sent);
	assert_int_equal(mkdir(spool, 0770), 0);
	assert_true(fake_probe(&channel_modem, channel).answer.sent);
}

static void test_something_stands_in_the_way(void **state)
{
	(void)state;
	assert_int_equal(mkdir(at("outgoing", "otp-" ID), 0700), 0);
	assert_int_equal(fake_send(&channel_modem, channel, &message).answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(files(), 1); /* nothing half-written beside it */
}

static void test_fate(void **state)
{
	struct fake_call call;
	char from[256];

	(void)state;
	fake_send(&channel_modem, channel, &message);
	call = fake_poll(&channel_modem, channel, "otp-" ID);
	assert_true(call.answer.sent);
	assert_int_equal(call.answer.state, RECEIPT_ACCEPTED);

	snprintf(from, sizeof(from), "%s", at("outgoing", "otp-" ID));
	assert_int_equal(rename(from, at("sent", "otp-" ID)), 0);
	call = fake_poll(&channel_modem, channel, "otp-" ID);
	assert_int_equal(call.answer.state, RECEIPT_SENT);

	snprintf(from, sizeof(from), "%s", at("sent", "otp-" ID));
	assert_int_equal(rename(from, at("failed", "otp-" ID)), 0);
	call = fake_poll(&channel_modem, channel, "otp-" ID);
	assert_int_equal(call.answer.state, RECEIPT_FAILED);
	assert_int_equal(call.answer.why.failure, FAILURE_UNDELIVERABLE);
}

static void test_only_our_own_files_are_looked_for(void **state)
{
	static const char *const names[] = {"", "otp-", "otp-../sent/x", "../failed", "otp-XYZ", "abc"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_false(fake_poll(&channel_modem, channel, names[i]).answer.sent);
}

static void test_paths_that_cannot_work(void **state)
{
	char none[] = "", nowhere[] = "/nowhere/outgoing", file[] = "/etc/passwd", why[CONFIG_WHY_MAX], link[64];
	void *other = NULL;

	(void)state;
	section.path = none;
	assert_int_equal(channel_modem.open(&section, NULL, &other, why), -EINVAL);
	assert_non_null(strstr(why, "test.conf:1: channel \"modem\": driver modem needs path"));
	section.path = nowhere;
	assert_int_equal(channel_modem.open(&section, NULL, &other, why), -EINVAL);
	assert_non_null(strstr(why, "is not there"));
	section.path = file;
	assert_int_equal(channel_modem.open(&section, NULL, &other, why), -EINVAL);
	assert_non_null(strstr(why, "is not a folder"));
	snprintf(link, sizeof(link), "%s/link", top);
	assert_int_equal(symlink(spool, link), 0);
	section.path = link;
	assert_int_equal(channel_modem.open(&section, NULL, &other, why), -EINVAL);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_message_lies_in_the_spool),
		TEST(test_the_network_drops_it_with_the_code),
		TEST(test_what_a_crash_left_does_not_stop_it),
		TEST(test_numbers_and_ids_that_are_none),
		TEST(test_a_folder_that_has_gone),
		TEST(test_something_stands_in_the_way),
		TEST(test_fate),
		TEST(test_only_our_own_files_are_looked_for),
		TEST(test_paths_that_cannot_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
