/*
 * YCloud: the words of its page "Handle errors". What WhatsApp itself refused has a whatsappApiError with a code of
 * Meta's, and then Meta's table decides.
 */
#include "daemon/provider/rows.h"

/* In the order of the words. */
static const struct provider_error errors[] = {
	{WORD("ACCOUNT_LIMITED"), CONFIG, ALARM, UNSEEN, .meaning = "the account is restricted"},
	{WORD("ACCOUNT_RATE_LIMITED"), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN,
	 .meaning = "the account's rate limit is reached"},
	{WORD("ACCOUNT_UNAVAILABLE"), CONFIG, ALARM, STOPS, .meaning = "the account is suspended or closed"},
	{WORD("BAD_REQUEST"), CONFIG, ALARM, .meaning = "the request is faulty"},
	{WORD("BALANCE_INSUFFICIENT"), CONFIG, ALARM, STOPS, .meaning = "the account's balance is used up"},
	{WORD("CONTENT_PROHIBITED"), CONFIG, ALARM, .meaning = "the message's content is prohibited"},
	{WORD("CONTENT_TOO_LARGE"), CONFIG, ALARM, .meaning = "the message is too long"},
	{WORD("FORBIDDEN"), CONFIG, ALARM, UNSEEN, .meaning = "the account may not do this"},
	{WORD("INTERNAL_SERVER_ERROR"), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN,
	 .meaning = "the provider has a fault"},
	{WORD("MESSAGING_REGION_UNSUPPORTED"), UNDELIVERABLE, ALARM, COUNTRY(DAY),
	 .meaning = "the provider does not send to this country"},
	{WORD("NOT_FOUND"), CONFIG, ALARM, .meaning = "what the request names is not there"},
	{WORD("PARAM_INVALID"), CONFIG, ALARM, .meaning = "a parameter is invalid"},
	{WORD("PARAM_INVALID_LENGTH"), CONFIG, ALARM, .meaning = "a parameter is too long"},
	{WORD("PARAM_MISSING"), CONFIG, ALARM, .meaning = "a required parameter is missing"},
	{WORD("PARAM_NOT_MATCH"), CONFIG, ALARM, .meaning = "two parameters do not go together"},
	{WORD("RECIPIENT_IN_BLOCK_LIST"), UNDELIVERABLE, RECIPIENT(DAY),
	 .meaning = "the recipient is on the account's block list"},
	{WORD("RECIPIENT_UNSUBSCRIBED"), UNDELIVERABLE, RECIPIENT(DAY),
	 .meaning = "the recipient does not want messages"},
	{WORD("SENDER_ID_UNAVAILABLE"), CONFIG, ALARM, UNSEEN, .meaning = "the sender is not registered"},
	{WORD("SENDER_RATE_LIMITED"), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN,
	 .meaning = "the sender's rate limit is reached"},
	{WORD("SERVICE_UNAVAILABLE"), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN,
	 .meaning = "the provider is overloaded or down"},
	{WORD("SMS_SIGNATURE_UNAVAILABLE"), CONFIG, ALARM, COUNTRY(DAY),
	 .meaning = "this country wants a registered signature"},
	{WORD("TOO_MANY_REQUESTS"), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN,
	 .meaning = "too many requests at once"},
	{WORD("UNAUTHORIZED"), CONFIG, ALARM, STOPS, .meaning = "the API key was not accepted"},
	{WORD("WHATSAPP_PHONE_NUMBER_UNAVAILABLE"), CONFIG, ALARM, UNSEEN,
	 .meaning = "the sender is no WhatsApp number of the account"},
	{WORD("WHATSAPP_TEMPLATE_UNAVAILABLE"), CONFIG, ALARM, TEMPLATE,
	 .meaning = "there is no approved template of this name and language"},
};

/* Of WhatsApp messages, of SMS and of calls. */
static const struct provider_state states[] = {
	{"accepted", RECEIPT_ACCEPTED}, {"sent", RECEIPT_SENT},     {"delivered", RECEIPT_DELIVERED},
	{"read", RECEIPT_READ},         {"failed", RECEIPT_FAILED}, {"undelivered", RECEIPT_FAILED},
	{NULL, RECEIPT_ACCEPTED},
};

const struct provider provider_ycloud = PROVIDER("ycloud");
