/*
 * daemon/webhook/parser_*: what providers other than Meta tell, in bodies of our own making, and what proves that it
 * was they. Whatever is changed, old, unsigned or repeated leaves nothing behind.
 */
#include "daemon/webhook/finding.h"
#include "daemon/webhook/parser.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NOW 1790000104
#define ID "7f3c1e9a5b0d4c2e"
#define FOUND_MAX 4
#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

static char key[] = "test-secret-0123456789";
static const struct secret secret = {key, sizeof(key) - 1};

/* A request that is being made, and what came of it. */
struct post {
	const struct parser *parser;
	struct parser_request request;
	struct parser_pair headers[8], query[16];
	const struct secret *secret;
	size_t receipts, signals;
	struct receipt receipt[FOUND_MAX];
	struct signal signal[FOUND_MAX];
	char why[WIRE_WHY_MAX];
};

static char ycloud[] = "ycloud", sender[] = "+15550783881", template[] = "verification_code", waba[] = "1234567890",
	    empty[] = "", http[] = "http", e7[] = "E7=undeliverable", e8[] = "E=8=config", e9[] = "12=transient";
static char *no_errors[] = {NULL}, *errors[] = {e7, e8, e9, NULL};
static struct config_channel channels[] = {
	{.driver = ycloud, .kind = CHANNEL_WHATSAPP, .sender = sender, .template = template, .waba_id = waba},
	{.driver = ycloud, .kind = CHANNEL_SMS, .sender = empty, .template = empty, .waba_id = empty},
	{.driver = http, .errors = no_errors},
	{.driver = http, .errors = errors},
};
static const struct config config = {.channels = channels, .channel_count = COUNT(channels)};

static struct post post_of(const struct parser *parser, const char *method, const char *type, const char *body)
{
	struct post post = {
		.parser = parser,
		.request = {.method = method, .url = "", .rest = "", .body = body, .length = strlen(body), .now = NOW},
		.secret = &secret,
	};

	if (type)
		post.headers[post.request.header_count++] = (struct parser_pair){"content-type", type};
	return post;
}

static void header_add(struct post *post, const char *name, const char *value)
{
	assert_true(post->request.header_count < COUNT(post->headers));
	post->headers[post->request.header_count++] = (struct parser_pair){name, value};
}

static void query_add(struct post *post, const char *name, const char *value)
{
	assert_true(post->request.query_count < COUNT(post->query));
	post->query[post->request.query_count++] = (struct parser_pair){name, value};
}

static void on_receipt(void *userdata, const struct receipt *receipt)
{
	struct post *post = userdata;

	if (post->receipts < FOUND_MAX)
		post->receipt[post->receipts] = *receipt;
	post->receipts++;
}

static void on_signal(void *userdata, const struct signal *signal)
{
	struct post *post = userdata;

	if (post->signals < FOUND_MAX)
		post->signal[post->signals] = *signal;
	post->signals++;
}

/* As the listener does it: 0, -EACCES or -EBADMSG. */
static int receive(struct post *post)
{
	const struct parser_context context = {.config = &config, .secret = post->secret};
	const struct parser_sink sink = {on_receipt, on_signal, post};
	int r;

	post->request.headers = post->headers;
	post->request.query = post->query;
	post->receipts = post->signals = 0;
	r = post->parser->verify(&context, &post->request);
	if (r == 0)
		r = post->parser->parse(&context, &post->request, &sink, post->why);
	if (r < 0)
		assert_int_equal(post->receipts + post->signals, 0);
	return r;
}

static void assert_refused(struct post *post)
{
	assert_int_equal(receive(post), -EACCES);
}

static void assert_malformed(struct post *post)
{
	assert_int_equal(receive(post), -EBADMSG);
	assert_true(wire_text_ok(post->why, strlen(post->why)));
	assert_true(strlen(post->why) > 10);
	assert_null(strstr(post->why, ID));
}

static void assert_nothing(struct post *post)
{
	assert_int_equal(receive(post), 0);
	assert_int_equal(post->receipts + post->signals, 0);
}

static void assert_receipt(struct post *post, const char *message_id, enum receipt_state state)
{
	assert_int_equal(receive(post), 0);
	assert_int_equal(post->receipts, 1);
	assert_int_equal(post->signals, 0);
	assert_string_equal(post->receipt[0].id, ID);
	assert_string_equal(post->receipt[0].message_id, message_id);
	assert_int_equal(post->receipt[0].state, state);
	if (state != RECEIPT_FAILED)
		assert_string_equal(post->receipt[0].why.code, "");
}

/* Signatures, made without the code that checks them. */

/* A text that stays while a few more are made. */
static char *room(void)
{
	static char texts[32][256];
	static size_t next;

	return texts[next++ % COUNT(texts)];
}

static void hmac_of(const EVP_MD *digest, const void *with, size_t with_length, const char *front, const char *body,
		    size_t length, unsigned char out[static 32])
{
	size_t used = strlen(front);
	unsigned char *all = malloc(used + length + 1);

	assert_non_null(all);
	memcpy(all, front, used);
	memcpy(all + used, body, length);
	assert_non_null(HMAC(digest, with, (int)with_length, all, used + length, out, NULL));
	free(all);
}

static const char *hex_of(const unsigned char digest[static 32], char text[static 65])
{
	for (size_t i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

static void sign_ycloud(struct post *post, long at)
{
	unsigned char digest[32];
	char front[32], hex[65], *text = room();

	snprintf(front, sizeof(front), "%ld.", at);
	hmac_of(EVP_sha256(), secret.data, secret.length, front, post->request.body, post->request.length, digest);
	snprintf(text, 256, "t=%ld,s=%s", at, hex_of(digest, hex));
	header_add(post, "ycloud-signature", text);
}

static void sign_telegram(struct post *post, long at)
{
	unsigned char digest[32], hashed[32];
	char front[32], *text = room();

	assert_int_equal(EVP_Digest(secret.data, secret.length, hashed, NULL, EVP_sha256(), NULL), 1);
	snprintf(text, 256, "%ld", at);
	snprintf(front, sizeof(front), "%ld\n", at);
	hmac_of(EVP_sha256(), hashed, 32, front, post->request.body, post->request.length, digest);
	header_add(post, "x-request-timestamp", text);
	header_add(post, "x-request-signature", hex_of(digest, room()));
}

/* signed_text: URL, then keys and values in order, by hand. */
static void sign_twilio(struct post *post, const char *signed_text)
{
	unsigned char digest[32];
	char *text = room();

	hmac_of(EVP_sha1(), secret.data, secret.length, "", signed_text, strlen(signed_text), digest);
	EVP_EncodeBlock((unsigned char *)text, digest, 20);
	header_add(post, "x-twilio-signature", text);
}

/* signed_text: "&key=value…", by hand. */
static const char *sign_vonage(const char *signed_text)
{
	unsigned char digest[32];
	char *hex = room();

	hmac_of(EVP_sha256(), secret.data, secret.length, "", signed_text, strlen(signed_text), digest);
	hex_of(digest, hex);
	for (char *c = hex; *c; c++)
		*c = (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
	return hex;
}

static struct post ycloud_post(const char *body)
{
	struct post post = post_of(&parser_ycloud, "POST", JSON, body);

	sign_ycloud(&post, NOW);
	return post;
}

/* YCloud. */

#define EVENT(type, object, members)                                                                                   \
	"{\"id\":\"evt_1\",\"type\":\"" type "\",\"apiVersion\":\"v2\",\"createTime\":\"2026-11-21T18:52:04.000Z\","   \
	"\"" object "\":{\"to\":\"+16505551234\",\"from\":\"+15550783881\",\"new\":[{}]," members "}}"
#define WHATSAPP(members)                                                                                              \
	EVENT("whatsapp.message.updated", "whatsappMessage",                                                           \
	      "\"id\":\"63f5d602\",\"wamid\":\"wamid.X\",\"externalId\":\"" ID "\"," members)
#define API_ERROR(code) "\"whatsappApiError\":{\"message\":\"m\",\"code\":" code "}"

static void test_ycloud_tells_what_became_of_a_message(void **state)
{
	static const struct {
		const char *body, *code;
		enum receipt_state state;
		enum breaker breaker;
		enum alarm alarm;
	} rows[] = {
		{WHATSAPP("\"status\":\"accepted\""), "", RECEIPT_ACCEPTED, 0, 0},
		{WHATSAPP("\"status\":\"sent\""), "", RECEIPT_SENT, 0, 0},
		{WHATSAPP("\"status\":\"delivered\""), "", RECEIPT_DELIVERED, 0, 0},
		{WHATSAPP("\"status\":\"READ\""), "", RECEIPT_READ, 0, 0},
		{WHATSAPP("\"status\":\"failed\",\"errorCode\":\"131026\"," API_ERROR("\"131026\"")), "131026",
		 RECEIPT_FAILED, BREAKER_RECIPIENT, ALARM_NONE},
		{WHATSAPP("\"status\":\"failed\"," API_ERROR("132015")), "132015", RECEIPT_FAILED, BREAKER_TEMPLATE,
		 ALARM_NOW},
		{WHATSAPP("\"status\":\"failed\",\"errorCode\":131042"), "131042", RECEIPT_FAILED, BREAKER_CHANNEL,
		 ALARM_NOW},
		{WHATSAPP("\"status\":\"failed\",\"errorCode\":\"RECIPIENT_UNSUBSCRIBED\""), "RECIPIENT_UNSUBSCRIBED",
		 RECEIPT_FAILED, BREAKER_RECIPIENT, ALARM_NONE},
		{WHATSAPP("\"status\":\"failed\",\"errorCode\":\"NEW_WORD\""), "NEW_WORD", RECEIPT_FAILED, BREAKER_NONE,
		 ALARM_NOW},
		{WHATSAPP("\"status\":\"failed\",\"errorCode\":null"), "", RECEIPT_FAILED, BREAKER_NONE, ALARM_OFTEN},
		{EVENT("sms.message.updated", "sms",
		       "\"id\":\"63f5d602\",\"externalId\":\"" ID "\",\"status\":\"undelivered\""),
		 "", RECEIPT_FAILED, BREAKER_NONE, ALARM_OFTEN},
		{EVENT("voice.message.updated", "voice",
		       "\"id\":\"63f5d602\",\"verificationCode\":\"123456\",\"externalId\":\"" ID
		       "\",\"status\":\"delivered\""),
		 "", RECEIPT_DELIVERED, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct post post = ycloud_post(rows[i].body);

		assert_receipt(&post, "63f5d602", rows[i].state);
		assert_string_equal(post.receipt[0].why.code, rows[i].code);
		assert_int_equal(post.receipt[0].why.breaker, rows[i].breaker);
		assert_int_equal(post.receipt[0].why.alarm, rows[i].alarm);
		assert_int_equal(post.receipt[0].at, 1795287124);
	}
}

static void test_ycloud_tells_when(void **state)
{
	struct post post = ycloud_post(
		WHATSAPP("\"status\":\"delivered\",\"sendTime\":\"2026-11-21T18:52:01.000Z\","
			 "\"deliverTime\":\"2026-11-21T21:52:02.500+03:00\",\"updateTime\":\"2026-11-21T18:52:03Z\""));

	(void)state;
	assert_receipt(&post, "63f5d602", RECEIPT_DELIVERED);
	assert_int_equal(post.receipt[0].at, 1795287122);
	post = ycloud_post(WHATSAPP("\"status\":\"failed\",\"updateTime\":\"2026-11-21T18:52:03Z\""));
	assert_receipt(&post, "63f5d602", RECEIPT_FAILED);
	assert_int_equal(post.receipt[0].at, 1795287123);
}

#define INBOUND(to, members)                                                                                           \
	"{\"id\":\"evt_1\",\"type\":\"whatsapp.inbound_message.received\",\"createTime\":\"2026-11-21T18:52:04Z\","    \
	"\"whatsappInboundMessage\":{\"id\":\"1\",\"from\":\"+16505551234\",\"to\":\"" to "\"," members "}}"
#define TEMPLATE(type, name, members)                                                                                  \
	EVENT("whatsapp.template." type, "whatsappTemplate",                                                           \
	      "\"wabaId\":\"1234567890\",\"name\":\"" name "\",\"language\":\"en-US\"," members)
#define BUTTON "\"type\":\"button\",\"button\":{\"payload\":\"DID_NOT_REQUEST_CODE\",\"text\":\"t\"}"
#define NUMBER(number, event)                                                                                          \
	EVENT("whatsapp.phone_number.quality_updated", "whatsappPhoneNumber",                                          \
	      "\"phoneNumber\":\"" number "\",\"qualityUpdateEvent\":\"" event "\"")
#define ACCOUNT(id, event)                                                                                             \
	EVENT("whatsapp.business_account.updated", "whatsappBusinessAccount",                                          \
	      "\"id\":\"" id "\",\"updateEvent\":\"" event "\"")

static void test_ycloud_tells_what_else_happens(void **state)
{
	static const struct {
		const char *body;
		enum signal_kind kind;
		const char *event, *subject, *phone, *message_id;
		enum alarm alarm;
		enum { NEITHER, HEALTHY, STOPS } effect;
	} rows[] = {
		{INBOUND("+15550783881", BUTTON ",\"context\":{\"from\":\"1\",\"id\":\"wamid.X\"}"),
		 SIGNAL_NOT_REQUESTED, "DID_NOT_REQUEST_CODE", "", "+16505551234", "", ALARM_NOW, NEITHER},
		{INBOUND("15550783881", BUTTON), SIGNAL_NOT_REQUESTED, "DID_NOT_REQUEST_CODE", "", "+16505551234", "",
		 ALARM_NOW, NEITHER},
		{INBOUND("+15550783881", "\"type\":\"system\",\"system\":{\"type\":\"user_changed_number\"}"),
		 SIGNAL_NUMBER_CHANGED, "USER_CHANGED_NUMBER", "", "+16505551234", "", ALARM_NOW, NEITHER},
		{INBOUND("+15550783881", "\"type\":\"system\",\"system\":{\"type\":\"customer_identity_changed\"}"),
		 SIGNAL_IDENTITY, "CUSTOMER_IDENTITY_CHANGED", "", "+16505551234", "", ALARM_NOW, NEITHER},
		{TEMPLATE("reviewed", "verification_code", "\"status\":\"PAUSED\""), SIGNAL_TEMPLATE, "PAUSED",
		 "verification_code", "", "", ALARM_NOW, STOPS},
		{TEMPLATE("reviewed", "verification_code", "\"status\":\"APPROVED\""), SIGNAL_TEMPLATE, "APPROVED",
		 "verification_code", "", "", ALARM_NONE, HEALTHY},
		{TEMPLATE("reviewed", "verification_code", "\"status\":\"<script>\""), SIGNAL_TEMPLATE, "OTHER",
		 "verification_code", "", "", ALARM_NOW, NEITHER},
		{TEMPLATE("quality_updated", "verification_code", "\"qualityRating\":\"RED\""), SIGNAL_TEMPLATE,
		 "QUALITY_RED", "verification_code", "", "", ALARM_NOW, NEITHER},
		{TEMPLATE("category_updated", "verification_code", "\"category\":\"MARKETING\""), SIGNAL_TEMPLATE,
		 "CATEGORY_MARKETING", "verification_code", "", "", ALARM_NOW, NEITHER},
		{NUMBER("+15550783881", "FLAGGED"), SIGNAL_ACCOUNT, "FLAGGED", "number", "", "", ALARM_NOW, NEITHER},
		{NUMBER("+15550783881", "UNFLAGGED"), SIGNAL_ACCOUNT, "UNFLAGGED", "number", "", "", ALARM_NONE,
		 NEITHER},
		{EVENT("whatsapp.phone_number.deleted", "whatsappPhoneNumber", "\"phoneNumber\":\"+15550783881\""),
		 SIGNAL_ACCOUNT, "DELETED", "number", "", "", ALARM_NOW, STOPS},
		{ACCOUNT("1234567890", "ACCOUNT_RESTRICTION"), SIGNAL_ACCOUNT, "ACCOUNT_RESTRICTION", "account", "", "",
		 ALARM_NOW, NEITHER},
		{EVENT("whatsapp.business_account.updated", "whatsappBusinessAccount",
		       "\"id\":\"1234567890\",\"updateEvent\":\"ACCOUNT_RESTRICTION\",\"restrictions\":["
		       "{\"restrictionType\":\"RESTRICTED_BIZ_INITIATED_MESSAGING\"}]"),
		 SIGNAL_ACCOUNT, "ACCOUNT_RESTRICTION", "account", "", "", ALARM_NOW, STOPS},
		{EVENT("whatsapp.business_account.updated", "whatsappBusinessAccount",
		       "\"id\":\"1234567890\",\"updateEvent\":\"DISABLED_UPDATE\",\"banState\":\"REINSTATE\""),
		 SIGNAL_ACCOUNT, "REINSTATE", "account", "", "", ALARM_NONE, HEALTHY},
		{EVENT("whatsapp.business_account.reviewed", "whatsappBusinessAccount",
		       "\"id\":\"1234567890\",\"accountReviewStatus\":\"REJECTED\""),
		 SIGNAL_ACCOUNT, "REJECTED", "account", "", "", ALARM_NOW, NEITHER},
		{EVENT("whatsapp.business_account.deleted", "whatsappBusinessAccount", "\"id\":\"1234567890\""),
		 SIGNAL_ACCOUNT, "DELETED", "account", "", "", ALARM_NOW, STOPS},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct post post = ycloud_post(rows[i].body);
		const struct signal *signal = post.signal;

		assert_int_equal(receive(&post), 0);
		assert_int_equal(post.signals, 1);
		assert_int_equal(signal->kind, rows[i].kind);
		assert_string_equal(signal->event, rows[i].event);
		assert_string_equal(signal->subject, rows[i].subject);
		assert_string_equal(signal->phone, rows[i].phone);
		assert_string_equal(signal->message_id, rows[i].message_id);
		assert_int_equal(signal->alarm, rows[i].alarm);
		assert_int_equal(signal->healthy, rows[i].effect == HEALTHY);
		assert_int_equal(signal->stops, rows[i].effect == STOPS);
		assert_int_equal(signal->at, 1795287124);
		assert_string_equal(signal->lang, signal->kind == SIGNAL_TEMPLATE ? "en_US" : "");
		assert_true(signal->detail[0] != '\0');
	}
}

static void test_ycloud_what_is_not_ours_is_skipped(void **state)
{
	static const char *const bodies[] = {
		EVENT("whatsapp.smb.history", "whatsappMessage", "\"status\":\"delivered\""),
		EVENT("sms.message.updated", "whatsappMessage", "\"id\":\"1\",\"status\":\"delivered\""),
		WHATSAPP("\"status\":\"deleted\""),
		WHATSAPP("\"status\":5"),
		EVENT("sms.message.updated", "sms", "\"status\":\"delivered\""),
		INBOUND("+15550000000", BUTTON),
		INBOUND("+15550783881", "\"type\":\"text\",\"text\":{\"body\":\"123456\"}"),
		INBOUND("+15550783881", "\"type\":\"button\",\"button\":{\"payload\":\"YES\"}"),
		INBOUND("+15550783881", "\"type\":\"system\",\"system\":{\"type\":\"new\"}"),
		TEMPLATE("reviewed", "newsletter", "\"status\":\"PAUSED\""),
		NUMBER("+15550000000", "FLAGGED"),
		ACCOUNT("99", "ACCOUNT_RESTRICTION"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct post post = ycloud_post(bodies[i]);

		assert_nothing(&post);
	}
}

static void test_ycloud_garbage_is_no_event(void **state)
{
	static const char *const bodies[] = {
		"",
		"x",
		"[]",
		"{}",
		"{\"type\":5}",
		"{\"type\":\"a\",\"type\":\"a\"}",
		"{\"type\":\"sms.message.updated\"",
		"{\"type\":\"\xff\"}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct post post = ycloud_post(bodies[i]);

		assert_malformed(&post);
	}
}

static void test_ycloud_only_its_signature_proves_it(void **state)
{
	/* Around the right digits. */
	static const struct {
		const char *front, *back;
	} headers[] = {
		{"", ""},
		{"s=", ""},
		{"t=,s=", ""},
		{"t=1790000104,s=", ",s=00"},
		{"t=1790000104,t=1790000104,s=", ""},
		{"t=1790000104,s=", "00"},
		{"t=1790000104,s=0", ""},
		{"t=1790000104.0,s=", ""},
		{"t=1790000104,v=", ""},
		{"t=1790000105,s=", ""},
	};
	const char *body = WHATSAPP("\"status\":\"delivered\"");
	struct post good = ycloud_post(body), post;
	char copy[1024], other[] = "test-secret-0123456780", header[400], hex[65];
	const struct secret another = {other, sizeof(other) - 1};

	(void)state;
	assert_receipt(&good, "63f5d602", RECEIPT_DELIVERED);
	assert_receipt(&good, "63f5d602", RECEIPT_DELIVERED); /* said twice is the core's business */
	snprintf(hex, sizeof(hex), "%.64s", strstr(good.headers[1].value, "s=") + 2);
	for (size_t i = 0; i < COUNT(headers); i++) {
		snprintf(header, sizeof(header), "%s%s%s", headers[i].front, hex, headers[i].back);
		post = post_of(&parser_ycloud, "POST", JSON, body);
		header_add(&post, "YCloud-Signature", header);
		assert_refused(&post);
	}
	post = post_of(&parser_ycloud, "POST", JSON, body);
	assert_refused(&post); /* no header */
	header_add(&post, "YCloud-Signature", good.headers[1].value);
	post.secret = &another;
	assert_refused(&post);
	post.secret = &secret;
	header_add(&post, "YCLOUD-signature", good.headers[1].value); /* twice */
	assert_refused(&post);
	snprintf(copy, sizeof(copy), "%s", body);
	for (size_t i = 0; i < strlen(body); i++) {
		post = post_of(&parser_ycloud, "POST", JSON, copy);
		header_add(&post, "YCloud-Signature", good.headers[1].value);
		copy[i] ^= 1;
		assert_refused(&post);
		copy[i] ^= 1;
	}
	good.request.rest = "/more";
	assert_refused(&good);
}

static void test_ycloud_five_minutes(void **state)
{
	static const struct {
		int late;
		int result;
	} rows[] = {{0, 0}, {300, 0}, {-300, 0}, {301, -EACCES}, {-301, -EACCES}, {604800, -EACCES}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct post post = ycloud_post(WHATSAPP("\"status\":\"sent\""));

		post.request.now += rows[i].late;
		assert_int_equal(receive(&post), rows[i].result);
	}
}

/* Telegram Gateway. */

#define STATUS(status, members)                                                                                        \
	"{\"request_id\":\"REQ1\",\"phone_number\":\"+16505551234\",\"request_cost\":0.01,\"delivery_status\":"        \
	"{\"status\":\"" status "\",\"updated_at\":1790000100}" members "}"
#define OURS ",\"payload\":\"" ID "\""

static struct post telegram_post(const char *body)
{
	struct post post = post_of(&parser_telegram, "POST", JSON, body);

	sign_telegram(&post, NOW);
	return post;
}

static void test_telegram_tells_what_became_of_a_message(void **state)
{
	static const struct {
		const char *body;
		enum receipt_state state;
	} rows[] = {
		{STATUS("sent", OURS), RECEIPT_SENT},
		{STATUS("delivered", OURS), RECEIPT_DELIVERED},
		{STATUS("read", OURS), RECEIPT_READ},
		{STATUS("expired", OURS), RECEIPT_FAILED},
	};
	struct post post;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		post = telegram_post(rows[i].body);
		assert_receipt(&post, "REQ1", rows[i].state);
		assert_int_equal(post.receipt[0].at, 1790000100);
	}
	assert_string_equal(post.receipt[0].why.code, "expired");
	assert_int_equal(post.receipt[0].why.alarm, ALARM_NONE);
	post = telegram_post(STATUS("revoked", OURS)); /* by us */
	assert_nothing(&post);
	post = telegram_post("{\"request_id\":\"REQ1\",\"verification_status\":{\"status\":\"code_valid\"}}");
	assert_nothing(&post);
	post = telegram_post(STATUS("delivered", ""));
	assert_int_equal(receive(&post), 0);
	assert_string_equal(post.receipt[0].id, "");
	assert_string_equal(post.receipt[0].message_id, "REQ1");
	post = telegram_post("{\"ok\":true}");
	assert_malformed(&post);
	post = telegram_post("REQ1");
	assert_malformed(&post);
	assert_string_equal(parser_telegram.answer, "");
}

static void test_telegram_only_its_signature_proves_it(void **state)
{
	const char *body = STATUS("delivered", OURS);
	struct post post = telegram_post(body);
	char copy[512];

	(void)state;
	assert_receipt(&post, "REQ1", RECEIPT_DELIVERED);
	post.request.now += 301;
	assert_refused(&post);
	post = telegram_post(body);
	post.headers[1].value = "1790000105"; /* the time is signed */
	assert_refused(&post);
	post.headers[1].key = "x-other";
	assert_refused(&post);
	post = telegram_post(body);
	post.request.header_count--;
	assert_refused(&post);
	post = telegram_post(body);
	snprintf(copy, sizeof(copy), "%s", body);
	post.request.body = copy;
	for (size_t i = 0; i < strlen(body); i++) {
		copy[i] ^= 1;
		assert_refused(&post);
		copy[i] ^= 1;
	}
	assert_receipt(&post, "REQ1", RECEIPT_DELIVERED);
}

/* Twilio. */

#define URL "https://otp.example/hook/twilio?id=" ID
#define SMS(status) "MessageSid=SM1&MessageStatus=" status "&To=%2B16505551234&SmsStatus=x"
#define SMS_SIGNED(status) URL "MessageSidSM1MessageStatus" status "SmsStatusxTo+16505551234"
#define CALL(status) "CallSid=CA1&CallStatus=" status "&Digits=1+2"
#define CALL_SIGNED(status) URL "CallSidCA1CallStatus" status "Digits1 2"

static struct post twilio_post(const char *body, const char *signed_text)
{
	struct post post = post_of(&parser_twilio, "POST", FORM "; charset=UTF-8", body);

	post.request.url = URL;
	query_add(&post, "id", ID);
	sign_twilio(&post, signed_text);
	return post;
}

static void test_twilio_tells_what_became_of_a_message(void **state)
{
	static const struct {
		const char *body, *signed_text, *sid, *code;
		enum receipt_state state;
	} rows[] = {
		{SMS("queued"), SMS_SIGNED("queued"), "SM1", "", RECEIPT_ACCEPTED},
		{SMS("sent"), SMS_SIGNED("sent"), "SM1", "", RECEIPT_SENT},
		{SMS("delivered"), SMS_SIGNED("delivered"), "SM1", "", RECEIPT_DELIVERED},
		{SMS("read"), SMS_SIGNED("read"), "SM1", "", RECEIPT_READ},
		{SMS("canceled"), SMS_SIGNED("canceled"), "SM1", "canceled", RECEIPT_FAILED},
		{"ErrorCode=30005&" SMS("undelivered"),
		 URL "ErrorCode30005MessageSidSM1MessageStatusundeliveredSmsStatusxTo+16505551234", "SM1", "30005",
		 RECEIPT_FAILED},
		{CALL("ringing"), CALL_SIGNED("ringing"), "CA1", "", RECEIPT_SENT},
		{CALL("completed"), CALL_SIGNED("completed"), "CA1", "", RECEIPT_DELIVERED},
		{CALL("busy"), CALL_SIGNED("busy"), "CA1", "busy", RECEIPT_FAILED},
		{CALL("failed"), CALL_SIGNED("failed"), "CA1", "", RECEIPT_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct post post = twilio_post(rows[i].body, rows[i].signed_text);

		assert_receipt(&post, rows[i].sid, rows[i].state);
		assert_string_equal(post.receipt[0].why.code, rows[i].code);
		assert_int_equal(post.receipt[0].at, NOW);
	}
}

static void test_twilio_documents_this_signature(void **state)
{
	char token[] = "12345";
	const struct secret documented = {token, 5};
	struct post post = post_of(&parser_twilio, "POST", FORM,
				   "CallSid=CA1234567890ABCDE&Caller=%2B12349013030&Digits=1234&From=%2B12349013030&"
				   "To=%2B18005551212");

	(void)state;
	post.request.url = "https://mycompany.com/myapp.php?foo=1&bar=2";
	post.secret = &documented;
	header_add(&post, "X-Twilio-Signature", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=");
	assert_malformed(&post); /* it is theirs, and says nothing of a state */
	post.headers[1].value = "0/KCTR6DLpKmkAf8muzZqo1nDgR=";
	assert_refused(&post);
}

static void test_twilio_only_its_signature_proves_it(void **state)
{
	struct post good = twilio_post(SMS("delivered"), SMS_SIGNED("delivered")), post = good;

	(void)state;
	assert_receipt(&good, "SM1", RECEIPT_DELIVERED);
	post.request.url = "https://otp.example/hook/twilio?id=7f3c1e9a5b0d4c2f";
	assert_refused(&post);
	post = good;
	post.request.url = "http" URL + 5;
	assert_refused(&post);
	post = good;
	post.request.body = SMS("undelivered");
	post.request.length = strlen(post.request.body);
	assert_refused(&post);
	post = good;
	post.request.body = SMS("delivered") "&x=";
	post.request.length = strlen(post.request.body);
	assert_refused(&post);
	post = good;
	post.request.header_count--;
	assert_refused(&post);
	post = good;
	post.headers[0].value = JSON;
	assert_refused(&post);
	post = good;
	post.headers[0].key = "x-type";
	assert_refused(&post);
	post = good;
	post.request.rest = "/x";
	assert_refused(&post);
	post = good;
	post.request.body = "%zz";
	post.request.length = 3;
	assert_refused(&post);
}

static void test_twilio_what_is_there_twice_is_not_there(void **state)
{
	struct post post = twilio_post("MessageSid=SM1&MessageStatus=sent&MessageStatus=delivered",
				       URL "MessageSidSM1MessageStatusdeliveredMessageStatussent");

	(void)state;
	assert_malformed(&post);
	post = twilio_post(SMS("delivered"), SMS_SIGNED("delivered"));
	query_add(&post, "id", ID);
	assert_int_equal(receive(&post), 0);
	assert_string_equal(post.receipt[0].id, "");
	assert_string_equal(post.receipt[0].message_id, "SM1");
}

/* Vonage. */

#define DLR                                                                                                            \
	"&client-ref=" ID "&err-code=%s&message-timestamp=2026-11-21 "                                                 \
	"18:52:01&messageId=0A1&msisdn=16505551234&status=%s&timestamp=1790000104"

/* A receipt as a form or as JSON. */
static struct post vonage_post(const char *how, const char *status, const char *code, char text[static 1024])
{
	struct post post = post_of(&parser_vonage, "POST", how, "");
	const char *hex;

	snprintf(text, 1024, DLR, code, status);
	hex = sign_vonage(text);
	if (strcmp(how, FORM) == 0)
		snprintf(text, 1024,
			 "sig=%s&msisdn=16505551234&messageId=0A1&status=%s&err-code=%s&client-ref=" ID
			 "&message-timestamp=2026-11-21+18%%3A52%%3A01&timestamp=1790000104",
			 hex, status, code);
	else
		snprintf(text, 1024,
			 "{\"sig\":\"%s\",\"msisdn\":\"16505551234\",\"messageId\":\"0A1\",\"status\":\"%s\","
			 "\"err-code\":\"%s\",\"client-ref\":\"" ID "\",\"message-timestamp\":"
			 "\"2026-11-21 18:52:01\",\"timestamp\":1790000104}",
			 hex, status, code);
	post.request.body = text;
	post.request.length = strlen(post.request.body);
	return post;
}

static struct post vonage_query(const char *status, const char *code)
{
	struct post post = post_of(&parser_vonage, "GET", NULL, "");
	char text[1024];

	snprintf(text, sizeof(text), DLR, code, status);
	query_add(&post, "messageId", "0A1");
	query_add(&post, "sig", sign_vonage(text));
	query_add(&post, "status", status);
	query_add(&post, "err-code", code);
	query_add(&post, "client-ref", ID);
	query_add(&post, "msisdn", "16505551234");
	query_add(&post, "message-timestamp", "2026-11-21 18:52:01");
	query_add(&post, "timestamp", "1790000104");
	return post;
}

static void test_vonage_tells_what_became_of_a_message(void **state)
{
	static const struct {
		const char *status, *code, *judged;
		enum receipt_state state;
		enum breaker breaker;
	} rows[] = {
		{"accepted", "0", "", RECEIPT_SENT, BREAKER_NONE},
		{"buffered", "0", "", RECEIPT_SENT, BREAKER_NONE},
		{"delivered", "0", "", RECEIPT_DELIVERED, BREAKER_NONE},
		{"failed", "4", "dlr-4", RECEIPT_FAILED, BREAKER_RECIPIENT}, /* an answer's 4 stops the channel */
		{"rejected", "51", "dlr-51", RECEIPT_FAILED, BREAKER_COUNTRY},
		{"expired", "0", "", RECEIPT_FAILED, BREAKER_NONE},
	};
	static const char *const ways[] = {FORM, JSON, JSON "; charset=utf-8"};
	struct post post;
	char text[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t way = 0; way <= COUNT(ways); way++) {
			post = way < COUNT(ways) ? vonage_post(ways[way], rows[i].status, rows[i].code, text)
						 : vonage_query(rows[i].status, rows[i].code);
			assert_receipt(&post, "0A1", rows[i].state);
			assert_string_equal(post.receipt[0].why.code, rows[i].judged);
			assert_int_equal(post.receipt[0].why.breaker, rows[i].breaker);
			assert_int_equal(post.receipt[0].at, 1795287121);
		}
	}
	post = vonage_query("new", "0");
	assert_nothing(&post);
}

/* The vector of the vendor's Java library, which writes it in small letters. */
static void test_vonage_signs_like_this(void **state)
{
	char abcde[] = "abcde";
	const struct secret documented = {abcde, 5};
	struct post post = post_of(&parser_vonage, "GET", NULL, "");

	(void)state;
	post.secret = &documented;
	post.request.now = 2100 + 300;
	query_add(&post, "timestamp", "2100");
	query_add(&post, "b", "bananas");
	query_add(&post, "sig", "8d1b0428276b6a070578225914c3502cc0687a454dfbbbb370c76a14234cb546");
	query_add(&post, "a", "alphabet");
	assert_malformed(&post); /* it is theirs, and no receipt */
	post.request.now++;
	assert_refused(&post);
	post.request.now = 2100;
	post.query[1].value = "banana";
	assert_refused(&post);
	post.query[1].value = "bananas";
	query_add(&post, "c", ""); /* empty values are part of it or not */
	assert_malformed(&post);
	query_add(&post, "c", "1");
	assert_refused(&post);
}

static void test_vonage_odd_values_are_signed(void **state)
{
	static const char *const bases[] = {
		"&a=x_y_z&client-ref=" ID "&empty=&messageId=0A1&status=delivered&timestamp=1790000104",
		"&a=x_y_z&client-ref=" ID "&messageId=0A1&status=delivered&timestamp=1790000104",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bases); i++) {
		struct post post = post_of(&parser_vonage, "GET", NULL, "");

		query_add(&post, "a", "x&y=z");
		query_add(&post, "empty", "");
		query_add(&post, "sig", sign_vonage(bases[i]));
		query_add(&post, "messageId", "0A1");
		query_add(&post, "client-ref", ID);
		query_add(&post, "status", "delivered");
		query_add(&post, "timestamp", "1790000104");
		assert_receipt(&post, "0A1", RECEIPT_DELIVERED);
		assert_int_equal(post.receipt[0].at, NOW);
	}
}

static void test_vonage_only_its_signature_proves_it(void **state)
{
	struct post good = vonage_query("delivered", "0"), post = good;
	char text[1024];

	(void)state;
	post.query[1].key = "sick";
	assert_refused(&post);
	post = good;
	post.query[1].value = "7d43241108912b32cc315b48ce681acf"; /* as long as MD5 */
	assert_refused(&post);
	post = good;
	post.query[2].value = "rejected";
	assert_refused(&post);
	post = good;
	post.request.now += 301;
	assert_refused(&post);
	post = good;
	post.query[7].key = "time";
	assert_refused(&post);
	post = good;
	query_add(&post, "status", "delivered");
	assert_refused(&post);
	post = good;
	query_add(&post, "sig", good.query[1].value);
	assert_refused(&post);
	post = good;
	post.request.rest = "/x";
	assert_refused(&post);
	post = vonage_post(FORM, "delivered", "0", text);
	query_add(&post, "client-ref", "0123"); /* nobody signed that */
	query_add(&post, "id", "0123");
	assert_receipt(&post, "0A1", RECEIPT_DELIVERED);
	text[strlen(text) - 1] ^= 1;
	assert_refused(&post);
	post = vonage_post(JSON, "delivered", "0", text);
	text[strlen(text) - 1] = ' ';
	assert_refused(&post);
}

/* Those that sign nothing. */

static const struct bearer {
	const struct parser *parser;
	const char *type, *body;
} bearers[] = {
	{&parser_infobip, JSON,
	 "{\"results\":[{\"messageId\":\"M1\",\"callbackData\":\"" ID "\",\"status\":{\"groupName\":\"DELIVERED\"}}]}"},
	{&parser_unifonic, FORM, "MessageID=M1&CorrelationID=" ID "&Status=Delivered&Recipient=16505551234"},
	{&parser_generic, FORM, "message_id=M1&id=" ID "&state=delivered"},
};

static const char *basic(const char *credentials, char text[static 256])
{
	size_t length = (size_t)snprintf(text, 256, "Basic ");

	EVP_EncodeBlock((unsigned char *)text + length, (const unsigned char *)credentials, (int)strlen(credentials));
	return text;
}

static void test_the_secret_itself_proves_those_who_sign_nothing(void **state)
{
	static const char *const wrong[] = {
		"",
		"/",
		"/test-secret-012345678",
		"/test-secret-01234567890",
		"//test-secret-0123456789",
		"/x/",
		"/TEST-SECRET-0123456789",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(bearers); i++) {
		struct post post = post_of(bearers[i].parser, "POST", bearers[i].type, bearers[i].body);

		post.request.rest = "/test-secret-0123456789";
		assert_receipt(&post, "M1", RECEIPT_DELIVERED);
		for (size_t n = 0; n < COUNT(wrong); n++) {
			post.request.rest = wrong[n];
			assert_refused(&post);
		}
		post.request.rest = "";
		header_add(&post, "Authorization", basic("anybody:test-secret-0123456789", text));
		assert_receipt(&post, "M1", RECEIPT_DELIVERED);
		post.request.rest = "/wrong";
		assert_refused(&post);
	}
}

static void test_basic_is_read_strictly(void **state)
{
	static const char *const wrong[] = {
		"anybody:test-secret-012345678", "test-secret-0123456789:",   ":", "", "anybody:",
		"test-secret-0123456789",        "a:b:test-secret-0123456789"};
	struct post post = post_of(&parser_generic, "GET", NULL, "");
	const struct secret nothing = {NULL, 0};
	char text[256], longest[8000];

	(void)state;
	query_add(&post, "id", ID);
	query_add(&post, "dlr", "1");
	header_add(&post, "Authorization", basic(":test-secret-0123456789", text));
	assert_receipt(&post, "", RECEIPT_DELIVERED);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		basic(wrong[i], text);
		assert_refused(&post);
	}
	basic("x:", text);
	post.secret = &nothing; /* never equal to an empty password */
	assert_refused(&post);
	post.secret = &secret;
	post.headers[0].value = "Bearer test-secret-0123456789";
	assert_refused(&post);
	post.headers[0].value = "Basic !!!!";
	assert_refused(&post);
	memset(longest, 'A', sizeof(longest));
	memcpy(longest, "Basic ", 6);
	longest[sizeof(longest) - 1] = '\0';
	post.headers[0].value = longest;
	assert_refused(&post);
}

static struct post bearer_post(const struct parser *parser, const char *type, const char *body)
{
	struct post post = post_of(parser, "POST", type, body);

	post.request.rest = "/test-secret-0123456789";
	return post;
}

#define REPORT(status, error)                                                                                          \
	"{\"results\":[{\"messageId\":\"M1\",\"to\":\"16505551234\",\"callbackData\":\"" ID                            \
	"\",\"doneAt\":\"2026-11-21T18:52:02.000+0000\",\"status\":" status ",\"error\":" error "}]}"
#define NO_ERROR "{\"id\":0,\"name\":\"NO_ERROR\"}"

static void test_infobip_tells_what_became_of_a_message(void **state)
{
	static const struct {
		const char *body, *code;
		enum receipt_state state;
		enum breaker breaker;
	} rows[] = {
		{REPORT("{\"groupName\":\"PENDING\",\"name\":\"PENDING_ENROUTE\"}", NO_ERROR), "", RECEIPT_ACCEPTED, 0},
		{REPORT("{\"groupName\":\"DELIVERED\",\"name\":\"DELIVERED_TO_OPERATOR\"}", NO_ERROR), "", RECEIPT_SENT,
		 0},
		{REPORT("{\"groupName\":\"DELIVERED\",\"name\":\"DELIVERED_TO_HANDSET\"}", NO_ERROR), "",
		 RECEIPT_DELIVERED, 0},
		{REPORT("{\"groupName\":\"REJECTED\",\"name\":\"REJECTED_NETWORK\"}",
			"{\"id\":1,\"name\":\"EC_UNKNOWN_SUBSCRIBER\"}"),
		 "EC_UNKNOWN_SUBSCRIBER", RECEIPT_FAILED, BREAKER_RECIPIENT},
		{REPORT("{\"groupName\":\"REJECTED\",\"name\":\"REJECTED_NOT_ENOUGH_CREDITS\"}", NO_ERROR),
		 "REJECTED_NOT_ENOUGH_CREDITS", RECEIPT_FAILED, BREAKER_CHANNEL},
		{REPORT("{\"groupName\":\"EXPIRED\",\"name\":\"EXPIRED_EXPIRED\"}", "{\"name\":\"EC_NEW\"}"),
		 "EXPIRED_EXPIRED", RECEIPT_FAILED, BREAKER_NONE},
		{REPORT("{\"groupName\":\"UNDELIVERABLE\"}", "{\"name\":\"EC_NEW\"}"), "EC_NEW", RECEIPT_FAILED,
		 BREAKER_NONE},
		{REPORT("{\"groupName\":\"UNDELIVERABLE\"}", "null"), "", RECEIPT_FAILED, BREAKER_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct post post = bearer_post(&parser_infobip, JSON, rows[i].body);

		assert_receipt(&post, "M1", rows[i].state);
		assert_string_equal(post.receipt[0].why.code, rows[i].code);
		assert_int_equal(post.receipt[0].why.breaker, rows[i].breaker);
		assert_int_equal(post.receipt[0].at, 1795287122);
	}
}

#define DELIVERED ",\"status\":{\"groupName\":\"DELIVERED\"}}"
#define SIXTY "012345678901234567890123456789012345678901234567890123456789"

static void test_infobip_reports_come_in_batches(void **state)
{
	struct post post = bearer_post(
		&parser_infobip, JSON,
		"{\"results\":[{\"messageId\":\"" ID "\"" DELIVERED ",5,null,[],{},"
		"{\"messageId\":\"M2\",\"callbackData\":\"" SIXTY "\"" DELIVERED "," /* no id of ours is so long */
		"{\"messageId\":\"M3\\n\"" DELIVERED ","                             /* may not travel */
		"{\"messageId\":\"" SIXTY SIXTY SIXTY SIXTY SIXTY "\",\"callbackData\":\"" ID "\"" DELIVERED ","
		"{\"messageId\":4,\"callbackData\":77" DELIVERED ",{\"status\":{\"groupName\":\"DELIVERED\"}}]}");

	(void)state;
	assert_int_equal(receive(&post), 0);
	assert_int_equal(post.receipts, 2);
	assert_string_equal(post.receipt[0].id, ID); /* the messageId is ours if nothing else is said */
	assert_string_equal(post.receipt[1].id, "77");
	assert_string_equal(post.receipt[1].message_id, "4");
	post = bearer_post(&parser_infobip, JSON, "{\"results\":[{\"messageId\":\"" SIXTY "\"" DELIVERED "]}");
	assert_int_equal(receive(&post), 0);
	assert_string_equal(post.receipt[0].id, "");
	assert_string_equal(post.receipt[0].message_id, SIXTY);
	post = bearer_post(&parser_infobip, JSON, "{\"results\":[]}");
	assert_nothing(&post);
	post = bearer_post(&parser_infobip, JSON, "{\"results\":{}}");
	assert_malformed(&post);
	post = bearer_post(&parser_infobip, JSON, "results=1");
	assert_malformed(&post);
	post = bearer_post(&parser_infobip, JSON, "{\"results\":[],\"results\":[]}");
	assert_malformed(&post);
}

static void test_unifonic_tells_what_became_of_a_message(void **state)
{
	static const struct {
		const char *word;
		enum receipt_state state;
	} rows[] = {
		{"Queued", RECEIPT_ACCEPTED},     {"Sent", RECEIPT_SENT},          {"Delivered", RECEIPT_DELIVERED},
		{"DELIVERED", RECEIPT_DELIVERED}, {"Undelivered", RECEIPT_FAILED}, {"Rejected", RECEIPT_FAILED},
		{"Expired", RECEIPT_FAILED},
	};
	struct post post;
	char body[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(body, sizeof(body), "MessageID=3200017889310&CorrelationID=" ID "&Status=%s", rows[i].word);
		post = bearer_post(&parser_unifonic, FORM, body);
		assert_receipt(&post, "3200017889310", rows[i].state);
		post = bearer_post(&parser_unifonic, NULL, "");
		post.request.method = "GET";
		query_add(&post, "MessageID", "3200017889310");
		query_add(&post, "CorrelationID", ID);
		query_add(&post, "Status", rows[i].word);
		assert_receipt(&post, "3200017889310", rows[i].state);
		query_add(&post, "Status", "Delivered");
		assert_nothing(&post); /* twice */
	}
	post = bearer_post(&parser_unifonic, FORM, "MessageID=1&Status=New");
	assert_nothing(&post);
	post = bearer_post(&parser_unifonic, FORM, "");
	assert_malformed(&post);
	post = bearer_post(&parser_unifonic, FORM, "Status=%0");
	assert_malformed(&post);
}

static void test_generic_takes_words_and_numbers(void **state)
{
	static const struct {
		const char *type, *body, *message_id, *code;
		enum receipt_state state;
	} rows[] = {
		{FORM, "id=" ID "&state=sent", "", "", RECEIPT_SENT},
		{FORM, "id=" ID "&state=Delivered&message_id=m%2F1", "m/1", "", RECEIPT_DELIVERED},
		{FORM, "id=" ID "&state=read", "", "", RECEIPT_READ},
		{FORM, "id=" ID "&state=failed&code=E7", "", "E7", RECEIPT_FAILED},
		{FORM, "id=" ID "&dlr=1", "", "", RECEIPT_DELIVERED},
		{FORM, "id=" ID "&dlr=2", "", "", RECEIPT_FAILED},
		{FORM, "id=" ID "&dlr=4", "", "", RECEIPT_ACCEPTED},
		{FORM, "id=" ID "&dlr=8", "", "", RECEIPT_SENT},
		{FORM, "id=" ID "&dlr=16", "", "", RECEIPT_FAILED},
		{FORM, "id=" ID "&dlr=16&code=" SIXTY SIXTY, "", "", RECEIPT_FAILED},
		{NULL, "id=" ID "&dlr=1", "", "", RECEIPT_DELIVERED},
		{JSON, "{\"id\":\"" ID "\",\"dlr\":1,\"message_id\":99,\"to\":[],\"x\":1.5}", "99", "",
		 RECEIPT_DELIVERED},
		{JSON, "{\"id\":\"" ID "\",\"state\":\"failed\",\"code\":12}", "", "12", RECEIPT_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct post post = bearer_post(&parser_generic, rows[i].type, rows[i].body);

		assert_receipt(&post, rows[i].message_id, rows[i].state);
		assert_string_equal(post.receipt[0].why.code, rows[i].code);
	}
}

/* What the admin says of a code counts; a code that nobody speaks of goes no further. */
static void test_generic_codes_are_what_the_config_says(void **state)
{
	static const struct {
		const char *code, *judged;
		enum failure failure;
		enum alarm alarm;
		enum breaker breaker;
	} rows[] = {
		{"E7", "E7", FAILURE_UNDELIVERABLE, ALARM_OFTEN, BREAKER_NONE},
		{"E%3D8", "E=8", FAILURE_CONFIG, ALARM_NOW, BREAKER_CHANNEL},
		{"12", "12", FAILURE_TRANSIENT, ALARM_OFTEN, BREAKER_CHANNEL},
		{"E", "", FAILURE_UNDELIVERABLE, ALARM_OFTEN, BREAKER_NONE},
		{"E77", "", FAILURE_UNDELIVERABLE, ALARM_OFTEN, BREAKER_NONE},
		{"to+%2B16505551234", "", FAILURE_UNDELIVERABLE, ALARM_OFTEN, BREAKER_NONE},
		{"", "", FAILURE_UNDELIVERABLE, ALARM_OFTEN, BREAKER_NONE},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char body[256];
		struct post post;

		snprintf(body, sizeof(body), "id=" ID "&state=failed&code=%s", rows[i].code);
		post = bearer_post(&parser_generic, FORM, body);
		assert_receipt(&post, "", RECEIPT_FAILED);
		assert_string_equal(post.receipt[0].why.code, rows[i].judged);
		assert_int_equal(post.receipt[0].why.failure, rows[i].failure);
		assert_int_equal(post.receipt[0].why.alarm, rows[i].alarm);
		assert_int_equal(post.receipt[0].why.breaker, rows[i].breaker);
	}
}

static void test_generic_is_strict(void **state)
{
	static const char *const nothing[] = {"id=" ID "&dlr=3",         "state=sent",        "id=&state=sent",
					      "id=" SIXTY "&state=sent", "id=%0A&state=sent", "id=%ff&state=sent"};
	static const char *const malformed[] = {"",        "id=" ID,    "state=sent&state=sent&id=" ID,
						"state=%", "state=%00", "state=sent&id=%4"};
	struct post post;

	(void)state;
	for (size_t i = 0; i < COUNT(nothing); i++) {
		post = bearer_post(&parser_generic, FORM, nothing[i]);
		assert_nothing(&post);
	}
	for (size_t i = 0; i < COUNT(malformed); i++) {
		post = bearer_post(&parser_generic, FORM, malformed[i]);
		assert_malformed(&post);
	}
	post = bearer_post(&parser_generic, JSON, "{\"id\":\"1\",\"state\":\"sent\"");
	assert_malformed(&post);
	post = bearer_post(&parser_generic, JSON, "[\"state\"]");
	assert_malformed(&post);
	post = bearer_post(&parser_generic, FORM, "id=" ID);
	query_add(&post, "dlr", "1"); /* the URL's and the body's are one */
	assert_receipt(&post, "", RECEIPT_DELIVERED);
	query_add(&post, "id", ID); /* and then it is there twice */
	assert_nothing(&post);
}

/* 64 are a body of ours; a 65th is none. */
static void test_no_more_keys_than_there_is_room(void **state)
{
	char form[1024] = "id=" ID "&state=sent", json[1024] = "{\"id\":\"" ID "\",\"state\":\"sent\"";
	size_t n;

	(void)state;
	for (n = 2; n <= PARSER_PAIRS_MAX; n++) {
		struct post post = bearer_post(&parser_generic, FORM, form);
		char more[16];

		assert_receipt(&post, "", RECEIPT_SENT);
		snprintf(more, sizeof(more), "&k%zu=1", n);
		strcat(form, more);
		snprintf(more, sizeof(more), ",\"k%zu\":1", n);
		strcat(json, more);
	}
	struct post post = bearer_post(&parser_generic, FORM, form);

	assert_malformed(&post);
	strcat(json, "}");
	post = bearer_post(&parser_generic, JSON, json);
	assert_malformed(&post);
}

static void test_times(void **state)
{
	static const struct {
		const char *text;
		uint64_t at;
	} rows[] = {
		{"2026-11-21T18:52:04.000Z", 1795287124},
		{"2026-11-21T18:52:04Z", 1795287124},
		{"2026-11-21T18:52:04+0000", 1795287124},
		{"2026-11-21T21:52:04.5+03:00", 1795287124},
		{"2026-11-21 18:52:04", 1795287124},
		{"2026-11-21T10:52:04-0800", 1795287124},
		{"1970-01-01T00:00:00Z", 0},
		{"1790000104", NOW},
		{"1790000104000", 7},
		{"1969-12-31T23:59:59Z", 7},
		{"2026-11-21", 7},
		{"2026-11-21T25:00:00Z", 7},
		{"2026-11-21T18:52:04Zx", 7},
		{"", 7},
		{"-5", 7},
		{NULL, 7},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(finding_time(rows[i].text, 7), rows[i].at);
	assert_int_equal(finding_time(NULL, -1), 0);
}

/* The samples of the folder of facts, where it is there. */

static char *file_read(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	char *data;

	if (!file)
		return NULL;
	data = calloc(1, 65536);
	assert_non_null(data);
	*length = fread(data, 1, 65535, file);
	fclose(file);
	return data;
}

static char *sample(const char *name, size_t *length)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];

	snprintf(path, sizeof(path), "%s/../shared/webhooks/%s", srcdir ? srcdir : ".", name);
	return file_read(path, length);
}

static const struct sample {
	const char *name, *provider, *secret_key, *message_id, *code;
	const struct parser *parser;
	enum receipt_state state;
} samples[] = {
	{"other/ycloud_whatsapp_delivered.json", "ycloud", "secret", "63f5d602367ea403b8175a8c", "", &parser_ycloud,
	 RECEIPT_DELIVERED},
	{"other/ycloud_whatsapp_failed.json", "ycloud", "secret", "63f5d602367ea403b8175a8c", "131026", &parser_ycloud,
	 RECEIPT_FAILED},
	{"other/telegram_gateway_delivered.json", "telegram_gateway", "api_token", "REQ1000000000001", "",
	 &parser_telegram, RECEIPT_DELIVERED},
	{"other/twilio_sms_delivered.form", "twilio", "auth_token", "SM00000000000000000000000000000001", "",
	 &parser_twilio, RECEIPT_DELIVERED},
	{"other/twilio_sms_undelivered_30003.form", "twilio", "auth_token", "SM00000000000000000000000000000001",
	 "30003", &parser_twilio, RECEIPT_FAILED},
};

static const char *word(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static void try_sample(const struct sample *row, const json_t *signatures)
{
	const json_t *facts = json_object_get(signatures, row->provider);
	const char *names[] = {"YCloud-Signature", "X-Twilio-Signature", "X-Request-Signature"};
	char token[64];
	const struct secret theirs = {token,
				      (size_t)snprintf(token, sizeof(token), "%s", word(facts, row->secret_key))};
	size_t length;
	char *body = sample(row->name, &length);
	struct post post;

	assert_non_null(body);
	post = post_of(row->parser, "POST", strstr(row->name, ".form") ? FORM : JSON, body);
	post.secret = &theirs;
	if (word(facts, "url"))
		post.request.url = word(facts, "url");
	for (size_t i = 0; i < COUNT(names); i++)
		header_add(&post, names[i], word(json_object_get(facts, "files"), row->name));
	if (word(facts, "timestamp"))
		header_add(&post, "X-Request-Timestamp", word(facts, "timestamp"));
	assert_int_equal(receive(&post), 0);
	assert_int_equal(post.receipts, 1);
	assert_int_equal(post.receipt[0].state, row->state);
	assert_string_equal(post.receipt[0].message_id, row->message_id);
	assert_string_equal(post.receipt[0].why.code, row->code);
	assert_string_equal(post.receipt[0].id, row->parser == &parser_twilio ? "" : ID);
	body[length / 2] ^= 1;
	assert_refused(&post);
	body[length / 2] ^= 1;
	token[0] ^= 1;
	assert_refused(&post);
	free(body);
}

static void test_signed_samples(void **state)
{
	size_t length;
	char *text = sample("signatures.json", &length);
	json_t *signatures;

	(void)state;
	if (!text)
		skip();
	signatures = json_loadb(text, length, 0, NULL);
	free(text);
	assert_non_null(signatures);
	for (size_t i = 0; i < COUNT(samples); i++)
		try_sample(&samples[i], signatures);
	json_decref(signatures);
}

static void test_samples_without_signature(void **state)
{
	size_t length;
	char *body = sample("other/infobip_dlr.json", &length);
	struct post post;

	(void)state;
	if (!body)
		skip();
	post = bearer_post(&parser_infobip, JSON, body);
	assert_int_equal(receive(&post), 0);
	assert_int_equal(post.receipts, 2);
	assert_string_equal(post.receipt[0].id, ID);
	assert_int_equal(post.receipt[0].state, RECEIPT_DELIVERED);
	assert_string_equal(post.receipt[1].why.code, "EC_UNKNOWN_SUBSCRIBER");
	free(body);
	body = sample("other/unifonic_dlr.query", &length);
	assert_non_null(body);
	body[strcspn(body, "\r\n")] = '\0';
	post = bearer_post(&parser_unifonic, FORM, body);
	assert_receipt(&post, "3200017889310", RECEIPT_DELIVERED);
	free(body);
	body = sample("other/vonage_dlr_delivered.query", &length);
	assert_non_null(body);
	post = post_of(&parser_vonage, "POST", FORM, body);
	assert_refused(&post); /* nobody signed it */
	free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ycloud_tells_what_became_of_a_message),
		cmocka_unit_test(test_ycloud_tells_when),
		cmocka_unit_test(test_ycloud_tells_what_else_happens),
		cmocka_unit_test(test_ycloud_what_is_not_ours_is_skipped),
		cmocka_unit_test(test_ycloud_garbage_is_no_event),
		cmocka_unit_test(test_ycloud_only_its_signature_proves_it),
		cmocka_unit_test(test_ycloud_five_minutes),
		cmocka_unit_test(test_telegram_tells_what_became_of_a_message),
		cmocka_unit_test(test_telegram_only_its_signature_proves_it),
		cmocka_unit_test(test_twilio_tells_what_became_of_a_message),
		cmocka_unit_test(test_twilio_documents_this_signature),
		cmocka_unit_test(test_twilio_only_its_signature_proves_it),
		cmocka_unit_test(test_twilio_what_is_there_twice_is_not_there),
		cmocka_unit_test(test_vonage_tells_what_became_of_a_message),
		cmocka_unit_test(test_vonage_signs_like_this),
		cmocka_unit_test(test_vonage_odd_values_are_signed),
		cmocka_unit_test(test_vonage_only_its_signature_proves_it),
		cmocka_unit_test(test_the_secret_itself_proves_those_who_sign_nothing),
		cmocka_unit_test(test_basic_is_read_strictly),
		cmocka_unit_test(test_infobip_tells_what_became_of_a_message),
		cmocka_unit_test(test_infobip_reports_come_in_batches),
		cmocka_unit_test(test_unifonic_tells_what_became_of_a_message),
		cmocka_unit_test(test_generic_takes_words_and_numbers),
		cmocka_unit_test(test_generic_codes_are_what_the_config_says),
		cmocka_unit_test(test_generic_is_strict),
		cmocka_unit_test(test_no_more_keys_than_there_is_room),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_signed_samples),
		cmocka_unit_test(test_samples_without_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
