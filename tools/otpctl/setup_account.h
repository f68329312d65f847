/* The questions about the WhatsApp account, each checked with Meta before the next one. */
#pragma once

#include "tools/otpctl/setup_state.h"

/* Fills the answers and what is known of the account. Prints its errors and returns an exit_status. */
int setup_account(struct setup *setup);
