/* daemon/base/secret: which files may hold a secret, and that none is ever told. */
#include "daemon/base/secret.h"
#include "tests/unit/fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN "EAAGm0PX4ZCpsBAKZC"

static struct folder folder;

static int set_up(void **state)
{
	(void)state;
	folder_make(&folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

/* Loads and expects the result; a refusal is a sentence with part in it and without the secret. */
static void expect(const char *reference, int result, const char *part)
{
	char why[256] = "";
	struct secret secret;
	int r = secret_load(reference, &secret, why, sizeof(why));

	if (r != result || (part && !strstr(why, part)) || strstr(why, TOKEN))
		fail_msg("%s: %d %s", reference, r, why);
	if (r == 0)
		assert_string_equal(secret.data, TOKEN);
	else
		assert_null(secret.data);
	secret_free(&secret);
	assert_null(secret.data);
}

static void expect_file(const char *name, const char *text, unsigned mode, int result, const char *part)
{
	char reference[300];

	snprintf(reference, sizeof(reference), "file:%s", folder_write(&folder, name, text, mode));
	expect(reference, result, part);
}

static void a_private_file_holds_a_secret(void **state)
{
	(void)state;
	expect_file("token", TOKEN, 0400, 0, NULL);
	expect_file("token", TOKEN "\n", 0600, 0, NULL);
	expect_file("token", "", 0400, -ENODATA, "token: is empty");
	expect_file("token", "\n", 0400, -ENODATA, "token: is empty");
	expect_file("token", TOKEN, 0440, -EPERM, "chmod 0400");
	expect_file("token", TOKEN, 0404, -EPERM, "chmod 0400");
}

/* systemd 254 and later: the user's read access is an ACL entry, whose mask shows as the group's bits. */
static void a_credential_may_have_an_acl(void **state)
{
	(void)state;
	(void)folder_write(&folder, "acl", TOKEN, 0440);
	(void)folder_write(&folder, "open", TOKEN, 0444);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder.path, 1), 0);
	expect("credential:acl", 0, NULL);
	expect("credential:open", -EPERM, "can be read by others");
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static void what_is_no_file_is_refused(void **state)
{
	char reference[300], target[300];

	(void)state;
	snprintf(reference, sizeof(reference), "file:%s/absent", folder.path);
	expect(reference, -ENOENT, "absent: No such file");
	snprintf(reference, sizeof(reference), "file:%s", folder.path);
	expect(reference, -EINVAL, "is not a regular file");

	snprintf(target, sizeof(target), "%s", folder_write(&folder, "real", TOKEN, 0400));
	snprintf(reference, sizeof(reference), "file:%s/link", folder.path);
	assert_int_equal(symlink(target, reference + strlen("file:")), 0);
	expect(reference, -ELOOP, "is a symbolic link");

	/* A pipe without a writer must not hang the daemon. */
	snprintf(reference, sizeof(reference), "file:%s/pipe", folder.path);
	assert_int_equal(mkfifo(reference + strlen("file:"), 0400), 0);
	expect(reference, -EINVAL, "is not a regular file");
}

static void somebody_elses_file_is_refused(void **state)
{
	char reference[300];
	const char *path = folder_write(&folder, "theirs", TOKEN, 0400);

	(void)state;
	if (chown(path, 12345, 0) < 0)
		skip();
	snprintf(reference, sizeof(reference), "file:%s", path);
	expect(reference, -EPERM, "belongs to another user");
}

static void a_large_file_is_no_secret(void **state)
{
	char text[SECRET_MAX + 2];

	(void)state;
	memset(text, 's', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	expect_file("large", text, 0400, -EFBIG, "large: ");
}

static void credentials_are_found_by_name(void **state)
{
	(void)state;
	folder_write(&folder, "meta-token", TOKEN, 0400);
	unsetenv("CREDENTIALS_DIRECTORY");
	expect("credential:meta-token", -ENOENT, "LoadCredential=");
	setenv("CREDENTIALS_DIRECTORY", "relative", 1);
	expect("credential:meta-token", -ENOENT, "LoadCredential=");
	setenv("CREDENTIALS_DIRECTORY", folder.path, 1);
	expect("credential:meta-token", 0, NULL);
	expect("credential:other", -ENOENT, "other: No such file");
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void the_config_names_secrets_and_holds_none(void **state)
{
	static const char *const refused[] = {TOKEN,
					      "",
					      "file:",
					      "file:relative",
					      "credential:",
					      "credential:../etc/shadow",
					      "credential:a/b",
					      "credential:.hidden",
					      "credentials:x",
					      "FILE:/etc/token",
					      "https://example/x"};

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		assert_non_null(secret_reference_error(refused[i]));
		assert_null(strstr(secret_reference_error(refused[i]), TOKEN));
		expect(refused[i], -EINVAL, NULL);
	}
	assert_null(secret_reference_error("credential:meta-token"));
	assert_null(secret_reference_error("file:/etc/whatsapp-otp/meta.token"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_private_file_holds_a_secret, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_credential_may_have_an_acl, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_file_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(somebody_elses_file_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_large_file_is_no_secret, set_up, tear_down),
		cmocka_unit_test_setup_teardown(credentials_are_found_by_name, set_up, tear_down),
		cmocka_unit_test(the_config_names_secrets_and_holds_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
