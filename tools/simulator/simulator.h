/* What every endpoint works on. */
#pragma once

#include "tools/simulator/account.h"
#include "tools/simulator/messages.h"
#include "tools/simulator/options.h"
#include "tools/simulator/tally.h"

struct receipts;
struct bot_chats;

struct simulator {
	const struct options *options;
	struct messages *messages;
	struct tally *tally;
	struct account *account;
	struct receipts *receipts;
	struct bot_chats *chats;
	char base_url[96];  /* "https://127.0.0.1:8443/" */
	char elsewhere[96]; /* the same server by another host name: where a redirect leads */
};
