/*
 * The stack of a PAM service, mostly that of auth: read as libpam reads it (pam.d(5), with Debian's @include) and run
 * by the rules of libpam's dispatcher, with answers that the caller makes up. No module is loaded, no file is opened
 * here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define PAM_STACK_DEPTH 16   /* includes in includes; libpam gives up there too */
#define PAM_STACK_RETURNS 32 /* PAM_SUCCESS … PAM_INCOMPLETE */

/* What a return value does to the stack; a number above 0 jumps over as many rules. */
enum pam_action {
	PAM_ACTION_IGNORE = 0,
	PAM_ACTION_OK = -1,
	PAM_ACTION_DONE = -2,
	PAM_ACTION_BAD = -3,
	PAM_ACTION_DIE = -4,
	PAM_ACTION_RESET = -5,
};

enum pam_rule_kind {
	PAM_RULE_MODULE,
	PAM_RULE_SUBSTACK,  /* where one begins; no module */
	PAM_RULE_MUST_FAIL, /* libpam cannot use the line, or the file that it includes */
};

struct pam_rule {
	enum pam_rule_kind kind;
	char *file; /* as it is named where it is included */
	int line;
	char *control; /* as written, without brackets */
	char *module;  /* as written; of the other kinds: the included file, or empty */
	char *arguments;
	int level; /* of substacks */
	int action[PAM_STACK_RETURNS];
};

struct pam_stack {
	struct pam_rule *rules;
	size_t count;
};

/* The text of a file of pam.d (or of an absolute path), for free(); NULL if it cannot be read. */
typedef char *(*pam_stack_reader)(void *userdata, const char *name);

/* 0 with rules for pam_stack_free(), -ENOENT if the service's own file cannot be read, -ENOMEM. */
int pam_stack_read(const char *service, pam_stack_reader read, void *userdata, struct pam_stack *ret);
/* The same of another facility: account, password, session. */
int pam_stack_read_facility(const char *service, const char *facility, pam_stack_reader read, void *userdata,
			    struct pam_stack *ret);
void pam_stack_free(struct pam_stack *stack);

/* True if the rule calls this module ("pam_unix.so"), by name or by path. */
bool pam_rule_calls(const struct pam_rule *rule, const char *module);
/* True if the rule's arguments hold this word. */
bool pam_rule_has_argument(const struct pam_rule *rule, const char *word);

/* What pam_authenticate would return if each module that is reached answered as answer() says. */
typedef int (*pam_stack_answer)(void *userdata, const struct pam_rule *rule);
int pam_stack_run(const struct pam_stack *stack, pam_stack_answer answer, void *userdata);
