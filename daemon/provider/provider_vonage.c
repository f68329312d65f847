/*
 * Vonage's SMS API: the "status" of each message in an answer, and the "err-code" of a delivery receipt. Both are
 * numbers from 0 on and mean different things: a receipt's code is looked up with "dlr-" in front.
 */
#include "daemon/provider/rows.h"

static const struct provider_error errors[] = {
	{ONE(1), TRANSIENT, RETRY, ALARM_IF_OFTEN, .meaning = "the account's rate limit is reached"},
	{ONE(2), CONFIG, ALARM, STOPS_IF_OFTEN, .meaning = "a required parameter is missing"},
	{ONE(3), CONFIG, ALARM, STOPS_IF_OFTEN, .meaning = "a parameter's value is invalid"},
	{ONE(4), CONFIG, ALARM, STOPS, .meaning = "the API key or secret was not accepted"},
	{ONE(5), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN, .meaning = "the provider has a fault"},
	{ONE(6), CONFIG, ALARM, STOPS_IF_OFTEN, .meaning = "the message could not be processed"},
	{ONE(7), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number is barred"},
	{ONE(8), CONFIG, ALARM, STOPS, .meaning = "the account is barred"},
	{ONE(9), CONFIG, ALARM, STOPS, .meaning = "the account's credit is used up"},
	{ONE(10), TRANSIENT, ALARM_IF_OFTEN, STOPS_FOR(MINUTE), .meaning = "too many connections at once"},
	{ONE(11), CONFIG, ALARM, STOPS, .meaning = "the account may not use this API"},
	{ONE(12), CONFIG, ALARM, .meaning = "the message is too long"},
	{ONE(14), CONFIG, ALARM, STOPS, .meaning = "the signature was not accepted"},
	{ONE(15), CONFIG, ALARM, STOPS_IF_OFTEN, .meaning = "the sender is not allowed in this country"},
	{ONE(22), UNDELIVERABLE, .meaning = "the number's network code is invalid"},
	{ONE(23), CONFIG, ALARM, STOPS, .meaning = "the callback URL is invalid"},
	{ONE(29), UNDELIVERABLE, ALARM, .meaning = "a test account may not write to this number"},
	{ONE(32), CONFIG, ALARM, STOPS, .meaning = "the account wants signed requests or none"},
	{ONE(33), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number is no longer in use"},

	{WORD("dlr-1"), UNDELIVERABLE, ALARM_IF_OFTEN, .meaning = "not delivered, the network does not say why"},
	{WORD("dlr-2"), UNDELIVERABLE, .meaning = "the phone cannot be reached at the moment"},
	{WORD("dlr-3"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number is no longer in use"},
	{WORD("dlr-4"), UNDELIVERABLE, RECIPIENT(HOUR), .meaning = "the recipient or the network bars such messages"},
	{WORD("dlr-5"), UNDELIVERABLE, .meaning = "the number was moved to another network"},
	{WORD("dlr-6"), UNDELIVERABLE, ALARM, .meaning = "the network took the message for spam"},
	{WORD("dlr-7"), UNDELIVERABLE, .meaning = "the phone was busy"},
	{WORD("dlr-8"), UNDELIVERABLE, ALARM_IF_OFTEN, .meaning = "the network has a fault"},
	{WORD("dlr-9"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number cannot get messages"},
	{WORD("dlr-10"), UNDELIVERABLE, ALARM, .meaning = "the network refuses the message"},
	{WORD("dlr-11"), UNDELIVERABLE, ALARM, .meaning = "there is no route to the number"},
	{WORD("dlr-12"), UNDELIVERABLE, ALARM_IF_OFTEN, .meaning = "the destination cannot be reached"},
	{WORD("dlr-13"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the recipient's age forbids such messages"},
	{WORD("dlr-14"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the network blocks the number"},
	{WORD("dlr-15"), UNDELIVERABLE, RECIPIENT(HOUR), .meaning = "the recipient's prepaid credit is used up"},
	{WORD("dlr-16"), TRANSIENT, ALARM, STOPS_FOR(MINUTE), .meaning = "the gateway's quota is used up"},
	{WORD("dlr-50"), CONFIG, ALARM, COUNTRY(DAY), .meaning = "the company is not registered in this country"},
	{WORD("dlr-51"), CONFIG, ALARM, COUNTRY(DAY), .meaning = "the sender is not registered in this country"},
	{WORD("dlr-52"), CONFIG, ALARM, COUNTRY(DAY), .meaning = "the text is not registered in this country"},
	{WORD("dlr-53"), UNDELIVERABLE, ALARM, .meaning = "the recipient's consent is not registered"},
	{WORD("dlr-54"), UNDELIVERABLE, ALARM, COUNTRY(DAY), .meaning = "a regulation of the country forbids it"},
	{WORD("dlr-99"), UNDELIVERABLE, ALARM_IF_OFTEN, .meaning = "not delivered, a general error"},
};

static const struct provider_state states[] = {
	{"accepted", RECEIPT_SENT}, /* by the network */
	{"buffered", RECEIPT_SENT}, {"delivered", RECEIPT_DELIVERED}, {"expired", RECEIPT_FAILED},
	{"failed", RECEIPT_FAILED}, {"rejected", RECEIPT_FAILED},     {"unknown", RECEIPT_SENT},
	{NULL, RECEIPT_ACCEPTED},
};

const struct provider provider_vonage = PROVIDER("vonage");
