/* YCloud: WhatsApp, SMS, voice, balance; events signed with YCloud-Signature. */
#pragma once

#include "tools/simulator/vendor.h"

extern const struct vendor ycloud;
