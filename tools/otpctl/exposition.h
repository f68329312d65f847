/* What the core knows, as one OpenMetrics text. */
#pragma once

#include "tools/otpctl/otpctl.h"

#include <stdbool.h>

/*
 * Asks the core and writes the whole exposition to a text for free(). If the core cannot be asked it says just that
 * (whatsapp_otp_up 0), and *ret_up is false. Prints errors unless quiet. NULL: no memory.
 */
char *metrics_text(struct otpctl *ctl, bool quiet, bool *ret_up, size_t *ret_length);
