/* Authentica: nothing but HTTP statuses, of which those of its faults say no more than anybody's, and no receipts. */
#include "daemon/provider/rows.h"

static const struct provider_error errors[] = {
	{ONE(400), CONFIG, ALARM, STOPS_IF_OFTEN, .meaning = "a parameter is invalid"},
	{ONE(401), CONFIG, ALARM, STOPS, .meaning = "the API key was not accepted"},
	{ONE(402), CONFIG, ALARM, STOPS, .meaning = "the account's credit is used up"},
	{ONE(403), CONFIG, ALARM, STOPS, .meaning = "the account may not do this"},
	{ONE(422), UNDELIVERABLE, ALARM_IF_OFTEN, .meaning = "the number, the sender or the text was refused"},
	{ONE(429), TRANSIENT, RETRY, ALARM_IF_OFTEN, STOPS_IF_OFTEN, .meaning = "the rate limit is reached"},
};

static const struct provider_state states[] = {{NULL, RECEIPT_ACCEPTED}};

const struct provider provider_authentica = PROVIDER("authentica");
