/*
 * Telegram: the words of the Gateway, and the numbers of the Bot API, two services with a token each. "FLOOD_WAIT_30"
 * is looked up as "FLOOD_WAIT", and any word that begins with "BALANCE" as that.
 */
#include "daemon/provider/rows.h"

static const struct provider_error errors[] = {
	{WORD("ACCESS_TOKEN_INVALID"), CONFIG, ALARM, STOPS, .meaning = "the token was not accepted"},
	{WORD("ACCESS_TOKEN_REQUIRED"), CONFIG, ALARM, STOPS, .meaning = "the token is missing"},
	{WORD("BALANCE"), CONFIG, ALARM, STOPS, .meaning = "the account's credit is used up"},
	{WORD("PHONE_NUMBER_INVALID"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number is invalid"},
	{WORD("PHONE_NUMBER_UNOCCUPIED"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number is not on Telegram"},
	{WORD("PHONE_NUMBER_NOT_FOUND"), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the number is not on Telegram"},
	{WORD("PHONE_NUMBER_NOT_AVAILABLE"), UNDELIVERABLE, RECIPIENT(HOUR),
	 .meaning = "the number cannot be reached on Telegram"},
	{WORD("FLOOD_WAIT"), TRANSIENT, RETRY, ALARM_IF_OFTEN, .meaning = "too many requests"},
	{WORD("INTERNAL_ERROR"), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN,
	 .meaning = "the provider has a fault"},
	{WORD("MESSAGE_ALREADY_SENT"), .failure = FAILURE_UNKNOWN_OUTCOME, ALARM_IF_OFTEN,
	 .meaning = "the message was already handed over"},
	{WORD("REQUEST_ID_INVALID"), CONFIG, ALARM, .meaning = "the request's id is not known"},
	{WORD("CODE_INVALID_FORMAT"), CONFIG, ALARM, .meaning = "the code must be of 4 to 8 digits"},
	{WORD("CODE_LENGTH_INVALID"), CONFIG, ALARM, .meaning = "the code must be of 4 to 8 digits"},
	{WORD("TTL_INVALID"), CONFIG, ALARM, .meaning = "the time to live is out of bounds"},
	{WORD("SENDER_USERNAME_INVALID"), CONFIG, ALARM, STOPS, .meaning = "the sender is no channel of the account"},
	{WORD("SENDER_NOT_VERIFIED"), CONFIG, ALARM, STOPS, .meaning = "the sender is not verified"},
	{WORD("CALLBACK_URL_INVALID"), CONFIG, ALARM, STOPS, .meaning = "the callback URL is invalid"},
	{WORD("PAYLOAD_INVALID"), CONFIG, ALARM, .meaning = "the payload is invalid"},
	{WORD("expired"), UNDELIVERABLE, .meaning = "not delivered in time"}, /* the state, of a failure without code */
};

/* "revoked" says nothing about a message: it was us who took it back. */
static const struct provider_state states[] = {
	{"sent", RECEIPT_SENT},      {"delivered", RECEIPT_DELIVERED}, {"read", RECEIPT_READ},
	{"expired", RECEIPT_FAILED}, {NULL, RECEIPT_ACCEPTED},
};

const struct provider provider_telegram = PROVIDER("telegram");

static const struct provider_error bot_errors[] = {
	{ONE(400), UNDELIVERABLE, ALARM_IF_OFTEN, .meaning = "there is no such chat, or the message is faulty"},
	{ONE(401), CONFIG, ALARM, STOPS, .meaning = "the bot's token was not accepted"},
	{ONE(403), UNDELIVERABLE, RECIPIENT(DAY), .meaning = "the user has blocked the bot or never started it"},
	{ONE(404), CONFIG, ALARM, STOPS, .meaning = "there is no bot with this token"},
	{ONE(409), CONFIG, ALARM, .meaning = "another program or a webhook takes the bot's updates"},
	{ONE(429), TRANSIENT, RETRY, ALARM_IF_OFTEN, .meaning = "too many requests"},
};

static const struct provider_state no_states[] = {{NULL, RECEIPT_ACCEPTED}};

const struct provider provider_telegram_bot = {"telegram_bot", bot_errors, sizeof(bot_errors) / sizeof(bot_errors[0]),
					       no_states};
