#include "daemon/base/texts.h"

#include <string.h>

static const struct {
	const char *language;
	const char *texts[TEXT_VOICE + 1];
} built_in[] = {
	{"en",
	 {[TEXT_SMS] = "{code} is your code for {host} ({service}). It expires in {minutes} min. Never tell it to "
		       "anybody.",
	  [TEXT_SUBJECT] = "Your code for {host}",
	  [TEXT_EMAIL] = "{code} is your code for {host} ({service}).\nIt expires in {minutes} min. Never tell it to "
			 "anybody.\n",
	  [TEXT_VOICE] = "Your code is {digits}. Once more: {digits}."}},
};

const char *texts_built_in(enum text_kind kind, const char *language, size_t length)
{
	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		if (strncmp(built_in[i].language, language, length) == 0 && built_in[i].language[length] == '\0')
			return built_in[i].texts[kind];
	return NULL;
}
