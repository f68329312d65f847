/* Authentica: send-sms, send-otp with one's own code, balance. It sends no receipts. */
#pragma once

#include "tools/simulator/vendor.h"

extern const struct vendor authentica;
