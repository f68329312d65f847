#include "daemon/sender/wording.h"

#include "daemon/base/sms.h"
#include "daemon/sender/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What the config may say. */

#define VALUES "host", "service", "address", "minutes"

static const char *const text_names[] = {"code", VALUES, NULL};
static const char *const subject_names[] = {VALUES, NULL};
static const char *const voice_names[] = {"digits", VALUES, NULL};

static const struct {
	const char *key;
	size_t offset;
	const char *const *names;
	const char *needs[3]; /* without the code nobody could log in */
} rules[] = {
	[TEXT_SMS] = {"sms", offsetof(struct config_text, sms), text_names, {"code", "minutes"}},
	[TEXT_SUBJECT] = {"subject", offsetof(struct config_text, subject), subject_names, {NULL}},
	[TEXT_EMAIL] = {"email", offsetof(struct config_text, email), text_names, {"code", "minutes"}},
	[TEXT_VOICE] = {"voice", offsetof(struct config_text, voice), voice_names, {"digits"}},
};
#define KINDS (sizeof(rules) / sizeof(rules[0]))

/* 0, or -EINVAL with what is wrong in error. Empty: a text of elsewhere is used. */
static int check(const char *text, size_t kind, char *error, size_t size)
{
	if (*text == '\0')
		return 0;
	if (template_check(text, TEMPLATE_PLAIN, rules[kind].names, error, size) < 0)
		return -EINVAL;
	for (const char *const *needs = rules[kind].needs; *needs; needs++)
		if (!template_has(text, TEMPLATE_PLAIN, *needs)) {
			snprintf(error, size, "{%s} is missing", *needs);
			return -EINVAL;
		}
	if (kind == TEXT_SUBJECT && text[strcspn(text, "\r\n")]) {
		snprintf(error, size, "a subject has one line");
		return -EINVAL;
	}
	return 0;
}

int wording_check(const struct config_text *text, char why[static CONFIG_WHY_MAX])
{
	char error[128];

	for (size_t kind = 0; kind < KINDS; kind++) {
		const char *words = *(char *const *)(const void *)((const char *)text + rules[kind].offset);

		if (check(words, kind, error, sizeof(error)) < 0) {
			snprintf(why, CONFIG_WHY_MAX, "%s:%d: text \"%s\": %s: %s", text->file, text->line,
				 text->language, rules[kind].key, error);
			return -EINVAL;
		}
	}
	return 0;
}

/* What is sent. */

#define VALUES_MAX 8
#define VALUE_MAX 256
#define SHARE 12  /* characters that each value gets before one gets more */
#define STUMP 4   /* with fewer characters a value says nothing */
#define MARK ".." /* an ellipsis would make the whole text UCS-2 */

/* What can be cut, that which tells most first. */
static const char *const cuttable[] = {"host", "address", "service"};
#define CUTTABLE (sizeof(cuttable) / sizeof(cuttable[0]))

/* A text on its way to one segment. */
struct draft {
	const char *text;
	struct template_value values[VALUES_MAX + 1];
	struct value {
		const char *whole;
		char cut[VALUE_MAX];
	} value[CUTTABLE];
	char *rendered; /* with the values as they are */
};

static bool fits(struct draft *d)
{
	memory_free(d->rendered);
	return template_render(d->text, TEMPLATE_PLAIN, d->values, &d->rendered) == 0 &&
	       sms_measure(d->rendered).segments <= 1;
}

/* Bytes of the first characters, or of all if there are fewer. */
static size_t length_of(const char *text, size_t characters)
{
	size_t length = 0;

	while (text[length] && (characters > 0 || (text[length] & 0xc0) == 0x80)) {
		characters -= (text[length] & 0xc0) != 0x80;
		length++;
	}
	return length;
}

/* The first characters of the whole value, marked as cut; nothing rather than a stump. */
static void cut(struct value *value, size_t characters)
{
	size_t length = length_of(value->whole, characters);

	if (!value->whole[length])
		snprintf(value->cut, sizeof(value->cut), "%s", value->whole);
	else
		snprintf(value->cut, sizeof(value->cut), "%.*s%s", characters < STUMP ? 0 : (int)length, value->whole,
			 characters < STUMP ? "" : MARK);
}

/* The value gets as many of its characters as fit, and no more than that. */
static void grow(struct draft *d, struct value *value, size_t characters)
{
	cut(value, characters);
	while (!fits(d) && characters-- > 0)
		cut(value, characters);
}

/* False: there are more values than a text of ours can have. */
static bool draft_begin(struct draft *d, const char *text, const struct template_value values[])
{
	size_t count = 0;

	*d = (struct draft){.text = text};
	for (; values[count].name && count < VALUES_MAX; count++) {
		d->values[count] = values[count];
		for (size_t i = 0; i < CUTTABLE; i++)
			if (strcmp(values[count].name, cuttable[i]) == 0) {
				d->value[i].whole = values[count].value;
				d->values[count].value = d->value[i].cut;
			}
	}
	return !values[count].name;
}

/* Cuts values until the text fits. NULL: it does not fit without any. */
static char *fit(const char *text, const struct template_value values[])
{
	static const size_t most[] = {SHARE, VALUE_MAX - sizeof(MARK)};
	struct draft d;

	if (!draft_begin(&d, text, values) || !fits(&d)) {
		memory_free(d.rendered);
		return NULL;
	}
	for (size_t turn = 0; turn < sizeof(most) / sizeof(most[0]); turn++)
		for (size_t i = 0; i < CUTTABLE; i++)
			if (d.value[i].whole)
				grow(&d, &d.value[i], most[turn]);
	return d.rendered; /* transferred */
}

char *wording_render(const char *text, const struct template_value values[], bool one_segment)
{
	char *whole = NULL, *shorter;

	if (template_render(text, TEMPLATE_PLAIN, values, &whole) < 0 || !one_segment ||
	    sms_measure(whole).segments <= 1)
		return whole;
	shorter = fit(text, values);
	if (!shorter)
		return whole;
	memory_free(whole);
	return shorter;
}
