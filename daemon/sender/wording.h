/* What a text of the config must hold, and how it becomes a message. Pure. */
#pragma once

#include "daemon/base/config.h"
#include "daemon/sender/template.h"

/*
 * 0, or -EINVAL with "file:line: …" in why: a placeholder that cannot stand in one of the section's texts, or that a
 * user could not do without: the code, and in what can be read again how long it lives.
 */
int wording_check(const struct config_text *text, char why[static CONFIG_WHY_MAX]);

/*
 * The text with its values, for memory_free(); NULL: no memory, or a text that was not checked. one_segment: if it
 * would take more as an SMS, and only because of long values of {host}, {address} or {service}, they are cut as far as
 * needed.
 */
char *wording_render(const char *text, const struct template_value values[], bool one_segment);
