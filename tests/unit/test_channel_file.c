/* driver file: one line a message, in a file that nobody else can read. */
#include "tests/unit/fake_provider.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char name[] = "file", folder[32], path[64];
static struct config_channel section;
static void *channel;

static const struct channel_message message = {
	.id = "0123456789abcdef",
	.to = "+966501234567",
	.code = "123456",
	.lang = "",
	.text = "line one\nline \"two\"",
	.timeout_ms = 1000,
};

static int setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/otp-file-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/messages", folder);
	section = fake_section;
	section.name = name;
	section.path = path;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	rmdir(folder);
	return 0;
}

static void refuses(const char *word)
{
	char why[CONFIG_WHY_MAX] = "";

	assert_int_equal(channel_file.open(&section, NULL, &channel, why), -EINVAL);
	assert_non_null(strstr(why, word));
	assert_non_null(strstr(why, "test.conf:1: channel \"file\""));
}

static void opens(void)
{
	char why[CONFIG_WHY_MAX] = "";

	assert_int_equal(channel_file.open(&section, NULL, &channel, why), 0);
}

static void test_each_message_is_one_line(void **state)
{
	char data[1024] = "";
	FILE *file;
	size_t n;

	(void)state;
	opens();
	for (int i = 0; i < 2; i++) {
		struct fake_call call = fake_send(&channel_file, channel, &message);

		assert_int_equal(call.count, 1);
		assert_true(call.answer.sent);
	}
	file = fopen(path, "r");
	assert_non_null(file);
	n = fread(data, 1, sizeof(data) - 1, file);
	fclose(file);
	assert_true(n > 0 && data[n - 1] == '\n');
	assert_ptr_not_equal(strchr(data, '\n'), data + n - 1);
	assert_ptr_equal(strchr(strchr(data, '\n') + 1, '\n'), data + n - 1);
	assert_non_null(strstr(data, ",\"to\":\"+966501234567\",\"code\":\"123456\",\"text\":\"line one\\nline "
				     "\\\"two\\\"\",\"id\":\"0123456789abcdef\"}\n"));
	channel_file.close(channel);
}

static void test_file_is_made_private(void **state)
{
	mode_t old = umask(0);
	struct stat st;

	(void)state;
	opens();
	umask(old);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_file_that_others_can_read(void **state)
{
	(void)state;
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(chmod(path, 0640), 0);
	refuses("0600");
}

static void test_symbolic_link(void **state)
{
	(void)state;
	assert_int_equal(symlink("/dev/null", path), 0);
	refuses("symbolic link");
}

static void test_folder_and_device(void **state)
{
	char null[] = "/dev/null";

	(void)state;
	section.path = null;
	refuses("not a regular file");
	section.path = folder;
	refuses("path");
}

static void test_path_is_needed(void **state)
{
	char none[] = "";

	(void)state;
	section.path = none;
	refuses("needs path");
}

static void test_file_that_became_public_gets_no_more(void **state)
{
	struct fake_call call;
	struct stat st;

	(void)state;
	opens();
	assert_int_equal(chmod(path, 0644), 0);
	call = fake_send(&channel_file, channel, &message);
	assert_int_equal(call.count, 1);
	assert_int_equal(call.answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(fake_probe(&channel_file, channel).answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
}

static void test_file_that_was_rotated_away_is_made_again(void **state)
{
	(void)state;
	opens();
	assert_int_equal(unlink(path), 0);
	assert_true(fake_send(&channel_file, channel, &message).answer.sent);
	assert_true(fake_probe(&channel_file, channel).answer.sent);
	assert_int_equal(access(path, F_OK), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_each_message_is_one_line),
		TEST(test_file_is_made_private),
		TEST(test_file_that_others_can_read),
		TEST(test_symbolic_link),
		TEST(test_folder_and_device),
		TEST(test_path_is_needed),
		TEST(test_file_that_became_public_gets_no_more),
		TEST(test_file_that_was_rotated_away_is_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
