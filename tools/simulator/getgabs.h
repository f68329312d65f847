/* Getgabs: Meta's message with credentials inside, failures as HTTP 200. */
#pragma once

#include "tools/simulator/vendor.h"

extern const struct vendor getgabs;
