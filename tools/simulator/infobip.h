/* Infobip SMS v3. */
#pragma once

#include "tools/simulator/vendor.h"

extern const struct vendor infobip;
