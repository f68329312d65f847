#include "tools/otpctl/pam_stack.h"

#include <errno.h>
#include <security/_pam_types.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What libpam answers for a line that it cannot use, and for a stack that decides nothing. */
#define MUST_FAIL PAM_PERM_DENIED
#define UNSET (-100)
#define JUMP_MAX 1000

static const char *const return_names[PAM_STACK_RETURNS] = {
	[PAM_SUCCESS] = "success",
	[PAM_OPEN_ERR] = "open_err",
	[PAM_SYMBOL_ERR] = "symbol_err",
	[PAM_SERVICE_ERR] = "service_err",
	[PAM_SYSTEM_ERR] = "system_err",
	[PAM_BUF_ERR] = "buf_err",
	[PAM_PERM_DENIED] = "perm_denied",
	[PAM_AUTH_ERR] = "auth_err",
	[PAM_CRED_INSUFFICIENT] = "cred_insufficient",
	[PAM_AUTHINFO_UNAVAIL] = "authinfo_unavail",
	[PAM_USER_UNKNOWN] = "user_unknown",
	[PAM_MAXTRIES] = "maxtries",
	[PAM_NEW_AUTHTOK_REQD] = "new_authtok_reqd",
	[PAM_ACCT_EXPIRED] = "acct_expired",
	[PAM_SESSION_ERR] = "session_err",
	[PAM_CRED_UNAVAIL] = "cred_unavail",
	[PAM_CRED_EXPIRED] = "cred_expired",
	[PAM_CRED_ERR] = "cred_err",
	[PAM_NO_MODULE_DATA] = "no_module_data",
	[PAM_CONV_ERR] = "conv_err",
	[PAM_AUTHTOK_ERR] = "authtok_err",
	[PAM_AUTHTOK_RECOVERY_ERR] = "authtok_recover_err",
	[PAM_AUTHTOK_LOCK_BUSY] = "authtok_lock_busy",
	[PAM_AUTHTOK_DISABLE_AGING] = "authtok_disable_aging",
	[PAM_TRY_AGAIN] = "try_again",
	[PAM_IGNORE] = "ignore",
	[PAM_ABORT] = "abort",
	[PAM_AUTHTOK_EXPIRED] = "authtok_expired",
	[PAM_MODULE_UNKNOWN] = "module_unknown",
	[PAM_BAD_ITEM] = "bad_item",
	[PAM_CONV_AGAIN] = "conv_again",
	[PAM_INCOMPLETE] = "incomplete",
};

static const struct {
	const char *name;
	int action;
} action_names[] = {
	{"ignore", PAM_ACTION_IGNORE}, {"ok", PAM_ACTION_OK},   {"done", PAM_ACTION_DONE},
	{"bad", PAM_ACTION_BAD},       {"die", PAM_ACTION_DIE}, {"reset", PAM_ACTION_RESET},
};

/* The keywords in brackets (pam.d(5)). */
static const struct {
	const char *keyword, *means;
} controls[] = {
	{"required", "success=ok new_authtok_reqd=ok ignore=ignore default=bad"},
	{"requisite", "success=ok new_authtok_reqd=ok ignore=ignore default=die"},
	{"sufficient", "success=done new_authtok_reqd=done default=ignore"},
	{"optional", "success=ok new_authtok_reqd=ok default=ignore"},
};

/* Reading */

struct reading {
	const char *facility;
	pam_stack_reader read;
	void *userdata;
	struct pam_stack *stack;
};

/* Where a line comes from, and which lines of its file count. */
struct place {
	const char *file;
	int line, depth, level;
};

static int read_text(struct reading *r, char *text, struct place at);

/* Joins lines that end with a backslash and drops comments. Returns the line after, NULL at the end. */
static char *next_line(char *text, int *lines)
{
	char *to = text;
	bool comment = false;

	*lines = 1;
	for (char *s = text;; s++) {
		if (!comment && s[0] == '\\' && s[1] == '\n') {
			*to++ = ' ';
			++*lines;
			s++;
		} else if (*s == '\n' || !*s) {
			bool last = !*s;

			*to = '\0';
			return last ? NULL : s + 1;
		} else {
			comment = comment || *s == '#';
			if (!comment)
				*to++ = *s;
		}
	}
}

/* Takes a word off the front of a line; "[a b]" is one word, without its brackets. NULL at the end. */
static char *next_word(char **line)
{
	char *word = *line + strspn(*line, " \t\r"), *end, *to;

	*line = word;
	if (!*word)
		return NULL;
	if (*word != '[') {
		end = word + strcspn(word, " \t\r");
		*line = *end ? end + 1 : end;
		*end = '\0';
		return word;
	}
	to = ++word;
	for (end = word; *end && *end != ']'; end++) {
		if (end[0] == '\\' && end[1] == ']')
			end++;
		*to++ = *end;
	}
	*line = *end ? end + 1 : end;
	*to = '\0';
	return word;
}

static int return_index(const char *name, size_t length)
{
	for (int i = 0; i < PAM_STACK_RETURNS; i++)
		if (strlen(return_names[i]) == length && strncmp(return_names[i], name, length) == 0)
			return i;
	return -1;
}

static int action_of(const char *word)
{
	char *end;
	long n;

	for (size_t i = 0; i < sizeof(action_names) / sizeof(action_names[0]); i++)
		if (strcmp(action_names[i].name, word) == 0)
			return action_names[i].action;
	n = strtol(word, &end, 10);
	return end != word && !*end && n >= 0 && n <= JUMP_MAX ? (int)n : UNSET;
}

static void fill(int action[PAM_STACK_RETURNS], int from, int to)
{
	for (int i = 0; i < PAM_STACK_RETURNS; i++)
		if (action[i] == from)
			action[i] = to;
}

/* One "value=action". False if libpam would not understand it. */
static bool apply_pair(char *pair, int action[PAM_STACK_RETURNS])
{
	char *equals = strchr(pair, '=');
	int value, act;

	if (!equals)
		return false;
	act = action_of(equals + 1);
	if (act == UNSET)
		return false;
	if (strncmp(pair, "default=", 8) == 0) {
		fill(action, UNSET, act);
		return true;
	}
	value = return_index(pair, (size_t)(equals - pair));
	if (value < 0)
		return false;
	action[value] = act;
	return true;
}

/* False if the control cannot be understood: every answer is then bad. */
static bool parse_control(const char *control, int action[PAM_STACK_RETURNS])
{
	char *copy, *rest, *pair;
	bool ok = true;

	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		if (strcasecmp(controls[i].keyword, control) == 0)
			control = controls[i].means;
	copy = rest = strdup(control);
	for (int i = 0; i < PAM_STACK_RETURNS; i++)
		action[i] = UNSET;
	while (copy && ok && (pair = next_word(&rest)))
		ok = apply_pair(pair, action);
	free(copy);
	fill(action, UNSET, PAM_ACTION_BAD);
	for (int i = 0; !(ok && copy) && i < PAM_STACK_RETURNS; i++)
		action[i] = PAM_ACTION_BAD;
	return ok && copy;
}

static void free_rule(struct pam_rule *rule)
{
	free(rule->file);
	free(rule->control);
	free(rule->module);
	free(rule->arguments);
}

static int add_rule(struct reading *r, enum pam_rule_kind kind, struct place at, const char *control,
		    const char *module, const char *arguments)
{
	struct pam_rule *grown = reallocarray(r->stack->rules, r->stack->count + 1, sizeof(*grown));
	struct pam_rule *rule;

	if (!grown)
		return -ENOMEM;
	r->stack->rules = grown;
	rule = &grown[r->stack->count];
	*rule = (struct pam_rule){.kind = kind, .line = at.line, .level = at.level};
	rule->file = strdup(at.file);
	rule->control = strdup(control ? control : "");
	rule->module = strdup(module ? module : "");
	rule->arguments = strdup(arguments ? arguments : "");
	if (!rule->file || !rule->control || !rule->module || !rule->arguments) {
		free_rule(rule);
		return -ENOMEM;
	}
	r->stack->count++;
	if (!parse_control(rule->control, rule->action) && kind == PAM_RULE_MODULE)
		rule->kind = PAM_RULE_MUST_FAIL;
	return 0;
}

static int read_include(struct reading *r, struct place at, const char *name, bool substack)
{
	struct place inside = {.file = name, .depth = at.depth + 1, .level = at.level + substack};
	char *text = name && inside.depth < PAM_STACK_DEPTH ? r->read(r->userdata, name) : NULL;
	int error = 0;

	if (substack && name)
		error = add_rule(r, PAM_RULE_SUBSTACK, at, "substack", name, NULL);
	if (error == 0)
		error = text ? read_text(r, text, inside) : add_rule(r, PAM_RULE_MUST_FAIL, at, "include", name, NULL);
	free(text);
	return error;
}

#define AUTH "auth"

/* libpam takes a line of no known facility for auth, "most sensitive", and lets it fail. */
static const char *facility_of(const char *type)
{
	static const char *const others[] = {"account", "password", "session"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcasecmp(type, others[i]) == 0)
			return others[i];
	return AUTH;
}

static int read_line(struct reading *r, char *line, struct place at)
{
	char *type = next_word(&line), *control, *module;

	if (!type)
		return 0;
	if (strcmp(type, "@include") == 0)
		return read_include(r, at, next_word(&line), false);
	if (*type == '-')
		type++;
	if (strcmp(facility_of(type), r->facility) != 0)
		return 0;
	control = next_word(&line);
	module = next_word(&line);
	if (strcasecmp(type, r->facility) != 0 || !control)
		return add_rule(r, PAM_RULE_MUST_FAIL, at, control, module, NULL);
	if (strcasecmp(control, "include") == 0 || strcasecmp(control, "substack") == 0)
		return read_include(r, at, module, strcasecmp(control, "substack") == 0);
	return add_rule(r, module ? PAM_RULE_MODULE : PAM_RULE_MUST_FAIL, at, control, module,
			line + strspn(line, " \t\r"));
}

static int read_text(struct reading *r, char *text, struct place at)
{
	int error = 0, lines;

	at.line = 1;
	while (text && error == 0) {
		char *line = text;

		text = next_line(line, &lines);
		error = read_line(r, line, at);
		at.line += lines;
	}
	return error;
}

int pam_stack_read(const char *service, pam_stack_reader read, void *userdata, struct pam_stack *ret)
{
	return pam_stack_read_facility(service, AUTH, read, userdata, ret);
}

int pam_stack_read_facility(const char *service, const char *facility, pam_stack_reader read, void *userdata,
			    struct pam_stack *ret)
{
	struct reading r = {.facility = facility, .read = read, .userdata = userdata, .stack = ret};
	char *text = read(userdata, service);
	int error;

	*ret = (struct pam_stack){0};
	if (!text)
		return -ENOENT;
	error = read_text(&r, text, (struct place){.file = service});
	free(text);
	if (error < 0)
		pam_stack_free(ret);
	return error;
}

void pam_stack_free(struct pam_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		free_rule(&stack->rules[i]);
	free(stack->rules);
	*stack = (struct pam_stack){0};
}

bool pam_rule_calls(const struct pam_rule *rule, const char *module)
{
	const char *slash = strrchr(rule->module, '/');

	return rule->kind == PAM_RULE_MODULE && strcmp(slash ? slash + 1 : rule->module, module) == 0;
}

bool pam_rule_has_argument(const struct pam_rule *rule, const char *word)
{
	size_t length = strlen(word);

	for (const char *s = rule->arguments; *s; s += strspn(s, " \t\r")) {
		size_t n = strcspn(s, " \t\r");

		if (n == length && strncmp(s, word, n) == 0)
			return true;
		s += n;
	}
	return false;
}

/* Running: libpam's _pam_dispatch_aux(), in its words */

enum impression { UNDECIDED, POSITIVE, NEGATIVE };

struct state {
	enum impression impression;
	int status;
};

static void take_good(struct state *s, int answer)
{
	if (s->impression == UNDECIDED || (s->impression == POSITIVE && s->status == PAM_SUCCESS))
		*s = (struct state){POSITIVE, answer};
}

static void take_bad(struct state *s, int answer)
{
	if (s->impression != NEGATIVE)
		*s = (struct state){NEGATIVE, answer == PAM_IGNORE ? MUST_FAIL : answer};
}

/* The last rule of the rest of this level and the levels in it. */
static size_t end_of_level(const struct pam_stack *stack, size_t i)
{
	int level = stack->rules[i].level;

	while (i + 1 < stack->count && stack->rules[i + 1].level >= level)
		i++;
	return i;
}

/* The last rule that a jump skips; a substack is one rule. A jump past the end is a refusal. */
static size_t jump(const struct pam_stack *stack, size_t i, int rules, struct state *s)
{
	int level = stack->rules[i].level;

	while (rules > 0 && i + 1 < stack->count && stack->rules[i + 1].level >= level) {
		do
			i++;
		while (i + 1 < stack->count && stack->rules[i + 1].level > level);
		rules--;
	}
	if (rules > 0)
		*s = (struct state){NEGATIVE, MUST_FAIL};
	return i;
}

/* Returns the rule after which to go on. */
static size_t take_answer(const struct pam_stack *stack, size_t i, int answer, struct state *s,
			  const struct state *entered)
{
	int action = stack->rules[i].action[answer];

	switch (action) {
	case PAM_ACTION_IGNORE:
		return i;
	case PAM_ACTION_RESET:
		*s = *entered;
		return i;
	case PAM_ACTION_OK:
	case PAM_ACTION_DONE:
		take_good(s, answer);
		return action == PAM_ACTION_DONE && s->impression == POSITIVE ? end_of_level(stack, i) : i;
	case PAM_ACTION_BAD:
	case PAM_ACTION_DIE:
		take_bad(s, answer);
		return action == PAM_ACTION_DIE ? end_of_level(stack, i) : i;
	default:
		return jump(stack, i, action, s);
	}
}

int pam_stack_run(const struct pam_stack *stack, pam_stack_answer answer, void *userdata)
{
	struct state s = {UNDECIDED, MUST_FAIL}, entered[PAM_STACK_DEPTH + 1] = {s};
	int level = 0;

	for (size_t i = 0; i < stack->count; i++) {
		const struct pam_rule *rule = &stack->rules[i];
		int returned = MUST_FAIL;

		if (rule->level > level)
			entered[rule->level] = s;
		level = rule->level;
		if (rule->kind == PAM_RULE_SUBSTACK)
			continue;
		if (rule->kind == PAM_RULE_MODULE)
			returned = answer(userdata, rule);
		i = take_answer(stack, i, returned, &s, &entered[level]);
		level = rule->level;
	}
	return s.status == PAM_SUCCESS && s.impression != POSITIVE ? MUST_FAIL : s.status;
}
