#include "tools/simulator/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *notify_url(const struct options *options, const struct message *message)
{
	const char *url = options->receipts[message->provider];

	return url ? url : message->notify;
}

const char *notify_secret(const char *secret, const struct notice *notice)
{
	return notice->flags & RECEIPT_FORGED ? "not-the-secret" : secret;
}

bool notify_json(struct posting *posting, const char *url, json_t *json)
{
	posting->url = strdup(url);
	posting->body = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (!posting->url || !posting->body)
		return false;
	posting->size = strlen(posting->body);
	snprintf(posting->headers[0], sizeof(posting->headers[0]), "Content-Type: application/json");
	return true;
}

static char *escape(char *out, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";

	for (; *text; text++) {
		if (strchr(plain, *text))
			*out++ = *text;
		else
			out += sprintf(out, "%%%02X", (unsigned char)*text);
	}
	*out = '\0';
	return out;
}

bool notify_pair(char **text, const char *key, const char *value)
{
	size_t n = *text ? strlen(*text) : 0;
	char *longer = realloc(*text, n + 3 + 3 * (strlen(key) + strlen(value)));

	if (!longer)
		return false;
	*text = longer;
	if (n > 0 && longer[n - 1] != '?')
		longer[n++] = '&';
	longer = escape(longer + n, key);
	*longer++ = '=';
	escape(longer, value);
	return true;
}

void notify_time(uint64_t at_ms, char text[static 32])
{
	time_t seconds = (time_t)(at_ms / 1000);
	struct tm tm;
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, 32 - n, ".%03uZ", (unsigned)(at_ms % 1000));
}

void posting_free(struct posting *posting)
{
	free(posting->url);
	free(posting->body);
	*posting = (struct posting){0};
}
