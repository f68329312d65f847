/* metrics --listen */
#pragma once

#include "tools/otpctl/otpctl.h"

/* Serves what exposition.h writes until SIGTERM or SIGINT. Returns an exit_status. */
int metrics_serve(struct otpctl *ctl);
