/*
 * What a provider posts: the first byte picks the parser, the second how it comes (a JSON body, a form, a query), the
 * rest is that. Whatever it is: nobody guesses a signature, what is found may travel to the core, and a refusal has a
 * sentence.
 */
#include "daemon/webhook/parser.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static char id[] = "106540352242922", template[] = "verification_code", meta[] = "whatsapp_cloud", ycloud[] = "ycloud",
	    none[] = "", sender[] = "+15550783881", key[] = "0c7d5e0b9f1a4e55b0f3a1a5b7c4d2e6";
static struct config_channel channels[] = {
	{.name = meta, .driver = meta, .phone_number_id = id, .template = template, .waba_id = none, .sender = none},
	{.name = ycloud,
	 .driver = ycloud,
	 .phone_number_id = none,
	 .template = template,
	 .waba_id = none,
	 .sender = sender},
};
static struct config config = {.channels = channels, .channel_count = 2};
static const struct secret secret = {key, sizeof(key) - 1};
static const struct parser_context context = {&config, &secret, &secret};

static const struct parser *const parsers[] = {
	&parser_meta,    &parser_ycloud,   &parser_twilio,   &parser_vonage,
	&parser_infobip, &parser_unifonic, &parser_telegram, &parser_generic,
};
#define PARSERS (sizeof(parsers) / sizeof(parsers[0]))

static const char *const signature_headers[] = {"X-Hub-Signature-256", "YCloud-Signature",    "X-Twilio-Signature",
						"Authorization",       "X-Request-Signature", "X-Request-Timestamp"};
#define SIGNATURE_HEADERS (sizeof(signature_headers) / sizeof(signature_headers[0]))
static const char *const types[] = {"application/json", "application/x-www-form-urlencoded", ""};
enum { SHAPE_JSON, SHAPE_FORM, SHAPE_QUERY, SHAPES };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void must_travel(const struct wire_message *message, const void *body)
{
	char data[WIRE_DATAGRAM_MAX];

	must(wire_encode(message, body, data, sizeof(data)) > 0);
}

static void on_receipt(void *userdata, const struct receipt *receipt)
{
	struct receipt copy = *receipt;

	memcpy(copy.provider, userdata, strlen(userdata) + 1);
	must(copy.id[0] || copy.message_id[0]);
	must(copy.state != RECEIPT_FAILED || copy.why.detail[0]);
	must_travel(&wire_receipt, &copy);
}

static void on_signal(void *userdata, const struct signal *signal)
{
	struct signal copy = *signal;

	memcpy(copy.provider, userdata, strlen(userdata) + 1);
	must(copy.detail[0] && copy.event[0]);
	must_travel(&wire_signal, &copy);
}

static void run(const struct parser *parser, const struct parser_request *request)
{
	char why[WIRE_WHY_MAX] = "", answer[PARSER_GREETING_MAX] = "";
	const struct parser_sink sink = {on_receipt, on_signal, (void *)(uintptr_t)parser->provider->name};
	int r = parser->parse(&context, request, &sink, why);

	must((r < 0) == (why[0] != '\0') && wire_text_ok(why, strlen(why)));
	must(parser->verify(&context, request) < 0);
	must(!parser->greet || parser->greet(&context, request, answer) < 0);
}

/* The text's first line is every header that a parser may look at. */
static size_t headers_of(char *line, const char *type, struct parser_pair headers[static SIGNATURE_HEADERS + 1])
{
	line[strcspn(line, "\n")] = '\0';
	for (size_t i = 0; i < SIGNATURE_HEADERS; i++)
		headers[i] = (struct parser_pair){signature_headers[i], line};
	headers[SIGNATURE_HEADERS] = (struct parser_pair){"Content-Type", type};
	return SIGNATURE_HEADERS + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parser_pair headers[SIGNATURE_HEADERS + 1], pairs[PARSER_PAIRS_MAX];
	unsigned shape = size < 2 ? SHAPE_JSON : data[1] % SHAPES;
	size_t length = size < 2 ? 0 : size - 2;
	char *body = calloc(1, length + 1), *query = calloc(1, length + 1), *line = calloc(1, length + 1);
	struct parser_request request = {.method = shape == SHAPE_QUERY ? "GET" : "POST",
					 .url = "https://otp.example/hook",
					 .rest = "",
					 .headers = headers,
					 .query = pairs,
					 .now = 1790000104};
	int n;

	must(body && query && line);
	if (length > 0) {
		memcpy(body, data + 2, length);
		memcpy(query, data + 2, length);
		memcpy(line, data + 2, length);
	}
	request.header_count = headers_of(line, types[shape], headers);
	request.body = body;
	request.length = shape == SHAPE_QUERY ? 0 : length;
	if (shape == SHAPE_QUERY)
		body[0] = '\0';
	n = shape == SHAPE_QUERY ? form_decode(query, length, pairs, PARSER_PAIRS_MAX) : 0;
	request.query_count = n < 0 ? 0 : (size_t)n;
	run(parsers[size ? data[0] % PARSERS : 0], &request);
	free(body);
	free(query);
	free(line);
	return 0;
}
