/*
 * Gateways of one's own: words, and the numbers that Kannel puts for "%d" into its dlr-url. What their codes mean only
 * an admin knows, whose config gives each one of these classes.
 */
#include "daemon/provider/rows.h"

static const struct provider_error errors[] = {
	{WORD("undeliverable"), UNDELIVERABLE, ALARM_IF_OFTEN,
	 .meaning = "the gateway refused the message or could not deliver it"},
	{WORD("transient"), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN,
	 .meaning = "the gateway is busy or has a fault"},
	{WORD("config"), CONFIG, ALARM, STOPS,
	 .meaning = "the gateway refused the credentials, the account or the request"},
};

static const struct provider_state states[] = {
	{"accepted", RECEIPT_ACCEPTED},
	{"sent", RECEIPT_SENT},
	{"delivered", RECEIPT_DELIVERED},
	{"read", RECEIPT_READ},
	{"failed", RECEIPT_FAILED},
	{"1", RECEIPT_DELIVERED},
	{"2", RECEIPT_FAILED},
	{"4", RECEIPT_ACCEPTED}, /* buffered */
	{"8", RECEIPT_SENT},     /* the network has it */
	{"16", RECEIPT_FAILED},  /* the network refuses it */
	{NULL, RECEIPT_ACCEPTED},
};

const struct provider provider_generic = PROVIDER("generic");
