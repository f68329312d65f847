/* Unifonic: HTTP statuses of its own making, which say more than the words in the body. Receipts carry no code. */
#include "daemon/provider/rows.h"

static const struct provider_error errors[] = {
	{ONE(401), CONFIG, ALARM, STOPS, .meaning = "the user or the password was not accepted"},
	{ONE(402), CONFIG, ALARM, STOPS, .meaning = "the AppSid was not accepted"},
	{ONE(403), CONFIG, ALARM, STOPS, .meaning = "the account does not allow this server's address"},
	{ONE(409), .failure = FAILURE_UNKNOWN_OUTCOME, ALARM_IF_OFTEN,
	 .meaning = "the message was already handed over"},
	{ONE(410), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number is invalid"},
	{ONE(412), CONFIG, ALARM, .meaning = "the message is too long"},
	{ONE(429), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN, .meaning = "the rate limit is reached"},
	{ONE(449), CONFIG, ALARM, .meaning = "the message is empty"},
	{ONE(459), CONFIG, ALARM, STOPS, .meaning = "the sender is missing or invalid"},
	{ONE(460), CONFIG, ALARM, STOPS, .meaning = "the sender is not approved"},
	{ONE(480), CONFIG, ALARM, STOPS, .meaning = "the sender is not registered"},
	{ONE(482), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number cannot be served"},
	{ONE(599), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN, .meaning = "the provider has a fault"},
};

static const struct provider_state states[] = {
	{"Queued", RECEIPT_ACCEPTED},     {"Scheduled", RECEIPT_ACCEPTED}, {"Sent", RECEIPT_SENT},
	{"Delivered", RECEIPT_DELIVERED}, {"Undelivered", RECEIPT_FAILED}, {"Rejected", RECEIPT_FAILED},
	{"Expired", RECEIPT_FAILED},      {"Failed", RECEIPT_FAILED},      {NULL, RECEIPT_ACCEPTED},
};

const struct provider provider_unifonic = PROVIDER("unifonic");
