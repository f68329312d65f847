/* Kannel sendsms: answers in words, receipts by the URL of the request. */
#pragma once

#include "tools/simulator/vendor.h"

extern const struct vendor kannel;
