#include "tools/otpctl/setup_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN "# >>> whatsapp-otpctl setup\n"
#define END "# <<< whatsapp-otpctl setup\n"
#define WHATSAPP "whatsapp"
#define SMS "sms"
#define TEXT_MAX 1024

/* What there is. */

static const struct config_channel *first_of_kind(const struct config *config, enum channel_kind kind)
{
	for (size_t i = 0; i < config->channel_count; i++)
		if (config->channels[i].kind == kind)
			return &config->channels[i];
	return NULL;
}

static void join(char *const *words, const char *first, char text[static TEXT_MAX])
{
	size_t at = (size_t)snprintf(text, TEXT_MAX, "%s", first);

	for (; *words && at < TEXT_MAX; words++)
		if (strcmp(*words, first) != 0)
			at += (size_t)snprintf(text + at, TEXT_MAX - at, "%s%s", at > 0 ? " " : "", *words);
}

static void offer_whatsapp(const struct config_channel *c, struct setup_answers *answers)
{
	const struct {
		enum setup_key key;
		const char *text;
	} rows[] = {
		{SETUP_PHONE_NUMBER_ID, c->phone_number_id},
		{SETUP_WABA_ID, c->waba_id},
		{SETUP_TEMPLATE, c->template},
		{SETUP_API_VERSION, c->api_version},
		{SETUP_BASE_URL, c->base_url},
		{SETUP_CA_FILE, c->ca_file},
	};
	char languages[TEXT_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].text[0])
			setup_answers_offer(answers, rows[i].key, rows[i].text);
	join(c->languages, c->language, languages);
	setup_answers_offer(answers, SETUP_LANGUAGES, languages);
}

static void offer_sms(const struct config_channel *c, struct setup_answers *answers)
{
	const struct {
		enum setup_key key;
		const char *text;
	} rows[] = {
		{SETUP_SMS_ACCOUNT, c->account},
		{SETUP_SMS_USER, c->user},
		{SETUP_SMS_SENDER, c->sender},
		{SETUP_SMS_BASE_URL, c->base_url},
	};

	if (!setup_gateway_find(c->driver))
		return;
	setup_answers_offer(answers, SETUP_SMS, c->driver);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].text[0])
			setup_answers_offer(answers, rows[i].key, rows[i].text);
}

void setup_config_offer(const struct config *present, struct setup_answers *answers)
{
	const struct config_channel *whatsapp = first_of_kind(present, CHANNEL_WHATSAPP);
	const struct config_channel *sms = first_of_kind(present, CHANNEL_SMS);
	const struct config_policy *policy = config_policy(present, "default");
	char countries[TEXT_MAX];

	if (whatsapp && strcmp(whatsapp->driver, "whatsapp_cloud") == 0)
		offer_whatsapp(whatsapp, answers);
	if (sms)
		offer_sms(sms, answers);
	if (present->core.hostname[0])
		setup_answers_offer(answers, SETUP_HOSTNAME, present->core.hostname);
	join(present->limits.countries, "", countries);
	setup_answers_offer(answers, SETUP_COUNTRIES, countries);
	if (policy)
		setup_answers_offer(answers, SETUP_UNENROLLED,
				    policy->unenrolled == UNENROLLED_IGNORE ? "ignore" : "deny");
}

/* What is written. */

static const char *value(const struct setup *setup, enum setup_key key)
{
	return setup_answers_value(&setup->answers, key);
}

static void put(FILE *out, const char *key, const char *text)
{
	if (text[0])
		fprintf(out, "\t%s = \"%s\"\n", key, text);
}

static void put_list(FILE *out, const char *key, const char *words)
{
	size_t n = 0;

	fprintf(out, "\t%s = {", key);
	while (words[n = strspn(words, " ")]) {
		words += n;
		n = strcspn(words, " ");
		fprintf(out, "\"%.*s\"%s", (int)n, words, words[n + strspn(words + n, " ")] ? ", " : "");
		words += n;
	}
	fprintf(out, "}\n");
}

static void put_core(FILE *out, const struct setup *setup)
{
	const struct config *present = setup->present;

	fprintf(out, "core {\n");
	put(out, "hostname", value(setup, SETUP_HOSTNAME));
	if (present && strncmp(present->core.master_key, "file:", 5) == 0)
		put(out, "master_key", present->core.master_key);
	fprintf(out, "}\n");
}

/* What an admin has decided on is kept; else the account says whether it may be asked. */
const char *setup_config_receipts(const struct setup *setup)
{
	const struct config_channel *c = setup->present ? first_of_kind(setup->present, CHANNEL_WHATSAPP) : NULL;

	if (c && c->receipts == RECEIPTS_WEBHOOK)
		return "webhook";
	return setup->poll || (setup->unchecked && c && c->receipts == RECEIPTS_POLL) ? "poll" : "none";
}

static void put_whatsapp(FILE *out, const struct setup *setup)
{
	const char *languages = value(setup, SETUP_LANGUAGES);

	fprintf(out, "channel \"" WHATSAPP "\" {\n\tdriver = whatsapp_cloud\n");
	put(out, "phone_number_id", value(setup, SETUP_PHONE_NUMBER_ID));
	put(out, "waba_id", value(setup, SETUP_WABA_ID));
	put(out, "api_version", value(setup, SETUP_API_VERSION));
	put(out, "base_url", value(setup, SETUP_BASE_URL));
	put(out, "ca_file", value(setup, SETUP_CA_FILE));
	put(out, "token", "credential:meta-token");
	put(out, "template", value(setup, SETUP_TEMPLATE));
	fprintf(out, "\tlanguage = \"%.*s\"\n", (int)strcspn(languages, " "), languages);
	put_list(out, "languages", languages);
	fprintf(out, "\treceipts = %s\n}\n", setup_config_receipts(setup));
}

static void put_sms(FILE *out, const struct setup *setup)
{
	const struct setup_gateway *gateway = setup_gateway_find(value(setup, SETUP_SMS));

	if (!gateway)
		return;
	fprintf(out, "channel \"" SMS "\" {\n\tdriver = %s\n", gateway->driver);
	if (gateway->base_url)
		put(out, "base_url", value(setup, SETUP_SMS_BASE_URL));
	if (gateway->account)
		put(out, "account", value(setup, SETUP_SMS_ACCOUNT));
	if (gateway->user)
		put(out, "user", value(setup, SETUP_SMS_USER));
	put(out, "sender", value(setup, SETUP_SMS_SENDER));
	put(out, gateway->secret_key, "credential:sms-key");
	fprintf(out, "}\n");
}

static void put_rest(FILE *out, const struct setup *setup)
{
	bool sms = setup_gateway_find(value(setup, SETUP_SMS));

	fprintf(out, "route \"default\" {\n\tchannels = {\"" WHATSAPP "\"%s}\n}\n", sms ? ", \"" SMS "\"" : "");
	fprintf(out, "policy \"default\" {\n\tunenrolled = %s\n}\n", value(setup, SETUP_UNENROLLED));
	if (value(setup, SETUP_COUNTRIES)[0]) {
		fprintf(out, "limits {\n");
		put_list(out, "countries", value(setup, SETUP_COUNTRIES));
		fprintf(out, "}\n");
	}
}

static void put_block(FILE *out, const struct setup *setup)
{
	fprintf(out,
		BEGIN "# Written by whatsapp-otpctl setup, which writes it anew when it runs again, and leaves the "
		      "other lines alone.\n");
	put_core(out, setup);
	put_whatsapp(out, setup);
	put_sms(out, setup);
	put_rest(out, setup);
	fprintf(out, END);
}

/* Where the block of a text is; false: it has none. */
static bool find_block(const char *text, const char **ret_begin, const char **ret_end)
{
	const char *begin = strstr(text, BEGIN), *end = begin ? strstr(begin, END) : NULL;

	if (!end || (begin > text && begin[-1] != '\n'))
		return false;
	*ret_begin = begin;
	*ret_end = end + strlen(END);
	return true;
}

bool setup_config_is_ours(const char *text)
{
	const char *begin, *end;

	return find_block(text, &begin, &end);
}

char *setup_config_text(const struct setup *setup, const char *old)
{
	const char *begin = NULL, *end = NULL;
	bool ours = old && find_block(old, &begin, &end);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (ours)
		fprintf(out, "%.*s", (int)(begin - old), old);
	else
		fprintf(out, "# One-time codes over WhatsApp: see whatsapp-otp.conf(5), and whatsapp-otpctl config "
			     "check.\n\n");
	put_block(out, setup);
	if (ours)
		fputs(end, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}
