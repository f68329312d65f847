/* The texts that a channel sends where the config has none for a language. */
#pragma once

#include <stddef.h>

enum text_kind { TEXT_SMS, TEXT_SUBJECT, TEXT_EMAIL, TEXT_VOICE };

/* The text of a language whose name has this length, NULL if none is built in. There is one of each kind for "en". */
const char *texts_built_in(enum text_kind kind, const char *language, size_t length);

/* The languages that have texts, in no order of importance; NULL behind the last. */
const char *texts_language(size_t i);
