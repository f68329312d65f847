/* Vonage SMS: every answer is HTTP 200. */
#pragma once

#include "tools/simulator/vendor.h"

extern const struct vendor vonage;
