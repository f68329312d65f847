/* template create, list, status, delete: the authentication template that carries the codes. */
#include "tools/otpctl/meta.h"
#include "tools/otpctl/meta_commands.h"
#include "tools/otpctl/meta_templates.h"
#include "tools/otpctl/output.h"
#include "tools/otpctl/terminal.h"

#include "daemon/sender/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_"
#define LANGUAGE_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"

/* What a command works on: an open account and its templates of the channel's name. */
struct work {
	struct meta meta;
	const char *account, *name;
	json_t *list;
	int status; /* worst so far */
	size_t created;
};

static void close_work(struct work *work)
{
	json_decref(work->list);
	meta_close(&work->meta);
}

static int open_account(struct otpctl *ctl, struct work *ret)
{
	const struct config_channel *c;

	*ret = (struct work){0};
	ret->status = meta_open(ctl, &ret->meta);
	if (ret->status != EXIT_OK)
		return ret->status;
	ret->account = meta_account(&ret->meta);
	c = ret->meta.channel;
	ret->name = c->template;
	if (ret->account && ret->name[0] && !ret->name[strspn(ret->name, NAME_CHARS)])
		return EXIT_OK;
	if (ret->account)
		output_error("%s:%d: channel \"%s\": needs template, a name of a-z, 0-9 and _", c->file, c->line,
			     c->name);
	return ret->status = EXIT_USAGE;
}

static int open_work(struct otpctl *ctl, bool all, struct work *ret)
{
	struct graph_answer answer;

	if (open_account(ctl, ret) != EXIT_OK)
		return ret->status;
	ret->status = meta_templates_list(ret->meta.graph, ret->account, all ? NULL : ret->name, &ret->list, &answer);
	if (ret->status == EXIT_OK)
		return EXIT_OK;
	return meta_refused(&ret->meta, &answer,
			    graph_is_forbidden(&answer) || answer.code == 100
				    ? "the token needs whatsapp_business_management and the account of waba_id"
				    : NULL);
}

/* create */

static void tell_created(const struct work *work, const char *language, const char *state, const char *status)
{
	if (work->meta.ctl->options.json)
		output_json(json_pack("{s:s, s:s, s:s, s:s}", "template", work->name, "language", language, "result",
				      state, "status", status));
	else
		printf("%s %s: %s%s%s\n", work->name, language, state, status[0] ? ", " : "", status);
	fflush(stdout);
}

static bool create_one(const char *language, void *userdata)
{
	struct work *work = userdata;
	const json_t *there = meta_templates_find(work->list, language);
	struct graph_answer answer;
	char status[GRAPH_TEXT_MAX];

	if (there) {
		tell_created(work, language, "exists", meta_templates_text(there, "status"));
		return true;
	}
	if (work->status == EXIT_UNREACHABLE)
		return false;
	if (!language[0] || language[strspn(language, LANGUAGE_CHARS)]) {
		output_error("--language %s: no language of Meta's: write en_US, ar, pt_BR …", language);
		work->status = EXIT_USAGE;
		return false;
	}
	if (meta_templates_create(work->meta.graph, work->account, work->name, language,
				  meta_templates_ttl(work->meta.config), &answer) != EXIT_OK) {
		work->status = answer.status;
		output_error("template create: %s: %s", language, answer.why);
		return false;
	}
	work->created++;
	tell_created(work, language, "created", graph_text(answer.root, "/status", status));
	graph_answer_clear(&answer);
	return true;
}

int command_template_create(struct otpctl *ctl)
{
	struct work work;
	int status = open_work(ctl, false, &work);

	if (status == EXIT_OK) {
		if (ctl->options.languages[0])
			for (const char **language = ctl->options.languages; *language; language++)
				(void)create_one(*language, &work);
		else
			(void)meta_each_language(work.meta.channel, create_one, &work);
		status = work.status;
		if (work.created > 0 && !ctl->options.json)
			printf("Meta looks at new templates for a few minutes: whatsapp-otpctl template status\n");
	}
	close_work(&work);
	return status;
}

/* list */

int command_template_list(struct otpctl *ctl)
{
	static const char *const headings[] = {"NAME", "LANGUAGE", "STATUS", "QUALITY", "CATEGORY", "ID"};
	static const char *const keys[] = {"name", "language", "status", "quality", "category", "id"};
	struct table *table = table_new(headings, 6);
	struct work work;
	int status = open_work(ctl, true, &work);
	json_t *row;
	size_t i;

	json_array_foreach(work.list, i, row)
	{
		const char *cells[6];

		if (ctl->options.json)
			output_json(json_incref(row));
		for (size_t k = 0; k < 6; k++)
			cells[k] = meta_templates_text(row, keys[k]);
		table_add(table, cells);
	}
	if (status == EXIT_OK && !ctl->options.json)
		table_print(table, stdout);
	table_free(table);
	close_work(&work);
	return status;
}

/* status */

struct status_view {
	struct work work; /* first */
	struct table *table;
};

static bool show_status(const char *language, void *userdata)
{
	struct status_view *view = userdata;
	const json_t *template = meta_templates_find(view->work.list, language);
	const char *effect = meta_templates_effect(template);
	const char *status = template ? meta_templates_text(template, "status") : "MISSING";
	const char *const cells[] = {language, status, meta_templates_text(template, "quality"),
				     meta_templates_text(template, "category"), effect};

	if (view->work.meta.ctl->options.json)
		output_json(json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s}", "template", view->work.name, "language",
				      language, "status", status, "quality", cells[2], "category", cells[3], "usable",
				      meta_templates_approved(template), "effect", effect));
	table_add(view->table, cells);
	return meta_templates_approved(template);
}

int command_template_status(struct otpctl *ctl)
{
	static const char *const headings[] = {"LANGUAGE", "STATUS", "QUALITY", "CATEGORY", "SENDER"};
	struct status_view view = {.table = table_new(headings, 5)};
	int status = open_work(ctl, false, &view.work);

	if (status == EXIT_OK) {
		if (!meta_each_language(view.work.meta.channel, show_status, &view))
			status = EXIT_REFUSED;
		if (!ctl->options.json) {
			printf("template %s\n", view.work.name);
			table_print(view.table, stdout);
		}
	}
	table_free(view.table);
	close_work(&view.work);
	return status;
}

/* delete */

static int confirm_deletion(const struct otpctl *ctl, const char *name)
{
	char prompt[640];

	if (ctl->options.yes)
		return EXIT_OK;
	if (!isatty(STDIN_FILENO)) {
		output_error("template delete: nobody is there to confirm it; add --yes");
		return EXIT_USAGE;
	}
	snprintf(prompt, sizeof(prompt),
		 "Delete the template %.512s in all languages? Codes take the next channel at once, and Meta keeps the "
		 "name for 30 days. [y/N] ",
		 name);
	if (terminal_confirm(prompt, false))
		return EXIT_OK;
	output_error("template delete: not confirmed; nothing was deleted");
	return EXIT_REFUSED;
}

int command_template_delete(struct otpctl *ctl)
{
	struct graph_answer answer = {0};
	struct work work;
	char *name = NULL;
	int status = open_account(ctl, &work);

	if (status == EXIT_OK)
		status = confirm_deletion(ctl, work.name);
	if (status == EXIT_OK) {
		name = graph_encode(work.name);
		status = graph_call(work.meta.graph, "DELETE", NULL, GRAPH_PLAIN, &answer,
				    "%s/message_templates?name=%s", work.account, name ? name : "");
		if (status != EXIT_OK)
			(void)meta_refused(&work.meta, &answer, NULL);
		else if (ctl->options.json)
			output_json(json_pack("{s:s, s:b}", "template", work.name, "deleted", 1));
		else
			printf("%s: deleted in all languages\n", work.name);
	}
	graph_answer_clear(&answer);
	memory_free(name);
	close_work(&work);
	return status;
}
