/* Unifonic SMS. */
#pragma once

#include "tools/simulator/vendor.h"

extern const struct vendor unifonic;
