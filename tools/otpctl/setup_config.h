/* The config that setup writes: one block between two lines, in a file whose other lines stay as they are. */
#pragma once

#include "tools/otpctl/setup_state.h"

/* Takes from the config that there is what setup asks for, as defaults. */
void setup_config_offer(const struct config *present, struct setup_answers *answers);

/* True if the text was written by setup. */
bool setup_config_is_ours(const char *text);
/* How the WhatsApp channel learns what became of messages. */
const char *setup_config_receipts(const struct setup *setup);
/* The new text of the file: old with a new block, or the block alone if old (NULL: none) has none. NULL: no memory. */
char *setup_config_text(const struct setup *setup, const char *old);
