#include "tools/otpctl/meta_templates.h"

#include "daemon/sender/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PAGES_MAX 50 /* an account has at most 250 templates, each in many languages */
#define TTL_LEAST 30
#define TTL_MOST 900

/* Its words for "copy code", at most 25 characters. In other languages Meta puts its own. */
static const struct {
	const char *language, *text;
} buttons[] = {
	{"en", "Copy code"},      {"ar", "نسخ الرمز"},          {"de", "Code kopieren"}, {"fr", "Copier le code"},
	{"es", "Copiar código"},  {"pt", "Copiar código"},      {"it", "Copia codice"},  {"id", "Salin kode"},
	{"ru", "Копировать код"}, {"hi", "कोड कॉपी करें"},        {"tr", "Kodu kopyala"},  {"ur", "کوڈ کاپی کریں"},
	{"nl", "Code kopiëren"},  {"fil", "Kopyahin ang code"}, {"bn", "কোড কপি করুন"},
};

static const char *button_text(const char *language)
{
	size_t base = strcspn(language, "_-");

	for (size_t i = 0; i < sizeof(buttons) / sizeof(buttons[0]); i++)
		if (strlen(buttons[i].language) == base && strncmp(buttons[i].language, language, base) == 0)
			return buttons[i].text;
	return NULL;
}

const char *meta_templates_text(const json_t *template, const char *key)
{
	const char *text = json_string_value(json_object_get(template, key));

	return text ? text : "";
}

static json_t *row_of(const json_t *entry)
{
	static const char *const fields[][2] = {
		{"name", "/name"},         {"language", "/language"},           {"status", "/status"},
		{"category", "/category"}, {"quality", "/quality_score/score"}, {"id", "/id"},
	};
	json_t *row = json_object();

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		char text[GRAPH_TEXT_MAX];

		(void)json_object_set_new(row, fields[i][0], json_string(graph_text(entry, fields[i][1], text)));
	}
	return row;
}

/* Meta's filter by name finds names that hold it, too. */
static size_t take_page(const json_t *page, const char *name, json_t *rows)
{
	json_t *data = json_object_get(page, "data"), *entry;
	size_t i;

	json_array_foreach(data, i, entry)
	{
		json_t *row = row_of(entry);

		if (!name || strcmp(meta_templates_text(row, "name"), name) == 0)
			(void)json_array_append(rows, row);
		json_decref(row);
	}
	return json_array_size(data);
}

static int get_page(struct graph *graph, const char *account, const char *name, const char *after,
		    struct graph_answer *answer)
{
	char *at = graph_encode(after), *wanted = graph_encode(name ? name : "");
	int status = graph_call(
		graph, "GET", NULL, GRAPH_PLAIN, answer,
		"%s/message_templates?fields=id,name,status,category,language,quality_score&limit=100%s%s%s%s", account,
		name ? "&name=" : "", wanted ? wanted : "", after[0] ? "&after=" : "", at ? at : "");

	memory_free(at);
	memory_free(wanted);
	return status;
}

int meta_templates_list(struct graph *graph, const char *account, const char *name, json_t **ret,
			struct graph_answer *answer)
{
	char after[GRAPH_TEXT_MAX] = "", last[GRAPH_TEXT_MAX];
	json_t *rows = json_array();
	bool more = true;

	*ret = NULL;
	for (int page = 0; more && page < PAGES_MAX; page++) {
		memcpy(last, after, sizeof(last));
		if (get_page(graph, account, name, last, answer) != EXIT_OK) {
			json_decref(rows);
			return answer->status;
		}
		graph_text(answer->root, "/paging/cursors/after", after);
		more = take_page(answer->root, name, rows) > 0 && after[0] && strcmp(after, last) != 0;
		graph_answer_clear(answer);
	}
	*ret = rows; /* transferred */
	return EXIT_OK;
}

const json_t *meta_templates_find(const json_t *list, const char *language)
{
	json_t *row;
	size_t i;

	json_array_foreach(list, i, row) if (strcmp(meta_templates_text(row, "language"), language) == 0) return row;
	return NULL;
}

bool meta_templates_approved(const json_t *template)
{
	return strcmp(meta_templates_text(template, "status"), "APPROVED") == 0 &&
	       strcasecmp(meta_templates_text(template, "category"), "AUTHENTICATION") == 0;
}

const char *meta_templates_effect(const json_t *template)
{
	static const struct {
		const char *status, *effect;
	} effects[] = {
		{"PENDING", "waits for Meta: codes take the next channel until it is approved (error 132001)"},
		{"IN_APPEAL", "waits for Meta: codes take the next channel until it is approved (error 132001)"},
		{"REJECTED", "codes take the next channel (error 132001): delete it and create it again"},
		{"PAUSED", "codes take the next channel until Meta ends the pause (error 132015)"},
		{"DISABLED", "codes take the next channel (error 132016): use a template of another name"},
	};

	if (meta_templates_approved(template))
		return "codes are sent";
	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++)
		if (strcmp(effects[i].status, meta_templates_text(template, "status")) == 0)
			return effects[i].effect;
	if (strcmp(meta_templates_text(template, "status"), "APPROVED") == 0)
		return "is no authentication template: codes take the next channel (error 132000)";
	return "there is none: codes take the next channel (error 132001)";
}

int64_t meta_templates_ttl(const struct config *config)
{
	int64_t ttl = 0;

	for (size_t i = 0; i < config->policy_count; i++)
		if (!config->policies[i].exempt && config->policies[i].ttl > ttl)
			ttl = config->policies[i].ttl;
	return ttl < TTL_LEAST ? TTL_LEAST : ttl > TTL_MOST ? TTL_MOST : ttl;
}

int meta_templates_create(struct graph *graph, const char *account, const char *name, const char *language,
			  int64_t ttl_seconds, struct graph_answer *answer)
{
	int64_t minutes = ttl_seconds < 60 ? 1 : ttl_seconds / 60;
	json_t *body =
		json_pack("{s:s, s:s, s:s, s:I, s:[{s:s, s:b}, {s:s, s:I}, {s:s, s:[{s:s, s:s, s:s*}]}]}", "name", name,
			  "language", language, "category", "authentication", "message_send_ttl_seconds",
			  (json_int_t)ttl_seconds, "components", "type", "body", "add_security_recommendation", 1,
			  "type", "footer", "code_expiration_minutes", (json_int_t)minutes, "type", "buttons",
			  "buttons", "type", "otp", "otp_type", "copy_code", "text", button_text(language));

	if (!body) {
		*answer = (struct graph_answer){.status = EXIT_REFUSED, .code = -1};
		snprintf(answer->why, sizeof(answer->why), "\"%.64s\" is no name or language of a template", name);
		return answer->status;
	}
	return graph_call(graph, "POST", body, GRAPH_PLAIN, answer, "%s/message_templates", account);
}
