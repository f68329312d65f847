#include "tools/simulator/manage_template.h"
#include "tools/simulator/graph_fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_"
#define PAGE 25

const struct vendor_field manage_list_fields[MANAGE_LIST_FIELDS] = {
	{"name", FIELD_TEXT, .optional = true, .most = 512},
	{"language", FIELD_TEXT, .optional = true, .most = 16},
	{"status", FIELD_WORD, .optional = true, .words = "APPROVED PENDING REJECTED PAUSED DISABLED"},
	{"fields", FIELD_TEXT, .optional = true, .most = 1024},
	{"limit", FIELD_INTEGER, .optional = true, .least = 1, .most = 250},
	{"after", FIELD_INTEGER, .optional = true, .least = 1, .most = 1000},
};
const struct vendor_field manage_create_fields[MANAGE_CREATE_FIELDS] = {
	{"name", FIELD_TEXT, .most = 512},
	{"language", FIELD_TEXT, .most = 16},
	{"category", FIELD_WORD, .words = "authentication AUTHENTICATION"},
	{"message_send_ttl_seconds", FIELD_INTEGER, .optional = true, .least = 30, .most = 900},
	{.name = "components", .kind = FIELD_LIST},
};
const struct vendor_field manage_delete_fields[MANAGE_DELETE_FIELDS] = {
	{"name", FIELD_TEXT, .most = 512},
	{"hsm_id", FIELD_TEXT, .optional = true, .most = 24},
};

static const struct vendor_field body_fields[] = {
	{.name = "type", .kind = FIELD_TEXT},
	{"add_security_recommendation", FIELD_BOOL, .optional = true},
};
static const struct vendor_field footer_fields[] = {
	{.name = "type", .kind = FIELD_TEXT},
	{"code_expiration_minutes", FIELD_INTEGER, .least = 1, .most = 90},
};
static const struct vendor_field buttons_fields[] = {{.name = "type", .kind = FIELD_TEXT},
						     {.name = "buttons", .kind = FIELD_ARRAY}};
static const struct vendor_field button_fields[] = {
	{"type", FIELD_WORD, .words = "otp OTP"},
	{"otp_type", FIELD_WORD, .words = "copy_code COPY_CODE"},
	{"text", FIELD_TEXT, .optional = true, .most = 25},
};

static const struct {
	const char *type;
	const struct vendor_field *fields;
	size_t n;
} components[] = {
	{"body", VENDOR_FIELDS(body_fields)},
	{"footer", VENDOR_FIELDS(footer_fields)},
	{"buttons", VENDOR_FIELDS(buttons_fields)},
};

static bool is_account(struct vendor_call *call)
{
	if (strcmp(call->parts[1], call->simulator->options->waba_id) == 0)
		return true;
	vendor_refuse(call, VENDOR_NOT_FOUND, "Unsupported request: there is no such account");
	return false;
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

json_t *manage_template_json(const struct vendor_call *call, const char *id)
{
	json_t *list = account_templates(call->simulator->account, NULL, id), *one = json_array_get(list, 0);

	json_incref(one);
	json_decref(list);
	if (one)
		json_object_set_new(one, "quality_score", json_pack("{s:s}", "score", "UNKNOWN"));
	return one;
}

/* Each kind at most once; body and buttons there must be. 0, or refused. */
static int check_components(struct vendor_call *call, const json_t *list)
{
	unsigned seen = 0;
	json_t *component;
	size_t i, k;

	json_array_foreach((json_t *)list, i, component)
	{
		for (k = 0; k < 3 && strcasecmp(components[k].type, text_at(component, "type")) != 0; k++)
			;
		if (k == 3 || seen & 1U << k) {
			vendor_refuse(call, VENDOR_INVALID,
				      "components must be a body, a footer if wanted, and buttons");
			return -EBADMSG;
		}
		seen |= 1U << k;
		if (vendor_check(call, component, components[k].type, components[k].fields, components[k].n) < 0)
			return -EBADMSG;
		component = json_array_get(json_object_get(component, "buttons"), 0);
		if (component && vendor_check(call, component, "button", VENDOR_FIELDS(button_fields)) < 0)
			return -EBADMSG;
	}
	if ((seen & 5) == 5)
		return 0;
	vendor_refuse(call, VENDOR_INVALID, "components lack the body or the buttons");
	return -EBADMSG;
}

void manage_create_template(struct vendor_call *call)
{
	const char *name = text_at(call->fields, "name");
	char id[24];
	int r;

	if (!is_account(call) || check_components(call, json_object_get(call->fields, "components")) < 0)
		return;
	if (name[strspn(name, NAME_CHARS)])
		return vendor_refuse(call, VENDOR_INVALID, "name must be a-z, 0-9 and _");
	r = account_add_template(call->simulator->account, call->fields, id);
	if (r == -EEXIST)
		return vendor_refuse_code(call, 400, "100",
					  "There is already content in this language for the template");
	if (r < 0)
		return vendor_refuse_code(call, 400, "100", "The account has as many templates as it may");
	answer_json(call->answer, 200,
		    json_pack("{s:s, s:s, s:s}", "id", id, "status", "PENDING", "category", "AUTHENTICATION"));
}

void manage_delete_template(struct vendor_call *call)
{
	if (!is_account(call))
		return;
	if (account_delete_template(call->simulator->account, vendor_text(call, "name"), vendor_text(call, "hsm_id")) ==
	    0)
		return vendor_refuse_code(call, 404, "132001", "There is no such template");
	answer_json(call->answer, 200, json_pack("{s:b}", "success", 1));
}

static bool is_wanted(const struct vendor_call *call, const json_t *template)
{
	static const char *const keys[] = {"language", "status"};

	for (size_t i = 0; i < 2; i++) {
		const char *wanted = vendor_text(call, keys[i]);

		if (wanted && strcmp(wanted, text_at(template, keys[i])) != 0)
			return false;
	}
	return true;
}

/* after is the number of those that were shown. */
void manage_list_templates(struct vendor_call *call)
{
	const char *fields = vendor_text(call, "fields"), *limit = vendor_text(call, "limit"),
		   *after = vendor_text(call, "after");
	size_t most = limit ? (size_t)atoi(limit) : PAGE, first = after ? (size_t)atoi(after) : 0, n = 0, i;
	json_t *all, *template, *data = json_array(), *ret;
	char wrong[48];

	if (!is_account(call)) {
		json_decref(data);
		return;
	}
	all = account_templates(call->simulator->account, vendor_text(call, "name"), NULL);
	json_array_foreach(all, i, template)
	{
		json_t *one;

		if (!is_wanted(call, template) || n++ < first || json_array_size(data) == most)
			continue;
		json_object_set_new(template, "quality_score", json_pack("{s:s}", "score", "UNKNOWN"));
		one = graph_fields_pick(template, fields ? fields : "name,status,category,language,components,id",
					wrong);
		if (!one)
			vendor_refuse(call, VENDOR_INVALID, "Tried accessing nonexisting field (%s)", wrong);
		if (!one || json_array_append_new(data, one) < 0)
			break;
	}
	json_decref(all);
	ret = json_pack("{s:o}", "data", data);
	if (n > first + most)
		json_object_set_new(ret, "paging",
				    json_pack("{s:{s:o}}", "cursors", "after", json_sprintf("%zu", first + most)));
	if (call->answer->outcome == ANSWER_REFUSED)
		json_decref(ret);
	else
		answer_json(call->answer, 200, ret);
}
