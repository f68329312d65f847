/* Mail servers: the reply codes of RFC 5321, 4.2, and RFC 4954, 6. There are no receipts. */
#include "daemon/provider/rows.h"

static const struct provider_error errors[] = {
	{ONE(421), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN, .meaning = "the mail server is not available"},
	{RANGE(400, 499), TRANSIENT, RETRY, ALARM_IF_OFTEN, .meaning = "the mail server has no time for the mail"},
	{ONE(530), CONFIG, ALARM, STOPS, .meaning = "the mail server wants a login: set user and password"},
	{RANGE(534, 535), CONFIG, ALARM, STOPS, .meaning = "the mail server refused user or password"},
	{ONE(538), CONFIG, ALARM, STOPS, .meaning = "the mail server refused the way of logging in"},
	{RANGE(550, 551), UNDELIVERABLE, RECIPIENT(HOUR), .meaning = "the mail server does not know the recipient"},
	{ONE(552), UNDELIVERABLE, ALARM, .meaning = "the recipient's mailbox is full, or the mail too large"},
	{ONE(553), UNDELIVERABLE, RECIPIENT(HOUR), .meaning = "the mail server does not take the recipient's address"},
	{ONE(554), UNDELIVERABLE, ALARM, .meaning = "the mail server refused the mail"},
	{RANGE(500, 599), CONFIG, ALARM, STOPS_IF_OFTEN, .meaning = "the mail server does not understand us"},
};
static const struct provider_state states[] = {{NULL, RECEIPT_ACCEPTED}};

const struct provider provider_smtp = PROVIDER("smtp");
