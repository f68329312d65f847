/* What config check finds in a config that every program would take: what its texts cost, and what cannot be meant. */
#pragma once

#include "daemon/base/config.h"

#include <jansson.h>

struct config_findings {
	json_t *warnings, *errors; /* arrays of sentences */
};

void config_findings_add(json_t *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Routes that wait too long or too short, channels in no route, languages that only some channels have. */
void config_findings_routes(const struct config *config, const struct config_findings *found);
void config_findings_languages(const struct config *config, const struct config_findings *found);
/* What the sender would refuse in a text. */
void config_findings_texts(const struct config *config, const struct config_findings *found);

/*
 * What an SMS costs in each language that the config names, and in English: an array of objects with language, own (the
 * config has the text), unicode, units, segments. Warns where it is more than one segment, or one only because values
 * are cut. Owned by the caller.
 */
json_t *config_findings_segments(const struct config *config, const struct config_findings *found);
