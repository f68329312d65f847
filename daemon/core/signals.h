/* What a provider tells besides what became of messages: fraud, changed numbers, templates, the account. */
#pragma once

#include "daemon/core/dialogue.h"

/* Of the reply note, alarms and the watch are used. 0 or -errno. */
int signal_take(const struct engine *engine, struct tx *tx, const struct signal *signal, struct reply *reply);
