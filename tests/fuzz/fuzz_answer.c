/*
 * What a provider answers: the first byte picks the channel, the next two the status, the rest is the body. Whatever it
 * is, there is one answer, and it may travel to the core.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/fake_provider.h"

#include <stdlib.h>
#include <string.h>

static char name[] = "fuzz", id[] = "1", version[] = "v25.0", template[] = "t", language[] = "en_US", *token,
	    url[] = "https://sms.example/", body[] = "{to}{text}", pointer[] = "/data/0/id", value[] = "true",
	    number[] = "+14155550100", account[] = "AC0123456789abcdef0123456789abcdef",
	    content[] = "HX0123456789abcdef0123456789abcdef", otp[] = "otp", chat[] = "777000123456",
	    bot_name[] = "fuzz_bot", error[] = "/error", bad[] = "1=undeliverable", busy[] = "busy=transient",
	    *errors[] = {bad, busy, NULL}, poll_url[] = "https://sms.example/{message_id}", poll_method[] = "GET",
	    state[] = "/data/0/state", done[] = "1=delivered", lost[] = "lost=failed", *states[] = {done, lost, NULL};
static struct fake_provider provider;
static struct config_channel meta, gateway, plain, ycloud[3], twilio[3], sms, codes, telegram;
static struct target {
	const struct channel_ops *ops;
	const struct config_channel *section;
	void *channel;
	const char *message_id; /* to poll for; NULL: not this one */
} targets[] = {
	{&channel_whatsapp_cloud, &meta, NULL, "wamid.1"},
	{&channel_http, &gateway, NULL, "id-1"},
	{&channel_http, &plain, NULL, NULL},
	{&channel_ycloud, &ycloud[0], NULL, "63f71fdc"},
	{&channel_ycloud, &ycloud[1], NULL, "63f71fdc"},
	{&channel_ycloud_voice, &ycloud[2], NULL, "63f71fdc"},
	{&channel_twilio, &twilio[0], NULL, "SM0123456789abcdef0123456789abcdef"},
	{&channel_twilio, &twilio[1], NULL, "MM0123456789abcdef0123456789abcdef"},
	{&channel_twilio_voice, &twilio[2], NULL, "CA0123456789abcdef0123456789abcdef"},
	{&channel_vonage, &sms, NULL, NULL},
	{&channel_infobip, &sms, NULL, "id-1"},
	{&channel_unifonic, &sms, NULL, NULL},
	{&channel_authentica, &sms, NULL, NULL},
	{&channel_authentica, &codes, NULL, NULL},
	{&channel_telegram_gateway, &telegram, NULL, "id-1"},
	{&channel_telegram_bot, &telegram, NULL, NULL},
};
#define TARGETS (sizeof(targets) / sizeof(targets[0]))

static const struct channel_message message = {.id = "id",
					       .to = "+966501234567",
					       .code = "123456",
					       .lang = "",
					       .text = "123456",
					       .text_lang = "en",
					       .timeout_ms = 1000};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void close_channels(void)
{
	for (size_t i = 0; i < TARGETS; i++)
		targets[i].ops->close(targets[i].channel);
	fake_secret_remove(token);
}

/* One of each kind that a provider has two drivers for. */
static void fill_pairs(void)
{
	static const enum channel_kind kinds[] = {CHANNEL_WHATSAPP, CHANNEL_SMS, CHANNEL_VOICE};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		ycloud[i] = fake_section;
		ycloud[i].name = name;
		ycloud[i].kind = kinds[i];
		ycloud[i].token = token;
		ycloud[i].sender = number;
		ycloud[i].template = template;
		ycloud[i].language = language;
		twilio[i] = ycloud[i];
		twilio[i].account = account;
	}
	twilio[0].content_sid = content;
}

static void fill_single(void)
{
	sms = fake_section;
	sms.name = name;
	sms.kind = CHANNEL_SMS;
	sms.token = sms.password = token;
	sms.base_url = url;
	sms.user = sms.account = account;
	sms.sender = number;
	codes = telegram = sms;
	codes.mode = otp;
	telegram.kind = CHANNEL_TELEGRAM;
	telegram.bot_name = bot_name;
}

static void open_channels(void)
{
	char why[CONFIG_WHY_MAX];

	token = fake_secret("1:token");
	fake_provider_init(&provider);
	meta = gateway = fake_section;
	meta.name = gateway.name = name;
	meta.token = token;
	meta.phone_number_id = id;
	meta.api_version = version;
	meta.template = template;
	meta.language = language;
	gateway.url = url;
	gateway.body = body;
	plain = gateway;
	gateway.success_pointer = gateway.id_pointer = pointer;
	plain.success_value = value;
	plain.errors = errors;
	gateway.error_pointer = error;
	gateway.errors = errors;
	gateway.poll_url = poll_url;
	gateway.poll_method = poll_method;
	gateway.poll_pointer = state;
	gateway.poll_states = states;
	fill_pairs();
	fill_single();
	for (size_t i = 0; i < TARGETS; i++)
		must(targets[i].ops->open(targets[i].section, &provider.http, &targets[i].channel, why) == 0);
	atexit(close_channels);
}

static void check(const struct fake_call *call)
{
	const struct channel_answer *a = &call->answer;
	const char *const texts[] = {a->why.code, a->why.detail, a->trace, a->message_id};

	must(call->count == 1);
	must(a->sent || (a->why.code[0] && a->why.detail[0]));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		must(wire_text_ok(texts[i], strlen(texts[i])));
	must(!a->retry || a->why.failure == FAILURE_TRANSIENT);
}

static void on_linked(void *userdata, const char *nonce, const char *address)
{
	(void)userdata;
	must(wire_text_ok(nonce, strlen(nonce)) && *nonce && strlen(nonce) < WIRE_ID_MAX);
	must(*address && address[strspn(address, "0123456789")] == '\0');
}

/* What can be asked besides sending. */
static void ask(const struct target *target)
{
	const struct channel_link_listener listener = {on_linked, NULL};
	struct fake_call call = fake_probe(target->ops, target->channel);

	check(&call);
	if (target->message_id) {
		call = fake_poll(target->ops, target->channel, target->message_id);
		check(&call);
	}
	if (target->ops->revoke) {
		call = fake_revoke(target->ops, target->channel, chat, "1");
		check(&call);
	}
	if (target->ops->look_for_links) {
		call = fake_links(target->ops, target->channel, &listener);
		check(&call);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct channel_message sent = message;
	struct target *target;
	struct fake_call call;
	char *text;

	if (!token)
		open_channels();
	if (size < 3)
		return 0;
	target = &targets[data[0] % TARGETS];
	text = calloc(1, size);
	must(text);
	memcpy(text, data + 3, size - 3);
	provider.answer = (struct http_answer){
		.outcome = HTTP_ANSWERED,
		.status = (data[1] % 6) * 100 + data[2] % 100,
		.body = text,
		.length = size - 3,
		.error = "",
	};
	if (target->ops->look_for_links) /* a bot: it writes to chats */
		sent.to = chat;
	call = fake_send(target->ops, target->channel, &sent);
	check(&call);
	ask(target);
	free(text);
	return 0;
}
