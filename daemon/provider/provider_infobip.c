/*
 * Infobip: the name of a message's status ("REJECTED_…"), that of a report's error ("EC_…"), and the errorCode of a
 * refused request ("E401"). Numbers are not looked up: those of statuses and of errors overlap.
 */
#include "daemon/provider/rows.h"

#include <string.h>

static const struct provider_error errors[] = {
	{WORD("E400"), CONFIG, ALARM, STOPS_IF_OFTEN, .meaning = "the request is faulty"},
	{WORD("E401"), CONFIG, ALARM, STOPS, .meaning = "the API key was not accepted"},
	{WORD("E403"), CONFIG, ALARM, STOPS, .meaning = "the API key may not send messages"},
	{WORD("E404"), CONFIG, ALARM, STOPS, .meaning = "base_url is not that of the account"},
	{WORD("E429"), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN, .meaning = "the rate limit is reached"},
	{WORD("E500"), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN, .meaning = "the provider has a fault"},

	{WORD("REJECTED_NETWORK"), UNDELIVERABLE, ALARM, .meaning = "the account does not cover the number's network"},
	{WORD("REJECTED_PREFIX_MISSING"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number is not known"},
	{WORD("REJECTED_DND"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the recipient does not want messages"},
	{WORD("REJECTED_SOURCE"), CONFIG, ALARM, STOPS_IF_OFTEN, .meaning = "the sender is not registered"},
	{WORD("REJECTED_NOT_ENOUGH_CREDITS"), CONFIG, ALARM, STOPS, .meaning = "the account's credit is used up"},
	{WORD("REJECTED_SENDER"), CONFIG, ALARM, STOPS, .meaning = "the sender is blocked"},
	{WORD("REJECTED_DESTINATION"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number is blocked"},
	{WORD("REJECTED_PREPAID_PACKAGE_EXPIRED"), CONFIG, ALARM, STOPS, .meaning = "the account's credit has expired"},
	{WORD("REJECTED_DESTINATION_NOT_REGISTERED"), UNDELIVERABLE, ALARM,
	 .meaning = "a test account may not write to this number"},
	{WORD("REJECTED_ROUTE_NOT_AVAILABLE"), UNDELIVERABLE, ALARM, COUNTRY(HOUR),
	 .meaning = "the account has no route to the number"},
	{WORD("REJECTED_FLOODING_FILTER"), UNDELIVERABLE, ALARM_IF_OFTEN, RECIPIENT(HOUR),
	 .meaning = "too many messages to this number"},
	{WORD("REJECTED_SYSTEM_ERROR"), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN,
	 .meaning = "the provider has a fault"},
	{WORD("REJECTED_DUPLICATE_MESSAGE_ID"), .failure = FAILURE_UNKNOWN_OUTCOME, ALARM_IF_OFTEN,
	 .meaning = "the message was already handed over"},
	{WORD("REJECTED_INVALID_UDH"), CONFIG, ALARM, .meaning = "the message's header is invalid"},
	{WORD("REJECTED_MESSAGE_TOO_LONG"), CONFIG, ALARM, .meaning = "the message is too long"},
	{WORD("MISSING_TO"), CONFIG, ALARM, .meaning = "the recipient is missing"},
	{WORD("REJECTED_INVALID_DESTINATION"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number is invalid"},
	{WORD("UNDELIVERABLE_REJECTED_OPERATOR"), UNDELIVERABLE, ALARM_IF_OFTEN,
	 .meaning = "the network refuses the message"},
	{WORD("UNDELIVERABLE_NOT_DELIVERED"), UNDELIVERABLE, ALARM_IF_OFTEN, .meaning = "not delivered"},
	{WORD("EXPIRED_EXPIRED"), UNDELIVERABLE, .meaning = "not delivered in time"},
	{WORD("EXPIRED_DLR_UNKNOWN"), .failure = FAILURE_UNKNOWN_OUTCOME, ALARM_IF_OFTEN,
	 .meaning = "the network did not say in time whether it was delivered"},

	{WORD("EC_UNKNOWN_SUBSCRIBER"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number is not in use"},
	{WORD("EC_UNIDENTIFIED_SUBSCRIBER"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number is not in use"},
	{WORD("EC_ABSENT_SUBSCRIBER_SM"), UNDELIVERABLE, .meaning = "the phone cannot be reached at the moment"},
	{WORD("EC_ABSENT_SUBSCRIBER"), UNDELIVERABLE, .meaning = "the phone cannot be reached at the moment"},
	{WORD("EC_ILLEGAL_SUBSCRIBER"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the network bars the recipient"},
	{WORD("EC_BEARER_SERVICE_NOT_PROVISIONED"), UNDELIVERABLE, RECIPIENT(DAY),
	 .meaning = "the number cannot get messages"},
	{WORD("EC_TELESERVICE_NOT_PROVISIONED"), UNDELIVERABLE, RECIPIENT(DAY),
	 .meaning = "the number cannot get messages"},
	{WORD("EC_ILLEGAL_EQUIPMENT"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the network bars the phone"},
	{WORD("EC_CALL_BARRED"), UNDELIVERABLE, RECIPIENT(HOUR), .meaning = "the recipient bars messages"},
	{WORD("EC_SUBSCRIBER_BUSY_FOR_MT_SMS"), UNDELIVERABLE, .meaning = "the phone was busy"},
	{WORD("EC_SM_DELIVERY_FAILURE"), UNDELIVERABLE, .meaning = "the network could not deliver it"},
	{WORD("EC_SM_DF_MEMORYCAPACITYEXCEEDED"), UNDELIVERABLE, .meaning = "the phone's memory is full"},
	{WORD("EC_SYSTEM_FAILURE"), UNDELIVERABLE, ALARM_IF_OFTEN, .meaning = "the network has a fault"},
	{WORD("EC_IMSI_BLACKLISTED"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number is blocked"},
	{WORD("EC_DEST_ADDRESS_BLACKLISTED"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number is blocked"},
	{WORD("EC_INVALID_DESTINATION_ADDRESS"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number is invalid"},
	{WORD("EC_INVALID_SOURCE_ADDRESS"), CONFIG, ALARM, STOPS_IF_OFTEN, .meaning = "the sender is not registered"},
	{WORD("EC_NOT_ENOUGH_CREDITS"), CONFIG, ALARM, STOPS, .meaning = "the account's credit is used up"},
	{WORD("EC_MESSAGE_FILTERED"), UNDELIVERABLE, ALARM, .meaning = "the network filtered the message"},
	{WORD("EC_VALIDITYEXPIRED"), UNDELIVERABLE, .meaning = "not delivered in time"},
	{WORD("EC_EXPIRED"), UNDELIVERABLE, .meaning = "not delivered in time"},
};

/* A status' groupName; two names say more than their group. */
static const struct provider_state states[] = {
	{"DELIVERED_TO_OPERATOR", RECEIPT_SENT},
	{"DELIVERED_TO_HANDSET", RECEIPT_DELIVERED},
	{"PENDING", RECEIPT_ACCEPTED},
	{"DELIVERED", RECEIPT_DELIVERED},
	{"UNDELIVERABLE", RECEIPT_FAILED},
	{"EXPIRED", RECEIPT_FAILED},
	{"REJECTED", RECEIPT_FAILED},
	{NULL, RECEIPT_ACCEPTED},
};

const struct provider provider_infobip = PROVIDER("infobip");

const char *infobip_reason(const char *error, const char *status)
{
	if (error && provider_error_find(&provider_infobip, error))
		return error;
	if (status && provider_error_find(&provider_infobip, status))
		return status;
	return error && strcmp(error, "NO_ERROR") != 0 ? error : status;
}
