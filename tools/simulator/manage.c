#include "tools/simulator/manage.h"
#include "tools/simulator/graph_error.h"
#include "tools/simulator/graph_fields.h"
#include "tools/simulator/graph_request.h"
#include "tools/simulator/manage_template.h"
#include "tools/simulator/receipts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define APP_ID "670843887433847"

static bool is_number_id(const struct vendor_call *call)
{
	return strcmp(call->parts[1], call->simulator->options->phone_number_id) == 0;
}

static bool is_account_id(const struct vendor_call *call)
{
	return strcmp(call->parts[1], call->simulator->options->waba_id) == 0;
}

static void no_object(struct vendor_call *call)
{
	vendor_refuse(call, VENDOR_NOT_FOUND, "Unsupported request: there is no such id or no such edge");
}

static void answer_success(struct vendor_call *call)
{
	answer_json(call->answer, 200, json_pack("{s:b}", "success", 1));
}

static void answer_code(struct vendor_call *call, int code, const char *details)
{
	if (code == 0)
		return answer_success(call);
	call->answer->outcome = ANSWER_REFUSED;
	graph_error_answer(call->answer, code, 0, 0, details);
}

/* Takes object; what fields asks of it, or of the defaults. */
static json_t *picked(struct vendor_call *call, json_t *object, const char *defaults)
{
	const char *fields = vendor_text(call, "fields");
	char wrong[48];
	json_t *ret = graph_fields_pick(object, fields ? fields : defaults, wrong);

	json_decref(object);
	if (!ret)
		vendor_refuse(call, VENDOR_INVALID, "Tried accessing nonexisting field (%s)", wrong);
	return ret;
}

static void answer_picked(struct vendor_call *call, json_t *object, const char *defaults)
{
	json_t *ret = picked(call, object, defaults);

	if (ret)
		answer_json(call->answer, 200, ret);
}

static json_t *health_json(const char *type, const char *id, bool well, int code, const char *why)
{
	json_t *entity = json_pack("{s:s, s:s, s:s}", "entity_type", type, "id", id, "can_send_message",
				   well ? "AVAILABLE" : "BLOCKED");

	if (!well)
		json_object_set_new(entity, "errors",
				    json_pack("[{s:i, s:s, s:s}]", "error_code", code, "error_description", why,
					      "possible_solution", "Set it right and try again."));
	return json_pack("{s:s, s:[o]}", "can_send_message", well ? "AVAILABLE" : "BLOCKED", "entities", entity);
}

static json_t *number_json(const struct vendor_call *call)
{
	struct account *account = call->simulator->account;
	bool registered = account_is_registered(account);
	const char *id = call->simulator->options->phone_number_id;

	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s}, s:s, s:s, s:s, s:s, s:o}", "id", id, "display_phone_number",
		"+" OPTIONS_DISPLAY_NUMBER, "verified_name", "Login codes", "quality_rating", "GREEN",
		"code_verification_status", account_is_verified(account) ? "VERIFIED" : "NOT_VERIFIED", "name_status",
		"APPROVED", "throughput", "level", "STANDARD", "status", registered ? "CONNECTED" : "DISCONNECTED",
		"platform_type", registered ? "CLOUD_API" : "NOT_APPLICABLE", "account_mode", "LIVE",
		"whatsapp_business_manager_messaging_limit", "TIER_2K", "health_status",
		health_json("PHONE_NUMBER", id, registered, GRAPH_NOT_REGISTERED, "The number is not registered"));
}

static json_t *account_json(const struct vendor_call *call)
{
	const char *id = call->simulator->options->waba_id;

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "id", id, "name", "Login codes", "timezone_id", "1",
			 "currency", "USD", "account_review_status", "APPROVED", "business_verification_status",
			 "verified", "health_status", health_json("WABA", id, true, 0, NULL));
}

static void show_object(struct vendor_call *call)
{
	json_t *object;

	if (is_number_id(call))
		return answer_picked(call, number_json(call),
				     "id,display_phone_number,verified_name,quality_rating,code_verification_status,"
				     "platform_type,throughput");
	if (is_account_id(call))
		return answer_picked(call, account_json(call), "id,name,timezone_id");
	object = manage_template_json(call, call->parts[1]);
	if (!object)
		return no_object(call);
	json_object_set_new(object, "health_status",
			    health_json("MESSAGE_TEMPLATE", call->parts[1],
					strcmp(json_string_value(json_object_get(object, "status")), "APPROVED") == 0,
					GRAPH_NO_TEMPLATE, "The template is not approved"));
	answer_picked(call, object, "id,name,status,category,language,components");
}

static void show_numbers(struct vendor_call *call)
{
	json_t *number;

	if (!is_account_id(call))
		return no_object(call);
	number = picked(call, number_json(call),
			"id,display_phone_number,verified_name,quality_rating,code_verification_status");
	if (number)
		answer_json(call->answer, 200, json_pack("{s:[o]}", "data", number));
}

/* In capitals, with an error that has no number, as Meta has it. */
static json_t *history_json(const struct message *message)
{
	static const char *const words[STATUSES] = {"SENT", "DELIVERED", "READ", "FAILED"};
	json_t *events = json_array();

	for (size_t i = 0; i < message->events_n; i++) {
		const struct event *event = &message->events[i];
		const char *why = event->status == STATUS_FAILED ? graph_error_find(atoi(event->code))->title : NULL;

		json_array_append_new(events, json_pack("{s:o, s:s, s:I, s:s?}", "id", json_sprintf("%zu", i + 1),
							"delivery_status", words[event->status], "timestamp",
							(json_int_t)(event->at_ms / 1000), "error_description", why));
	}
	return json_pack("{s:o, s:s, s:{s:o}}", "id", json_sprintf("%" PRIu64, message->at_ms), "message_id",
			 message->id, "events", "data", events);
}

static void show_history(struct vendor_call *call)
{
	struct message *message;
	json_t *list, *entry;

	if (!is_number_id(call))
		return no_object(call);
	message = messages_find(call->simulator->messages, PROVIDER_META, vendor_text(call, "message_id"));
	list = json_array();
	entry = message ? picked(call, history_json(message), "id,message_id") : NULL;
	if (entry)
		json_array_append_new(list, entry);
	if (message && !entry)
		json_decref(list);
	else
		answer_json(call->answer, 200, json_pack("{s:o}", "data", list));
	free(message);
}

static bool is_pin(const char *pin)
{
	return strlen(pin) == 6 && !pin[strspn(pin, DIGITS)];
}

static void register_number(struct vendor_call *call)
{
	const char *region = vendor_text(call, "data_localization_region");

	if (!is_number_id(call))
		return no_object(call);
	if (!is_pin(vendor_text(call, "pin")) || (region && strlen(region) != 2))
		return vendor_refuse(call, VENDOR_INVALID, "pin must be 6 digits, a region 2 letters");
	answer_code(call, account_register(call->simulator->account, vendor_text(call, "pin")),
		    "The registration was refused");
}

static void deregister_number(struct vendor_call *call)
{
	if (!is_number_id(call))
		return no_object(call);
	answer_code(call, account_deregister(call->simulator->account), "The deregistration was refused");
}

static void set_pin(struct vendor_call *call)
{
	if (!is_number_id(call))
		return no_object(call);
	if (!is_pin(vendor_text(call, "pin")))
		return vendor_refuse(call, VENDOR_INVALID, "pin must be 6 digits");
	answer_code(call, account_set_pin(call->simulator->account, vendor_text(call, "pin")), "The PIN was not set");
}

/* The code comes by SMS or a call to the number itself, on the same phone. */
static void request_code(struct vendor_call *call)
{
	char code[ACCOUNT_CODE_MAX], text[64], id[32];
	bool voice = strcmp(vendor_text(call, "code_method"), "VOICE") == 0;
	const struct message message = {
		.channel = voice ? CHANNEL_VOICE : CHANNEL_SMS,
		.provider = PROVIDER_META,
		.id = id,
		.to = "+" OPTIONS_DISPLAY_NUMBER,
		.code = code,
		.text = text,
		.language = vendor_text(call, "language"),
		.callback = "",
		.at_ms = call->request->at_ms,
	};

	if (!is_number_id(call))
		return no_object(call);
	account_request_code(call->simulator->account, code);
	snprintf(text, sizeof(text), "WhatsApp Business: your code is %s.", code);
	snprintf(id, sizeof(id), "code-%" PRIu64, call->request->at_ms);
	if (messages_add(call->simulator->messages, &message, NULL) < 0)
		return answer_code(call, GRAPH_UNKNOWN, "The simulator is out of memory");
	call->answer->changes_messages = true;
	answer_success(call);
}

static void verify_code(struct vendor_call *call)
{
	if (!is_number_id(call))
		return no_object(call);
	answer_code(call, account_verify_code(call->simulator->account, vendor_text(call, "code")),
		    "The code is wrong or was used");
}

/* The URL is kept and told; it is not called: --receipts says where receipts go. */
static void subscribe(struct vendor_call *call)
{
	const char *url = vendor_text(call, "override_callback_uri");

	if (!is_account_id(call))
		return no_object(call);
	if (!url != !vendor_text(call, "verify_token"))
		return vendor_refuse(call, VENDOR_INVALID, "override_callback_uri and verify_token go together");
	if (url && strncmp(url, "https://", 8) != 0)
		return vendor_refuse(call, VENDOR_INVALID, "override_callback_uri must begin with https://");
	account_subscribe(call->simulator->account, url ? url : "");
	answer_success(call);
}

static void unsubscribe(struct vendor_call *call)
{
	if (!is_account_id(call))
		return no_object(call);
	account_subscribe(call->simulator->account, NULL);
	answer_success(call);
}

static void show_subscriptions(struct vendor_call *call)
{
	if (!is_account_id(call))
		return no_object(call);
	answer_json(call->answer, 200, json_pack("{s:o}", "data", account_subscriptions(call->simulator->account)));
}

static void debug_token(struct vendor_call *call)
{
	const char *waba = call->simulator->options->waba_id;
	json_t *data;

	if (vendor_is_token(call, vendor_text(call, "input_token")))
		data = json_pack("{s:s, s:s, s:s, s:b, s:i, s:i, s:[s, s], s:[{s:s, s:[s]}, {s:s, s:[s]}]}", "app_id",
				 APP_ID, "type", "SYSTEM_USER", "application", "simulator", "is_valid", 1, "expires_at",
				 0, "data_access_expires_at", 0, "scopes", "whatsapp_business_management",
				 "whatsapp_business_messaging", "granular_scopes", "scope",
				 "whatsapp_business_management", "target_ids", waba, "scope",
				 "whatsapp_business_messaging", "target_ids", waba);
	else
		data = json_pack("{s:b, s:{s:i, s:s}, s:[]}", "is_valid", 0, "error", "code", 190, "message",
				 "Invalid OAuth access token", "scopes");
	answer_json(call->answer, 200, json_pack("{s:o}", "data", data));
}

static const struct vendor_field fields_fields[] = {{"fields", FIELD_TEXT, .optional = true, .most = 1024}};
static const struct vendor_field history_fields[] = {
	{"message_id", FIELD_TEXT, .most = MESSAGES_ID_MAX},
	{"fields", FIELD_TEXT, .optional = true, .most = 1024},
};
static const struct vendor_field register_fields[] = {
	{"messaging_product", FIELD_WORD, .words = "whatsapp"},
	{"pin", FIELD_TEXT, .most = 6},
	{"data_localization_region", FIELD_TEXT, .optional = true, .most = 2},
};
static const struct vendor_field pin_fields[] = {{"pin", FIELD_TEXT, .most = 6}};
static const struct vendor_field product_fields[] = {
	{"messaging_product", FIELD_WORD, .optional = true, .words = "whatsapp"}};
static const struct vendor_field request_fields[] = {
	{"code_method", FIELD_WORD, .words = "SMS VOICE"},
	{"language", FIELD_TEXT, .most = 16},
};
static const struct vendor_field verify_fields[] = {{"code", FIELD_TEXT, .most = 16}};
static const struct vendor_field subscribe_fields[] = {
	{"override_callback_uri", FIELD_TEXT, .optional = true, .most = 500},
	{"verify_token", FIELD_TEXT, .optional = true, .most = 256},
};
static const struct vendor_field token_fields[] = {{"input_token", FIELD_TEXT, .most = OPTIONS_SECRET_MAX}};

static const struct vendor_method methods[] = {
	{"GET", "/*/debug_token", VENDOR_QUERY, VENDOR_FIELDS(token_fields), debug_token},
	{"GET", "/*/*", VENDOR_QUERY, VENDOR_FIELDS(fields_fields), show_object},
	{"POST", "/*/*", VENDOR_JSON, VENDOR_FIELDS(pin_fields), set_pin},
	{"GET", "/*/*/message_history", VENDOR_QUERY, VENDOR_FIELDS(history_fields), show_history},
	{"GET", "/*/*/phone_numbers", VENDOR_QUERY, VENDOR_FIELDS(fields_fields), show_numbers},
	{"POST", "/*/*/register", VENDOR_JSON, VENDOR_FIELDS(register_fields), register_number},
	{"POST", "/*/*/deregister", VENDOR_JSON_IF_ANY, VENDOR_FIELDS(product_fields), deregister_number},
	{"POST", "/*/*/request_code", VENDOR_JSON, VENDOR_FIELDS(request_fields), request_code},
	{"POST", "/*/*/verify_code", VENDOR_JSON, VENDOR_FIELDS(verify_fields), verify_code},
	{"POST", "/*/*/subscribed_apps", VENDOR_JSON_IF_ANY, VENDOR_FIELDS(subscribe_fields), subscribe},
	{"DELETE", "/*/*/subscribed_apps", VENDOR_QUERY, NULL, 0, unsubscribe},
	{"GET", "/*/*/subscribed_apps", VENDOR_QUERY, NULL, 0, show_subscriptions},
	{"GET", "/*/*/message_templates", VENDOR_QUERY, manage_list_fields, MANAGE_LIST_FIELDS, manage_list_templates},
	{"POST", "/*/*/message_templates", VENDOR_JSON, manage_create_fields, MANAGE_CREATE_FIELDS,
	 manage_create_template},
	{"DELETE", "/*/*/message_templates", VENDOR_QUERY, manage_delete_fields, MANAGE_DELETE_FIELDS,
	 manage_delete_template},
};

static bool authenticate(const struct vendor_call *call)
{
	return !graph_check_token(call->simulator, call->request).details;
}

static json_t *error(unsigned status, const char *code, const char *reason)
{
	(void)status;
	return graph_error_json(atoi(code), 0, reason);
}

static const struct vendor management = {
	.provider = PROVIDER_META,
	.methods = methods,
	.methods_n = sizeof(methods) / sizeof(methods[0]),
	.authenticate = authenticate,
	.errors = {{401, "190"}, {400, "100"}, {400, "100"}, {400, "100"}, {400, "100"}, {400, "100"}, {400, "100"}},
	.error = error,
};

bool manage_matches(const char *path)
{
	return strncmp(path, "/v", 2) == 0 && path[2] >= '0' && path[2] <= '9';
}

void manage_answer(struct simulator *simulator, const struct request *request, struct answer *answer)
{
	struct refused why = graph_check_user_agent(request);

	if (graph_version_length(request->path) == 0)
		why = refused(GRAPH_UNKNOWN_PATH, "The path must begin with a version: /vNN.N/");
	if (why.details)
		return graph_refuse(answer, why);
	vendor_answer(&management, simulator, request, answer);
}
