#include "tools/simulator/answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void answer_json(struct answer *answer, unsigned status, json_t *json)
{
	answer->status = status;
	answer->type = ANSWER_JSON;
	answer->body = json ? json_dumps(json, JSON_COMPACT) : NULL;
	answer->size = answer->body ? strlen(answer->body) : 0;
	json_decref(json);
}

void answer_text(struct answer *answer, unsigned status, const char *type, const char *text)
{
	answer->status = status;
	answer->type = type;
	answer->page = text;
	answer->size = strlen(text);
}

void answer_header(struct answer *answer, const char *name, const char *format, ...)
{
	va_list args;

	answer->header = name;
	va_start(args, format);
	vsnprintf(answer->header_value, sizeof(answer->header_value), format, args);
	va_end(args);
}

void answer_refuse(struct answer *answer, unsigned status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(answer->reason, sizeof(answer->reason), format, args);
	va_end(args);
	answer->outcome = ANSWER_REFUSED;
	answer_json(answer, status, json_pack("{s:s}", "error", answer->reason));
}

void answer_clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

void answer_free(struct answer *answer)
{
	free(answer->body);
	*answer = (struct answer){0};
}
