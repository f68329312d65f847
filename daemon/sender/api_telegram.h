/* Telegram's two APIs: what the answers of its Gateway and of its bots have in common. */
#pragma once

#include "daemon/sender/api.h"

/* The result of an answer that says that all went well, else NULL. */
const json_t *telegram_result(const struct http_answer *answer, const json_t *root);
