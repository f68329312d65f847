#include "daemon/base/log_ids.h"

#include <string.h>

const struct log_id log_ids[] = {
	{"channel", "b124a1093dd007eb91b046758b2aa2e9"},
	{"template", "61486a865dde812f93a7b0bc2f703678"},
	{"country", "e8ffab34abc14d0a4d083181b6bf8334"},
	{"not-requested", "2b2d4314f97a0653595df674f106be97"},
	{"identity", "ce27bcd25b6fe3da1918f6fb050f62e3"},
	{"number-changed", "47ff8df099f1b9fbe45926876232717a"},
	{"account", "0fbc2f8062708875e657db7bfd0c8947"},
	{"cost", "2712f3293818dd6516d95fae94161bdd"},
	{"sender", "5cbd9d43d7a2044a9baa6e5a5a5e8d1b"},
	{"webhook", "c2484fbfaec435d9bc478eadc9f527b7"},
	{"enrolment-suspended", "8e1d64f058802bf6979b16ed9bf7ae97"},
	{NULL, NULL},
};

const char *log_message_id(const char *kind)
{
	for (const struct log_id *id = log_ids; id->kind; id++)
		if (strcmp(id->kind, kind) == 0)
			return id->message_id;
	return NULL;
}
