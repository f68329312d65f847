/* A stack of pam.d read and run as libpam does it, and what is found wrong with it. */
#include "tools/otpctl/pam_findings.h"
#include "tools/otpctl/pam_stack.h"

#include <errno.h>
#include <security/pam_appl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FILES_MAX 4

struct file {
	const char *name, *text;
};

static char *read_file(void *userdata, const char *name)
{
	const char *slash = strrchr(name, '/');

	name = slash ? slash + 1 : name;
	for (const struct file *f = userdata; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return strdup(f->text);
	return NULL;
}

static void stack_of(struct pam_stack *stack, const char *text, const char *common)
{
	struct file files[] = {{"sshd", text}, {"common", common}, {NULL, NULL}};

	if (!common)
		files[1] = (struct file){NULL, NULL};
	assert_int_equal(pam_stack_read("sshd", read_file, files, stack), 0);
}

/* Reading */

static void a_line_is_type_control_module_arguments(void **state)
{
	struct pam_stack stack;

	(void)state;
	stack_of(&stack,
		 "# a comment\n\n-AUTH\tRequisite  /lib/security/pam_unix.so  nullok  # why\naccount required x.so\n",
		 NULL);
	assert_int_equal(stack.count, 1);
	assert_int_equal(stack.rules[0].line, 3);
	assert_true(pam_rule_calls(&stack.rules[0], "pam_unix.so"));
	assert_false(pam_rule_calls(&stack.rules[0], "unix.so"));
	assert_true(pam_rule_has_argument(&stack.rules[0], "nullok"));
	assert_false(pam_rule_has_argument(&stack.rules[0], "null"));
	assert_int_equal(stack.rules[0].action[PAM_AUTH_ERR], PAM_ACTION_DIE);
	pam_stack_free(&stack);
}

static void brackets_hold_one_action_a_value(void **state)
{
	struct pam_stack stack;

	(void)state;
	stack_of(&stack,
		 "auth [success=2 new_authtok_reqd=ok \\\n default=ignore auth_err=die] pam_unix.so\nauth required "
		 "x.so\n",
		 NULL);
	assert_int_equal(stack.count, 2);
	assert_int_equal(stack.rules[0].action[PAM_SUCCESS], 2);
	assert_int_equal(stack.rules[0].action[PAM_IGNORE], PAM_ACTION_IGNORE);
	assert_int_equal(stack.rules[0].action[PAM_AUTH_ERR], PAM_ACTION_DIE);
	assert_int_equal(stack.rules[1].line, 3);
	pam_stack_free(&stack);
}

static void what_is_not_said_is_bad(void **state)
{
	struct pam_stack stack;

	(void)state;
	stack_of(&stack, "auth [success=ok] pam_unix.so\n", NULL);
	assert_int_equal(stack.rules[0].action[PAM_IGNORE], PAM_ACTION_BAD);
	pam_stack_free(&stack);
}

static void a_line_that_libpam_cannot_use_must_fail(void **state)
{
	static const char *const lines[] = {"auth",
					    "auth required",
					    "auth requird pam_unix.so",
					    "auth [succes=ok] pam_unix.so",
					    "auth [success=maybe] pam_unix.so",
					    "auth [success=-1] pam_unix.so",
					    "authentication required pam_unix.so",
					    "@include nothing",
					    "auth include nothing",
					    "@include"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct pam_stack stack;

		stack_of(&stack, lines[i], NULL);
		assert_int_equal(stack.count, 1);
		assert_int_equal(stack.rules[0].kind, PAM_RULE_MUST_FAIL);
		pam_stack_free(&stack);
	}
}

static void includes_bring_the_lines_of_their_file(void **state)
{
	struct pam_stack stack;

	(void)state;
	stack_of(&stack, "@include common\nauth include common\nauth substack common\n",
		 "auth required pam_unix.so\nsession required pam_limits.so\n");
	assert_int_equal(stack.count, 4);
	assert_string_equal(stack.rules[0].file, "common");
	assert_int_equal(stack.rules[1].level, 0);
	assert_int_equal(stack.rules[2].kind, PAM_RULE_SUBSTACK);
	assert_int_equal(stack.rules[3].level, 1);
	pam_stack_free(&stack);
}

static void a_ring_of_includes_ends_with_a_failure(void **state)
{
	struct pam_stack stack;

	(void)state;
	stack_of(&stack, "auth substack common\n", "auth required a.so\nauth substack sshd\n");
	assert_int_equal(stack.rules[stack.count - 1].kind, PAM_RULE_MUST_FAIL);
	assert_true(stack.rules[stack.count - 1].level < PAM_STACK_DEPTH);
	pam_stack_free(&stack);
}

static void a_service_without_a_file(void **state)
{
	struct file none[] = {{NULL, NULL}};
	struct pam_stack stack;

	(void)state;
	assert_int_equal(pam_stack_read("sshd", read_file, none, &stack), -ENOENT);
	pam_stack_free(&stack);
}

/* Running: random stacks answer what libpam answers for them, with pam_debug.so in the part of every module. */

static const char *const answers[] = {"success", "auth_err", "ignore", "user_unknown", "perm_denied", "maxtries"};
static const int answer_values[] = {PAM_SUCCESS,      PAM_AUTH_ERR,    PAM_IGNORE,
				    PAM_USER_UNKNOWN, PAM_PERM_DENIED, PAM_MAXTRIES};
static const char *const random_controls[] = {
	"required",
	"requisite",
	"sufficient",
	"optional",
	"[success=1 default=ignore]",
	"[success=ok default=die]",
	"[success=done ignore=ignore default=bad]",
	"[default=2 success=ok auth_err=reset]",
	"[success=ok ignore=ok default=1]",
	"[success=reset default=ignore]",
	"substack",
	"include",
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A generator of our own, so that a failure comes back. */
static uint32_t next_random(uint32_t *seed, size_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 16) % (uint32_t)below;
}

/* common: the path of the file to include, as an older libpam looks for others in /etc/pam.d only; NULL: no includes.
 */
static void random_text(uint32_t *seed, char *text, size_t size, const char *common)
{
	size_t rules = 1 + next_random(seed, 5), used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < rules; i++) {
		size_t control = next_random(seed, COUNT(random_controls) - (common ? 0 : 2));

		if (control >= COUNT(random_controls) - 2)
			used += (size_t)snprintf(text + used, size - used, "auth %s %s\n", random_controls[control],
						 common);
		else
			used += (size_t)snprintf(text + used, size - used, "auth %s pam_debug.so auth=%s\n",
						 random_controls[control], answers[next_random(seed, COUNT(answers))]);
	}
}

static int debug_answer(void *userdata, const struct pam_rule *rule)
{
	(void)userdata;
	for (size_t i = 0; i < COUNT(answers); i++)
		if (strcmp(rule->arguments + strlen("auth="), answers[i]) == 0)
			return answer_values[i];
	return PAM_SYSTEM_ERR;
}

static int no_conversation(int n, const struct pam_message **message, struct pam_response **response, void *data)
{
	(void)n;
	(void)message;
	(void)response;
	(void)data;
	return PAM_CONV_ERR;
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[128];
	FILE *stream;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	stream = fopen(path, "we");
	assert_non_null(stream);
	fputs(text, stream);
	assert_int_equal(fclose(stream), 0);
}

static void remove_folder(const char *folder)
{
	static const char *const names[] = {"sshd", "common"};
	char path[128];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static int libpam_answer(const char *folder)
{
	const struct pam_conv conversation = {no_conversation, NULL};
	pam_handle_t *handle;
	int r;

	assert_int_equal(pam_start_confdir("sshd", "alice", &conversation, folder, &handle), PAM_SUCCESS);
	r = pam_authenticate(handle, 0);
	pam_end(handle, r);
	return r;
}

static void a_random_stack_answers_what_libpam_answers(void **state)
{
	char folder[] = "/tmp/test_pam_stack.XXXXXX", include[64];
	uint32_t seed = 20261121;

	(void)state;
	assert_non_null(mkdtemp(folder));
	write_file(folder, "sshd", "auth required pam_debug.so\n");
	if (libpam_answer(folder) != PAM_SUCCESS) { /* pam_debug.so is not everywhere */
		remove_folder(folder);
		skip();
	}
	snprintf(include, sizeof(include), "%s/common", folder);
	for (int i = 0; i < 1000; i++) {
		char text[512], common[512];
		struct pam_stack stack;
		int wanted, is;

		random_text(&seed, common, sizeof(common), NULL);
		random_text(&seed, text, sizeof(text), include);
		write_file(folder, "common", common);
		write_file(folder, "sshd", text);
		stack_of(&stack, text, common);
		wanted = libpam_answer(folder);
		is = pam_stack_run(&stack, debug_answer, NULL);
		if (is != wanted)
			fail_msg("libpam says %d, not %d, to\n%s--- common:\n%s", wanted, is, text, common);
		pam_stack_free(&stack);
	}
	remove_folder(folder);
}

/* Findings */

struct found {
	int fatal, warnings;
	char words[1024];
};

static void keep(void *userdata, const struct pam_finding *finding)
{
	struct found *found = userdata;
	size_t used = strlen(found->words);

	found->fatal += finding->fatal;
	found->warnings += !finding->fatal;
	snprintf(found->words + used, sizeof(found->words) - used, "%s:%d: %s\n", finding->rule->file,
		 finding->rule->line, finding->what);
}

static struct found judge(const char *text, const char *common, bool may_ignore)
{
	struct found found = {0};
	struct pam_stack stack;

	stack_of(&stack, text, common);
	pam_findings_of(&stack, may_ignore, keep, &found);
	pam_stack_free(&stack);
	return found;
}

#define DEBIAN_COMMON                                                                                                  \
	"auth [success=1 default=ignore] pam_unix.so nullok\n"                                                         \
	"auth requisite pam_deny.so\n"                                                                                 \
	"auth required pam_permit.so\n"                                                                                \
	"auth optional pam_cap.so\n"
#define FEDORA_COMMON                                                                                                  \
	"auth required pam_env.so\n"                                                                                   \
	"auth required pam_faildelay.so delay=2000000\n"                                                               \
	"auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular\n"                                        \
	"auth [default=1 ignore=ignore success=ok] pam_localuser.so\n"                                                 \
	"auth sufficient pam_unix.so nullok\n"                                                                         \
	"auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular\n"                                        \
	"auth sufficient pam_sss.so forward_pass\n"                                                                    \
	"auth required pam_deny.so\n"
#define OURS " pam_whatsapp_otp.so\n"

static void sound_stacks_have_no_findings(void **state)
{
	static const char *const stacks[] = {
		"auth requisite pam_unix.so\nauth required" OURS,
		"auth requisite pam_nologin.so\nauth requisite pam_unix.so\nauth [success=ok ignore=ignore "
		"default=die]" OURS,
		"auth sufficient pam_rootok.so\nauth requisite pam_unix.so\nauth requisite" OURS,
		"auth required" OURS "auth required pam_permit.so\n",
		"@include common\nauth requisite" OURS,
		"auth include common\nauth requisite" OURS,
		"auth requisite pam_unix.so\nauth [success=1 default=ignore] pam_succeed_if.so user ingroup robots\n"
		"auth requisite" OURS "auth required pam_permit.so\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++)
		assert_string_equal(judge(stacks[i], DEBIAN_COMMON, true).words, "");
}

static void a_control_that_forgives_is_fatal(void **state)
{
	static const char *const controls[] = {"[success=1 default=ignore]", "optional", "sufficient",
					       "[success=ok auth_err=ignore default=die]", "[success=ok default=1]"};

	(void)state;
	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text),
			 "auth requisite pam_unix.so\nauth %s" OURS
			 "auth optional pam_warn.so\nauth required pam_permit.so\n",
			 controls[i]);
		assert_int_equal(judge(text, NULL, false).fatal, 1);
	}
}

static void default_ignore_is_fatal_even_in_front_of_a_deny(void **state)
{
	(void)state;
	assert_int_equal(judge("auth requisite pam_unix.so\nauth [success=1 default=ignore]" OURS
			       "auth requisite pam_deny.so\nauth required pam_permit.so\n",
			       NULL, false)
				 .fatal,
			 1);
}

static void sufficient_in_front_of_a_deny_is_a_warning(void **state)
{
	struct found found =
		judge("auth requisite pam_unix.so\nauth sufficient" OURS "auth requisite pam_deny.so\n", NULL, false);

	(void)state;
	assert_int_equal(found.fatal, 0);
	assert_non_null(strstr(found.words, "'sufficient' ends the stack"));
}

static void going_on_without_the_core_is_a_warning(void **state)
{
	struct found found = judge(
		"auth requisite pam_unix.so\nauth [success=ok ignore=ignore authinfo_unavail=ignore default=die]" OURS,
		NULL, false);

	(void)state;
	assert_int_equal(found.fatal, 0);
	assert_string_equal(found.words, "sshd:2: users get in without a code while the core cannot be reached\n");
}

static void a_module_alone_locks_out_whom_it_ignores(void **state)
{
	(void)state;
	assert_int_equal(judge("auth required" OURS, NULL, false).warnings, 1);
	assert_int_equal(judge("auth required" OURS, NULL, false).fatal, 0);
	assert_int_equal(judge("auth required" OURS, NULL, true).fatal, 1);
	assert_int_equal(judge("auth required pam_whatsapp_otp.so nullok\n", NULL, false).fatal, 1);
	assert_int_equal(
		judge("auth required pam_env.so\nauth required pam_whatsapp_otp.so nullok\n", NULL, false).fatal, 1);
}

static void a_password_that_may_be_wrong_is_a_warning(void **state)
{
	(void)state;
	assert_string_equal(judge("auth required pam_unix.so\nauth required" OURS, NULL, false).words,
			    "sshd:1: a wrong password goes on to the code, so a typed password proves nothing\n");
	/* A substack is left by its end, not the stack around it. */
	assert_non_null(strstr(judge("auth substack common\nauth required" OURS, FEDORA_COMMON, false).words,
			       "a wrong password goes on to the code"));
}

static void a_code_that_is_never_asked_for_is_fatal(void **state)
{
	(void)state;
	assert_string_equal(
		judge("auth sufficient pam_unix.so\nauth required" OURS, NULL, false).words,
		"sshd:2: the code is never asked for: a rule above ends the stack or jumps over this one\n");
	assert_int_equal(judge("auth include common\nauth required" OURS, FEDORA_COMMON, false).fatal, 1);
}

static void a_broken_line_is_fatal(void **state)
{
	(void)state;
	assert_int_equal(
		judge("@include nothing\nauth required" OURS "auth required pam_permit.so\n", NULL, false).fatal, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_type_control_module_arguments),
		cmocka_unit_test(brackets_hold_one_action_a_value),
		cmocka_unit_test(what_is_not_said_is_bad),
		cmocka_unit_test(a_line_that_libpam_cannot_use_must_fail),
		cmocka_unit_test(includes_bring_the_lines_of_their_file),
		cmocka_unit_test(a_ring_of_includes_ends_with_a_failure),
		cmocka_unit_test(a_service_without_a_file),
		cmocka_unit_test(a_random_stack_answers_what_libpam_answers),
		cmocka_unit_test(sound_stacks_have_no_findings),
		cmocka_unit_test(a_control_that_forgives_is_fatal),
		cmocka_unit_test(default_ignore_is_fatal_even_in_front_of_a_deny),
		cmocka_unit_test(sufficient_in_front_of_a_deny_is_a_warning),
		cmocka_unit_test(going_on_without_the_core_is_a_warning),
		cmocka_unit_test(a_module_alone_locks_out_whom_it_ignores),
		cmocka_unit_test(a_password_that_may_be_wrong_is_a_warning),
		cmocka_unit_test(a_code_that_is_never_asked_for_is_fatal),
		cmocka_unit_test(a_broken_line_is_fatal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
