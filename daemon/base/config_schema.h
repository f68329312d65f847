/*
 * Which sections and keys the config has: one row a key. The rows make the parser's options, the checks of each value
 * at its place, and the copy into struct config.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum config_kind {
	CONFIG_STRING,
	CONFIG_LIST,
	CONFIG_INT, /* from least to most */
	CONFIG_BOOL,
	CONFIG_CHOICE,   /* one of names[], stored as its index */
	CONFIG_WORD,     /* one of names[], stored as a string */
	CONFIG_PATH,     /* absolute */
	CONFIG_SECRET,   /* credential:NAME or file:/PATH */
	CONFIG_RATES,    /* {"3/10min", …} */
	CONFIG_SECONDS,  /* {30, 60, …}: ascending cool-downs */
	CONFIG_PREFIXES, /* {"+966", …} */
	CONFIG_BLOCKS,   /* {"10.0.0.0/8", …} */
	CONFIG_MONEY,    /* "0.0145 USD" */
	CONFIG_RESERVED, /* named by the design, without effect in this version: a warning says so */
};

struct config_field {
	const char *key;
	enum config_kind kind;
	size_t offset;
	const char *text; /* default of strings and lists */
	int64_t number;   /* default of numbers */
	int64_t least, most;
	const char *const *names;
};

struct config_section {
	const char *name;
	const struct config_field *fields;
	size_t field_count;
	size_t size;         /* of the struct; its first member is the title if there is one */
	size_t offset;       /* in struct config: the struct itself, or the array of titled ones */
	size_t count_offset; /* in struct config: how many titled ones; 0 if there is only one */
};

extern const struct config_section config_sections[];
extern const size_t config_section_count;
