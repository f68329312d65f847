/* Status webhooks of the WhatsApp Cloud API, signed with the app secret. */
#pragma once

#include "tools/simulator/notify.h"

extern const struct notifier graph_notifier;
