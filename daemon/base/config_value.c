#include "daemon/base/config_value.h"

#include "daemon/base/address.h"
#include "daemon/base/config.h"
#include "daemon/base/secret.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t config_duration(const char *text)
{
	static const struct {
		const char *unit;
		int64_t seconds;
	} units[] = {{"", 1}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
	char *end;
	long n;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || n <= 0 || n > 1000000)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0)
			return n * units[i].seconds;
	return -EINVAL;
}

int config_rate(const char *text, struct config_rate *ret)
{
	char *end;
	long count;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	count = strtol(text, &end, 10);
	if (errno || count <= 0 || count > 1000000 || *end != '/')
		return -EINVAL;
	*ret = (struct config_rate){.count = count, .period = config_duration(end + 1)};
	return ret->period > 0 ? 0 : -EINVAL;
}

int config_money(const char *text, struct config_money *ret)
{
	int whole = 0, fraction = 0, length = 0;
	int64_t unit = 1000000;
	long long amount, part = 0;

	*ret = (struct config_money){0};
	if (text[0] < '0' || text[0] > '9' || sscanf(text, "%10lld%n", &amount, &whole) != 1)
		return -EINVAL;
	text += whole;
	if (*text == '.') {
		fraction = (int)strspn(++text, "0123456789");
		if (fraction < 1 || fraction > 6)
			return -EINVAL;
		for (int i = 0; i < fraction; i++, unit /= 10)
			part = part * 10 + (text[i] - '0');
		text += fraction;
	}
	if (sscanf(text, " %3[A-Z]%n", ret->currency, &length) != 1 || text[length] || strlen(ret->currency) != 3)
		return -EINVAL;
	ret->micro = (int64_t)amount * 1000000 + part * unit;
	return 0;
}

int config_name_index(const char *const *names, const char *value)
{
	for (int i = 0; names[i]; i++)
		if (strcmp(names[i], value) == 0)
			return i;
	return -1;
}

static bool prefix_ok(const char *text)
{
	return text[0] == '+' && text[1] >= '1' && text[1] <= '9' &&
	       strspn(text + 1, "0123456789") == strlen(text + 1) && strlen(text) < PHONE_MAX;
}

const char *config_value_error(const struct config_field *f, const char *value)
{
	struct config_money money;
	struct config_rate rate;
	struct address block;
	unsigned bits;

	switch (f->kind) {
	case CONFIG_CHOICE:
	case CONFIG_WORD:
		return config_name_index(f->names, value) >= 0 ? NULL : "is not one of the words that this key takes";
	case CONFIG_PATH:
		return !*value || value[0] == '/' ? NULL : "is not an absolute path";
	case CONFIG_SECRET:
		return *value ? secret_reference_error(value) : NULL;
	case CONFIG_RATES:
		return config_rate(value, &rate) == 0 ? NULL : "is not a rate such as \"3/10min\"";
	case CONFIG_SECONDS:
		return config_duration(value) > 0 ? NULL : "is not a number of seconds";
	case CONFIG_PREFIXES:
		return prefix_ok(value) ? NULL : "is not a number's beginning such as \"+966\"";
	case CONFIG_MONEY:
		return !*value || config_money(value, &money) == 0 ? NULL : "is not an amount such as \"0.0145 USD\"";
	case CONFIG_BLOCKS:
		return address_block_parse(value, &block, &bits) == 0
			       ? NULL
			       : "is not an address block such as \"10.0.0.0/8\"";
	default:
		return NULL;
	}
}
