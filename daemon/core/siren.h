/*
 * Tells alarms: to the journal, and to the program of alarm { exec }, which is started without a shell, at most once an
 * hour for a kind. It gets the alarm in its environment (WHATSAPP_OTP_ALARM, _SUBJECT, _TEXT, _HOST) and nothing else.
 */
#pragma once

#include "daemon/core/core.h"
#include "daemon/core/dialogue.h"

struct siren;

int siren_new(struct core *core, struct siren **ret);
void siren_free(struct siren *siren);

void siren_sound(struct siren *siren, const struct reply_alarm *alarm);
