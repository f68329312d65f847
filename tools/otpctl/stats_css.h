/* tools/otpctl/stats.css, which the build turns into bytes. */
#pragma once

#include <stddef.h>

extern const unsigned char stats_css[];
extern const size_t stats_css_size;
