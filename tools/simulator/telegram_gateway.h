/* Telegram Gateway: a check of reachability, then the code; reports signed with the token's digest. */
#pragma once

#include "tools/simulator/vendor.h"

extern const struct vendor telegram_gateway;
