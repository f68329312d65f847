#include "tools/otpctl/pam_findings.h"

#include <security/_pam_types.h>
#include <string.h>
#include <strings.h>

enum kind {
	CONDITION, /* says yes or no by who the user is; also any module that we do not know */
	PASSWORD,
	SILENT, /* answers PAM_IGNORE in auth */
	PERMIT,
	DENY,
};

static const struct {
	const char *module;
	enum kind kind;
} known_modules[] = {
	{"pam_unix.so", PASSWORD},         {"pam_sss.so", PASSWORD},     {"pam_ldap.so", PASSWORD},
	{"pam_krb5.so", PASSWORD},         {"pam_winbind.so", PASSWORD}, {"pam_userdb.so", PASSWORD},
	{"pam_systemd_home.so", PASSWORD}, {"pam_kanidm.so", PASSWORD},  {"pam_pwdfile.so", PASSWORD},
	{"pam_permit.so", PERMIT},         {"pam_deny.so", DENY},        {"pam_env.so", SILENT},
	{"pam_nologin.so", SILENT},        {"pam_group.so", SILENT},     {"pam_faildelay.so", SILENT},
	{"pam_faillock.so", SILENT},       {"pam_warn.so", SILENT},      {"pam_echo.so", SILENT},
	{"pam_keyinit.so", SILENT},        {"pam_loginuid.so", SILENT},  {"pam_selinux.so", SILENT},
};

static enum kind kind_of(const struct pam_rule *rule)
{
	for (size_t i = 0; i < sizeof(known_modules) / sizeof(known_modules[0]); i++)
		if (pam_rule_calls(rule, known_modules[i].module))
			return known_modules[i].kind;
	return CONDITION;
}

/* One run of the stack. */
struct scene {
	const struct pam_rule *subject; /* whose answer is given; the module's other rules answer PAM_SUCCESS */
	int answer;
	int password; /* what every password module answers */
	bool reached;
};

/* A condition that can be false without an end to the login is false, so that what stands behind it is run too. */
static int condition_answer(const struct pam_rule *rule)
{
	return rule->action[PAM_AUTH_ERR] >= PAM_ACTION_IGNORE ? PAM_AUTH_ERR : PAM_SUCCESS;
}

static int scene_answer(void *userdata, const struct pam_rule *rule)
{
	struct scene *scene = userdata;

	if (rule == scene->subject) {
		scene->reached = true;
		return scene->answer;
	}
	if (pam_rule_calls(rule, PAM_OUR_MODULE))
		return PAM_SUCCESS;
	switch (kind_of(rule)) {
	case PASSWORD:
		return scene->password;
	case SILENT:
		return PAM_IGNORE;
	case PERMIT:
		return PAM_SUCCESS;
	case DENY:
		return PAM_AUTH_ERR;
	default:
		return condition_answer(rule);
	}
}

static bool lets_in(const struct pam_stack *stack, const struct pam_rule *rule, int answer)
{
	struct scene scene = {.subject = rule, .answer = answer, .password = PAM_SUCCESS};

	return pam_stack_run(stack, scene_answer, &scene) == PAM_SUCCESS;
}

static bool is_reached(const struct pam_stack *stack, const struct pam_rule *rule, int password)
{
	struct scene scene = {.subject = rule, .answer = PAM_SUCCESS, .password = password};

	(void)pam_stack_run(stack, scene_answer, &scene);
	return scene.reached;
}

static bool a_wrong_code_lets_in(const struct pam_stack *stack, const struct pam_rule *rule)
{
	static const int refusals[] = {PAM_AUTH_ERR, PAM_MAXTRIES, PAM_CONV_ERR, PAM_SERVICE_ERR, PAM_SYSTEM_ERR};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (lets_in(stack, rule, refusals[i]))
			return true;
	return false;
}

struct judging {
	const struct pam_stack *stack;
	bool may_ignore;
	pam_findings_report report;
	void *userdata;
};

static void found(const struct judging *j, bool fatal, const struct pam_rule *rule, const char *what,
		  const char *advice)
{
	const struct pam_finding finding = {fatal, rule, what, advice};

	j->report(j->userdata, &finding);
}

/* default=ignore forgives a wrong code wherever no later rule happens to refuse: nobody should have to prove that. */
static void judge_control(const struct judging *j, const struct pam_rule *rule)
{
	bool open = a_wrong_code_lets_in(j->stack, rule);

	if (strstr(rule->control, "default=ignore"))
		found(j, true, rule, "default=ignore takes a wrong code, or Ctrl-C, for no answer",
		      "write 'requisite' or '[success=ok ignore=ignore default=die]'");
	else if (strcasecmp(rule->control, "optional") == 0)
		found(j, true, rule, "'optional' lets a user with a wrong code go on", "write 'requisite'");
	else if (strcasecmp(rule->control, "sufficient") == 0)
		found(j, open, rule,
		      open ? "'sufficient' lets a user with a wrong code go on"
			   : "'sufficient' ends the stack after a right code, what stands below is skipped",
		      "write 'requisite'");
	else if (open)
		found(j, true, rule, "a wrong code lets the user in all the same", "write 'requisite'");
	else if (lets_in(j->stack, rule, PAM_AUTHINFO_UNAVAIL))
		found(j, false, rule, "users get in without a code while the core cannot be reached",
		      "take authinfo_unavail out of the control if that is not meant");
}

static void judge_ignore(const struct judging *j, const struct pam_rule *rule)
{
	bool happens = j->may_ignore || pam_rule_has_argument(rule, "nullok");

	if (lets_in(j->stack, rule, PAM_IGNORE) || !lets_in(j->stack, rule, PAM_SUCCESS))
		return;
	found(j, happens, rule,
	      happens ? "users who are exempt or not enrolled are locked out: when the module steps aside, nothing "
			"else "
			"in the stack lets them in"
		      : "nothing else in the stack could let a user in if the module stepped aside",
	      happens ? "add 'auth required pam_permit.so' below it"
		      : "add 'auth required pam_permit.so' below it before nullok or exempt policies are used");
}

static const struct pam_rule *first_password(const struct pam_stack *stack, const struct pam_rule *before)
{
	for (const struct pam_rule *rule = stack->rules; rule < before; rule++)
		if (kind_of(rule) == PASSWORD)
			return rule;
	return NULL;
}

static void judge_order(const struct judging *j, const struct pam_rule *rule)
{
	const struct pam_rule *password = first_password(j->stack, rule);

	if (password && is_reached(j->stack, rule, PAM_AUTH_ERR))
		found(j, false, password, "a wrong password goes on to the code, so a typed password proves nothing",
		      "write 'requisite' for the password module, in this file");
}

static void judge_module(const struct judging *j, const struct pam_rule *rule)
{
	if (!is_reached(j->stack, rule, PAM_SUCCESS)) {
		found(j, true, rule, "the code is never asked for: a rule above ends the stack or jumps over this one",
		      "move it up, or write 'requisite' instead of 'sufficient' above it");
		return;
	}
	judge_control(j, rule);
	judge_ignore(j, rule);
	judge_order(j, rule);
}

static void judge_broken(const struct judging *j, const struct pam_rule *rule)
{
	if (rule->action[PAM_PERM_DENIED] >= PAM_ACTION_IGNORE)
		return;
	if (strcmp(rule->control, "include") == 0)
		found(j, true, rule, "the file that this line includes cannot be read: every login fails there",
		      "correct its name");
	else
		found(j, true, rule, "libpam does not understand this line: every login fails there", "correct it");
}

void pam_findings_of(const struct pam_stack *stack, bool may_ignore, pam_findings_report report, void *userdata)
{
	const struct judging j = {stack, may_ignore, report, userdata};

	for (size_t i = 0; i < stack->count; i++) {
		const struct pam_rule *rule = &stack->rules[i];

		if (rule->kind == PAM_RULE_MUST_FAIL)
			judge_broken(&j, rule);
		if (pam_rule_calls(rule, PAM_OUR_MODULE))
			judge_module(&j, rule);
	}
}

const struct pam_rule *pam_findings_module(const struct pam_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		if (pam_rule_calls(&stack->rules[i], PAM_OUR_MODULE))
			return &stack->rules[i];
	return NULL;
}
