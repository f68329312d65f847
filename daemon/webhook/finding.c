#include "daemon/webhook/finding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* False if the text is there and does not fit. */
static bool take(char *field, size_t size, const char *text)
{
	size_t length = text ? strlen(text) : 0;

	if (length >= size || (length > 0 && !wire_text_ok(text, length)))
		return false;
	if (length > 0)
		memcpy(field, text, length + 1);
	return true;
}

/* A code that does not fit is as good as none; a word of the state's stands in for none if the table has it. */
static void judge(const struct provider *provider, const struct finding *finding, struct fault *why)
{
	const struct provider *judges = finding->judges ? finding->judges : provider;
	char code[WIRE_NAME_MAX] = "";

	if (!take(code, sizeof(code), finding->code))
		code[0] = '\0';
	if (!code[0] && provider_error_find(provider, finding->state))
		provider_judge(provider, finding->state, why);
	else
		provider_judge(judges, code, why);
}

void finding_receipt(const struct parser_sink *sink, const struct provider *provider, const struct finding *finding)
{
	struct receipt receipt = {.at = finding->at};

	receipt.state = finding->state ? provider_state_of(provider, finding->state) : -1;
	if (receipt.state < 0 || !take(receipt.id, sizeof(receipt.id), finding->id) ||
	    !take(receipt.message_id, sizeof(receipt.message_id), finding->message_id) ||
	    (!receipt.id[0] && !receipt.message_id[0]))
		return;
	if (receipt.state == RECEIPT_FAILED)
		judge(provider, finding, &receipt.why);
	sink->receipt(sink->userdata, &receipt);
}

const char *finding_text(const json_t *value, char number[static FINDING_NUMBER_MAX])
{
	const char *text = json_string_value(value);

	if (json_is_integer(value)) {
		snprintf(number, FINDING_NUMBER_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		text = number;
	}
	return text && *text ? text : NULL;
}

static const char *skip_fraction(const char *text)
{
	return *text == '.' ? text + 1 + strspn(text + 1, "0123456789") : text;
}

static bool read_date(const char *text, int64_t *ret)
{
	struct tm tm = {0}, zone = {0};
	const char *rest = strptime(text, "%Y-%m-%d", &tm);

	if (!rest || (*rest != 'T' && *rest != ' '))
		return false;
	rest = strptime(rest + 1, "%H:%M:%S", &tm);
	if (!rest)
		return false;
	rest = skip_fraction(rest);
	if (*rest != '\0')
		rest = strptime(rest, "%z", &zone);
	if (!rest || *rest != '\0')
		return false;
	*ret = timegm(&tm) - zone.tm_gmtoff;
	return *ret >= 0;
}

static bool read_seconds(const char *text, int64_t *ret)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 10 || text[digits] != '\0')
		return false;
	*ret = strtoll(text, NULL, 10);
	return true;
}

uint64_t finding_time(const char *text, int64_t otherwise)
{
	int64_t at;

	if (text && (read_seconds(text, &at) || read_date(text, &at)))
		return (uint64_t)at;
	return otherwise > 0 ? (uint64_t)otherwise : 0;
}
