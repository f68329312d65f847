/*
 * What a provider answers: the first byte picks the channel, the next two the status, the rest is the body. Whatever it
 * is, there is one answer, and it may travel to the core.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/fake_provider.h"

#include <stdlib.h>
#include <string.h>

static char name[] = "fuzz", id[] = "1", version[] = "v25.0", template[] = "t", language[] = "en_US", *token,
	    url[] = "https://sms.example/", body[] = "{to}{text}", pointer[] = "/data/0/id", value[] = "true";
static struct fake_provider provider;
static struct config_channel meta, gateway, plain;
static struct target {
	const struct channel_ops *ops;
	const struct config_channel *section;
	void *channel;
} targets[] = {
	{&channel_whatsapp_cloud, &meta, NULL},
	{&channel_http, &gateway, NULL},
	{&channel_http, &plain, NULL},
};
#define TARGETS (sizeof(targets) / sizeof(targets[0]))

static const struct channel_message message = {
	.id = "id", .to = "+966501234567", .code = "123456", .lang = "", .text = "123456", .timeout_ms = 1000};

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

static void open_channels(void)
{
	char why[CONFIG_WHY_MAX];

	token = fake_secret("token");
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
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
	call = fake_send(target->ops, target->channel, &message);
	check(&call);
	call = fake_probe(target->ops, target->channel);
	check(&call);
	free(text);
	return 0;
}
