#include "tools/simulator/graph_error.h"
#include "tools/simulator/random.h"

#include <stdio.h>

static const struct graph_error errors[] = {
	{0, 0, 401, false, "AuthException: could not authenticate the app user"},
	{1, 1, 500, true, "API Unknown"},
	{2, 2, 503, true, "API Service: temporarily unavailable"},
	{3, 3, 500, false, "API Method: capability or permissions issue"},
	{4, 4, 400, false, "API Too Many Calls: application request limit reached"},
	{10, 10, 403, false, "Permission Denied"},
	{33, 33, 400, false, "Parameter value is not valid: the business phone number has been deleted"},
	{100, 100, 400, false, "Invalid parameter"},
	{190, 190, 401, false, "Invalid OAuth access token"},
	{200, 299, 403, false, "API Permission"},
	{368, 368, 403, false, "Temporarily blocked for policies violations"},
	{2500, 2500, 400, false, "Unknown path components"},
	{80007, 80007, 400, false, "Rate limit issues: the WhatsApp Business Account has reached its rate limit"},
	{130403, 130403, 403, false, "The business has blocked this user"},
	{130429, 130429, 429, false, "Rate limit hit"},
	{130472, 130472, 400, false, "User's number is part of an experiment"},
	{130497, 130497, 403, false, "Business account is restricted from messaging users in this country"},
	{131000, 131000, 500, true, "Something went wrong"},
	{131005, 131005, 403, false, "Access denied"},
	{131008, 131008, 400, false, "Required parameter is missing"},
	{131009, 131009, 400, false, "Parameter value is not valid"},
	{131016, 131016, 503, true, "Service unavailable"},
	{131021, 131021, 400, false, "Recipient cannot be sender"},
	{131026, 131026, 400, false, "Message undeliverable"},
	{131030, 131030, 400, false, "Recipient phone number not in allowed list"},
	{131031, 131031, 403, false, "Account has been locked"},
	{131037, 131037, 400, false, "Display name has not been approved"},
	{131042, 131042, 400, false, "Business eligibility payment issue"},
	{131045, 131045, 500, false, "Incorrect certificate"},
	{131047, 131047, 400, false, "Re-engagement message"},
	{131048, 131048, 400, false, "Spam rate limit hit"},
	{131049, 131049, 400, false, "Not delivered to maintain healthy ecosystem engagement"},
	{131050, 131050, 400, false, "User has stopped marketing messages"},
	{131051, 131051, 400, false, "Unsupported message type"},
	{131055, 131055, 400, false, "Method not allowed"},
	{131056, 131056, 400, false, "(Business Account, Consumer Account) pair rate limit hit"},
	{131057, 131057, 500, false, "Business account is in maintenance mode"},
	{131062, 131062, 400, false, "Business-scoped user id recipients are not supported"},
	{131063, 131063, 400, false, "Marketing messages are not allowed on this API"},
	{131064, 131064, 400, false, "Messaging limit reached after classification violations"},
	{132000, 132000, 400, false, "Number of parameters does not match the expected number of params"},
	{132001, 132001, 404, false, "Template name does not exist in the translation"},
	{132005, 132005, 400, false, "Template hydrated text too long"},
	{132007, 132007, 400, false, "Template format character policy violated"},
	{132008, 132008, 400, false, "Template parameter value mismatch"},
	{132012, 132012, 400, false, "Template parameter format mismatch"},
	{132015, 132015, 400, false, "Template is paused"},
	{132016, 132016, 400, false, "Template is disabled"},
	{132018, 132018, 400, false, "Template parameter validation failed"},
	{132068, 132068, 400, false, "Flow is blocked"},
	{132069, 132069, 400, false, "Flow is throttled"},
	{133000, 133000, 500, false, "Incomplete deregistration"},
	{133004, 133004, 503, true, "Server temporarily unavailable"},
	{133005, 133005, 400, false, "Two-step verification PIN mismatch"},
	{133006, 133006, 400, false, "Phone number re-verification needed"},
	{133008, 133008, 400, false, "Too many two-step verification PIN guesses"},
	{133009, 133009, 400, false, "Two-step verification PIN guessed too fast"},
	{133010, 133010, 400, false, "Phone number not registered"},
	{133015, 133015, 400, false, "Please wait a few minutes before attempting to register this phone number"},
	{133016, 133016, 400, false, "Account register, deregister rate limit exceeded"},
	{134011, 134011, 400, false, "WhatsApp Payments terms of service have not been accepted"},
	{135000, 135000, 400, false, "Generic user error"},
	{136025, 136025, 400, false, "Verify code error"},
	{137000, 137000, 400, false, "Recipient identity key hash mismatch"},
	{138000, 138999, 400, false, "Calling is not available"},
	{139000, 139999, 400, false, "Flow or block list error"},
};

static const struct graph_error unknown_error = {0, 0, 400, false, "Unknown error"};

const struct graph_error *graph_error_find(int code)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (code >= errors[i].code && code <= errors[i].code_last)
			return &errors[i];
	return &unknown_error;
}

json_t *graph_error_json(int code, int subcode, const char *details)
{
	const struct graph_error *row = graph_error_find(code);
	char message[160], trace[24] = "A";
	json_t *error;

	random_text(trace + 1, 22, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
	snprintf(message, sizeof(message), "(#%d) %s", code, row->title);
	error = json_pack("{s:s, s:s, s:i, s:{s:s, s:s}, s:s}", "message", message, "type", "OAuthException", "code",
			  code, "error_data", "messaging_product", "whatsapp", "details", details, "fbtrace_id", trace);
	if (subcode)
		json_object_set_new(error, "error_subcode", json_integer(subcode));
	if (row->transient)
		json_object_set_new(error, "is_transient", json_true());
	return json_pack("{s:o}", "error", error);
}

void graph_error_answer(struct answer *answer, int code, unsigned status, int subcode, const char *details)
{
	answer->code = code;
	snprintf(answer->reason, sizeof(answer->reason), "%s", details);
	answer_json(answer, status ? status : graph_error_find(code)->status, graph_error_json(code, subcode, details));
}
