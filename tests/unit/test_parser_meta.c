/*
 * daemon/webhook/parser_meta: each body of tests/webhook/bodies says what it is said to say here, and no more. The
 * bodies of WEBHOOK_SAMPLES (or ../shared/webhooks beside the source) are looked at, too, where they are.
 */
#include "daemon/base/hex.h"
#include "daemon/webhook/parser.h"
#include "daemon/webhook/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <unistd.h>

#define SAID_MAX 64
#define SAMPLE_SECRET "test-app-secret-0123456789abcdef"
#define SAMPLE_TOKEN "the-token-that-we-chose"

static char name_a[] = "whatsapp", name_b[] = "other", name_c[] = "sms", driver[] = "whatsapp_cloud", http[] = "http",
	    ours[] = "200100100100100", sample[] = "106540352242922", third[] = "1122334455667", none[] = "",
	    login_code[] = "login_code", verification[] = "verification_code", account[] = "300100200300400",
	    sample_account[] = "102290129340398", foreign[] = "999";
static struct config_channel channels[] = {
	{.name = name_a, .driver = driver, .phone_number_id = ours, .template = login_code, .waba_id = account},
	{.name = name_b,
	 .driver = driver,
	 .phone_number_id = sample,
	 .template = verification,
	 .waba_id = sample_account},
	{.name = name_b, .driver = driver, .phone_number_id = third, .template = verification, .waba_id = none},
	{.name = name_c, .driver = http, .phone_number_id = foreign, .template = none, .waba_id = none},
};
static struct config config = {.channels = channels, .channel_count = 4};
static char secret_text[] = SAMPLE_SECRET, token_text[] = SAMPLE_TOKEN;
static const struct secret secret = {secret_text, sizeof(secret_text) - 1},
			   token = {token_text, sizeof(token_text) - 1};
static const struct parser_context context = {&config, &secret, &token};

/* What a body said, one line each. */
static char said[SAID_MAX][1024];
static size_t said_count;
static struct receipt last;
static struct signal last_signal;

static void must_travel(const struct wire_message *message, const void *body)
{
	char data[WIRE_DATAGRAM_MAX];

	assert_true(wire_encode(message, body, data, sizeof(data)) > 0);
}

static void on_receipt(void *userdata, const struct receipt *r)
{
	struct receipt copy = *r;

	(void)userdata;
	assert_true(said_count < SAID_MAX);
	snprintf(copy.provider, sizeof(copy.provider), "meta");
	must_travel(&wire_receipt, &copy);
	snprintf(said[said_count++], sizeof(said[0]), "%s %s id=%s at=%lu %s%s%s", receipt_state_names[r->state],
		 r->message_id, r->id, (unsigned long)r->at, r->why.code, r->state == RECEIPT_FAILED ? " " : "",
		 r->state == RECEIPT_FAILED ? failure_names[r->why.failure] : "");
	last = *r;
}

static void on_signal(void *userdata, const struct signal *s)
{
	struct signal copy = *s;

	(void)userdata;
	assert_true(said_count < SAID_MAX);
	snprintf(copy.provider, sizeof(copy.provider), "meta");
	must_travel(&wire_signal, &copy);
	assert_true(s->detail[0] != '\0');
	snprintf(said[said_count++], sizeof(said[0]), "%s m=%s p=%s s=%s l=%s %s alarm=%s%s%s at=%lu",
		 signal_kind_names[s->kind], s->message_id, s->phone, s->subject, s->lang, s->event,
		 alarm_names[s->alarm], s->healthy ? " healthy" : "", s->stops ? " stops" : "", (unsigned long)s->at);
	last_signal = *s;
}

static const struct parser_sink sink = {on_receipt, on_signal, NULL};

/* A file in memory of its own size; NULL: it is not there. */
static char *slurp(const char *folder, const char *name, size_t *length)
{
	char path[512];
	FILE *file;
	char *data;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file)
		return NULL;
	fseek(file, 0, SEEK_END);
	*length = (size_t)ftell(file);
	rewind(file);
	data = calloc(1, *length + 1);
	assert_non_null(data);
	assert_int_equal(fread(data, 1, *length, file), *length);
	fclose(file);
	return data;
}

static int parse(const char *body, size_t length)
{
	struct parser_request request = {.method = "POST", .url = "", .rest = "", .body = body, .length = length};
	char why[WIRE_WHY_MAX] = "";
	int r;

	said_count = 0;
	r = parser_meta.parse(&context, &request, &sink, why);
	assert_int_equal(r < 0, why[0] != '\0');
	return r;
}

static const char *bodies(void)
{
	static char folder[400];
	const char *srcdir = getenv("srcdir");

	snprintf(folder, sizeof(folder), "%s/tests/webhook/bodies", srcdir ? srcdir : ".");
	return folder;
}

static const char *samples(void)
{
	static char folder[400];
	const char *srcdir = getenv("srcdir"), *named = getenv("WEBHOOK_SAMPLES");

	snprintf(folder, sizeof(folder), "%s/../shared/webhooks", srcdir ? srcdir : ".");
	return named ? named : folder;
}

/* The lines of a body, "" in place of a line that is not looked at. */
static void expect(const char *folder, const char *name, size_t count, const char *const *lines)
{
	size_t length = 0;
	char *body = slurp(folder, name, &length);

	assert_non_null(body);
	if (parse(body, length) != 0)
		fail_msg("%s: refused", name);
	free(body);
	if (said_count != count)
		fail_msg("%s: said %zu things, not %zu; first: %s", name, said_count, count, said_count ? said[0] : "");
	for (size_t i = 0; i < count; i++)
		if (lines[i][0] && strcmp(said[i], lines[i]) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", name, said[i], lines[i]);
}
#define SAYS(name, ...) expect(bodies(), name, COUNT_OF(__VA_ARGS__), (const char *const[]){__VA_ARGS__})
#define COUNT_OF(...) (sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
#define SAYS_NOTHING(name) expect(bodies(), name, 0, NULL)

#define ID "wamid.TEST0000000000000000000000000001"
#define OURS "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d"

static void statuses_become_receipts(void **state)
{
	(void)state;
	SAYS("meta_delivered_ours.json", "delivered " ID " id=" OURS " at=1800000000 ");
	SAYS("meta_read_only_milliseconds.json", "read " ID " id= at=1800000000 ");
	SAYS("meta_sent_integers.json", "sent " ID " id= at=1800000000 ");
	SAYS("meta_arabic_escaped.json", "delivered " ID " id= at=1800000000 ");
	SAYS("meta_mixed_numbers.json", "delivered " ID " id= at=1800000000 ", "read " ID " id= at=1800000000 ");
}

static void failures_are_judged_by_the_providers_table(void **state)
{
	(void)state;
	SAYS("meta_failed_not_on_whatsapp.json", "failed " ID " id=" OURS " at=1800000000 131026 undeliverable");
	assert_int_equal(last.why.breaker, BREAKER_RECIPIENT);
	SAYS("meta_failed_code_as_text.json", "failed " ID " id= at=1800000000 132015 config");
	assert_int_equal(last.why.breaker, BREAKER_TEMPLATE);
	SAYS("meta_failed_without_errors.json", "failed " ID " id= at=1800000000  undeliverable");
	assert_int_equal(last.why.alarm, ALARM_OFTEN);
	SAYS("meta_failed_code_nobody_knows.json", "failed " ID " id= at=1800000000 999999 undeliverable");
	assert_int_equal(last.why.alarm, ALARM_NOW);
}

static void what_is_of_no_use_is_skipped(void **state)
{
	(void)state;
	SAYS("meta_statuses_of_no_use.json", "sent wamid.THELASTONE id= at=0 ");
	SAYS_NOTHING("meta_other_number.json");
	SAYS_NOTHING("meta_other_object.json");
	SAYS_NOTHING("meta_nothing_where_expected.json");
	SAYS_NOTHING("meta_template_of_others.json");
}

static void people_are_heard_by_button_only(void **state)
{
	(void)state;
	SAYS("meta_button_not_requested.json",
	     "not-requested m=" ID " p=+15550101234 s= l= DID_NOT_REQUEST_CODE alarm=now at=1800000060");
}

static void a_changed_number_is_named_as_it_was(void **state)
{
	(void)state;
	SAYS("meta_number_changed.json",
	     "number-changed m= p=+15550101234 s= l= USER_CHANGED_NUMBER alarm=now at=1800000070",
	     "number-changed m= p=+15550101234 s= l= CUSTOMER_CHANGED_NUMBER alarm=now at=1800000071");
	SAYS("meta_identity_changed.json",
	     "identity m= p=+15550101234 s= l= CUSTOMER_IDENTITY_CHANGED alarm=now at=1800000080");
}

static void events_of_templates(void **state)
{
	(void)state;
	SAYS("meta_template_approved.json",
	     "template m= p= s=login_code l=ar APPROVED alarm=none healthy at=1800000090");
	SAYS("meta_template_paused.json", "template m= p= s=login_code l=en_US PAUSED alarm=now stops at=1800000090");
	SAYS("meta_template_quality.json", "template m= p= s=login_code l=ar QUALITY_RED alarm=now at=1800000091",
	     "template m= p= s=login_code l=ar CATEGORY_MARKETING alarm=now at=1800000091");
}

static void events_of_the_account(void **state)
{
	(void)state;
	SAYS("meta_account_events.json", "account m= p= s=account l= ACCOUNT_RESTRICTION alarm=now stops at=1800000092",
	     "account m= p= s=account l= DISABLED_UPDATE alarm=none healthy at=1800000092",
	     "account m= p= s=account l= VERIFIED_ACCOUNT alarm=none at=1800000092",
	     "account m= p= s=alert l= OBA_APPROVED_SOON alarm=now at=1800000092",
	     "account m= p= s=number l= FLAGGED alarm=now at=1800000092",
	     "account m= p= s=limits l= CAPABILITY_UPDATE alarm=none at=1800000092",
	     "account m= p= s=security l= PIN_CHANGED alarm=now at=1800000092");
	assert_string_equal(last_signal.detail, "a security setting of a sending number has changed: …99");
	SAYS("meta_account_banned.json", "account m= p= s=account l= DISABLED_UPDATE alarm=now stops at=1800000094",
	     "account m= p= s=account l= DISABLED_UPDATE alarm=now at=1800000094",
	     "account m= p= s=account l= DISABLED_UPDATE alarm=now stops at=1800000094",
	     "account m= p= s=account l= ACCOUNT_RESTRICTION alarm=now at=1800000094");
	SAYS("meta_value_errors.json", "account m= p= s=error l= 130429 alarm=often at=1800000093",
	     "account m= p= s=error l= 131031 alarm=now at=1800000093");
	SAYS_NOTHING("meta_account_of_others.json");
}

/* Which of an account's numbers are ours is not known: each is named by its end, and none stops anything. */
static void numbers_are_known_by_their_ends(void **state)
{
	(void)state;
	SAYS("meta_number_quality.json", "account m= p= s=number l= FLAGGED alarm=now at=1800000095");
	assert_string_equal(last_signal.detail, "the quality or the limit of a sending number has changed: …34");
	SAYS("meta_number_quality_formatted.json", "account m= p= s=number l= BANNED alarm=now at=1800000095");
	assert_string_equal(last_signal.detail, "the quality or the limit of a sending number has changed: …34");
	SAYS("meta_number_quality_unnamed.json", "account m= p= s=number l= DOWNGRADE alarm=now at=1800000095");
	assert_string_equal(last_signal.detail, "the quality or the limit of a sending number has changed");
}

/* What somebody wrote costs nobody else's receipt. */
static void text_that_is_none_takes_nothing_along(void **state)
{
	(void)state;
	SAYS("meta_text_that_is_none.json", "delivered " ID " id=" OURS " at=1800000000 ",
	     "not-requested m=" ID " p=+15550101234 s= l= DID_NOT_REQUEST_CODE alarm=now at=1800000060");
}

static void where_no_account_is_named_every_account_is_ours(void **state)
{
	char *was_a = channels[0].waba_id, *was_b = channels[1].waba_id;

	(void)state;
	channels[0].waba_id = channels[1].waba_id = none;
	SAYS("meta_account_of_others.json", "account m= p= s=account l= ACCOUNT_RESTRICTION alarm=now at=1800000092");
	channels[0].waba_id = was_a;
	channels[1].waba_id = was_b;
}

static void bodies_that_are_no_webhook_are_refused(void **state)
{
	static const char *const names[] = {"meta_wrong_truncated.json", "meta_wrong_utf8.json",
					    "meta_wrong_key_twice.json", "meta_wrong_no_entry.json",
					    "meta_wrong_array.json",     "meta_wrong_empty.json"};
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *body = slurp(bodies(), names[i], &length);

		assert_non_null(body);
		if (parse(body, length) != -EBADMSG || said_count != 0)
			fail_msg("%s: not refused", names[i]);
		free(body);
	}
}

static void a_hundred_thousand_brackets_are_only_refused(void **state)
{
	static char body[200001];

	(void)state;
	memset(body, '[', 100000);
	memset(body + 100000, ']', 100000);
	assert_int_equal(parse(body, 200000), -EBADMSG);
}

/* Signatures. */

static int verify(const char *header, const char *rest)
{
	struct parser_pair pair = {"x-hub-signature-256", header};
	struct parser_request request = {.method = "POST",
					 .url = "",
					 .rest = rest,
					 .headers = &pair,
					 .header_count = header ? 1 : 0,
					 .body = "{}",
					 .length = 2};

	return parser_meta.verify(&context, &request);
}

static void a_signature_is_exactly_one(void **state)
{
	struct signature_part body = SIGNATURE_TEXT("{}");
	unsigned char mac[SIGNATURE_DIGEST_MAX];
	char good[80] = "sha256=", bad[96];

	(void)state;
	assert_int_equal(signature_hmac(SIGNATURE_SHA256, secret.data, secret.length, &body, 1, mac), 32);
	hex_format(mac, 32, good + 7);
	assert_int_equal(verify(good, ""), 0);
	assert_int_equal(verify(good, "/below"), -EACCES);
	assert_int_equal(verify(NULL, ""), -EACCES);
	assert_int_equal(verify("", ""), -EACCES);
	assert_int_equal(verify("sha256=", ""), -EACCES);
	assert_int_equal(verify(good + 7, ""), -EACCES);
	snprintf(bad, sizeof(bad), "sha1=%s", good + 7);
	assert_int_equal(verify(bad, ""), -EACCES);
	snprintf(bad, sizeof(bad), "%s0", good);
	assert_int_equal(verify(bad, ""), -EACCES);
	snprintf(bad, sizeof(bad), "%.70s", good);
	assert_int_equal(verify(bad, ""), -EACCES);
	snprintf(bad, sizeof(bad), "%.70sz", good);
	assert_int_equal(verify(bad, ""), -EACCES);
	snprintf(bad, sizeof(bad), "%s", good);
	bad[20] = bad[20] == '0' ? '1' : '0';
	assert_int_equal(verify(bad, ""), -EACCES);
}

static int greet(const char *mode, const char *word, const char *challenge, char answer[static PARSER_GREETING_MAX])
{
	struct parser_pair pairs[] = {{"hub.mode", mode}, {"hub.verify_token", word}, {"hub.challenge", challenge}};
	struct parser_request request = {.method = "GET", .url = "", .rest = "", .query = pairs, .query_count = 3};

	return parser_meta.greet(&context, &request, answer);
}

static void the_challenge_is_a_number_and_the_token_ours(void **state)
{
	char answer[PARSER_GREETING_MAX];

	(void)state;
	assert_int_equal(greet("subscribe", SAMPLE_TOKEN, "1158201444", answer), 0);
	assert_string_equal(answer, "1158201444");
	assert_int_equal(greet("unsubscribe", SAMPLE_TOKEN, "1", answer), -EACCES);
	assert_int_equal(greet("subscribe", SAMPLE_TOKEN "x", "1", answer), -EACCES);
	assert_int_equal(greet("subscribe", "", "1", answer), -EACCES);
	assert_int_equal(greet("subscribe", SAMPLE_TOKEN, "", answer), -EACCES);
	assert_int_equal(greet("subscribe", SAMPLE_TOKEN, "<script>", answer), -EACCES);
	assert_int_equal(greet("subscribe", SAMPLE_TOKEN, "12 ", answer), -EACCES);
	assert_int_equal(greet("subscribe", SAMPLE_TOKEN, "123456789012345678901234567890123", answer), -EACCES);
}

/* The samples of others. */

#define SAMPLE(name, ...) expect(samples(), name, COUNT_OF(__VA_ARGS__), (const char *const[]){__VA_ARGS__})
#define WAMID "wamid.HBgLMTY1MDU1NTEyMzQVAgARGB"

static void skip_without_samples(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/signatures.json", samples());
	if (access(path, R_OK) < 0)
		skip();
}

static void samples_of_statuses(void **state)
{
	(void)state;
	skip_without_samples();
	SAMPLE("meta/s02_delivered_auth_pmp.json", "");
	assert_int_equal(last.state, RECEIPT_DELIVERED);
	SAMPLE("meta/s03_read_auth.json", "");
	assert_int_equal(last.state, RECEIPT_READ);
	SAMPLE("meta/s07_sent_v23_conversation.json", "");
	assert_int_equal(last.state, RECEIPT_SENT);
	SAMPLE("meta/s30_sent_biz_opaque.json",
	       "sent " WAMID "JFMzQxRkNDNDg4OTM0RTI1NzgA id=7f3c1e9a5b0d4c2e at=1790000100 ");
	SAMPLE("meta/b02_delivered_bsuid_no_recipient_id.json", "");
	assert_int_equal(last.state, RECEIPT_DELIVERED);
	SAMPLE("meta/d05_duplicate_in_one_post.json", "", "");
	SAMPLE("meta/d08_delivered_then_failed_conflict.json", "", "");
	SAMPLE("meta/f02_131026.json", "");
	assert_string_equal(last.why.code, "131026");
	SAMPLE("meta/f24_137000_identity.json", "");
	assert_int_equal(last.why.failure, FAILURE_IDENTITY);
	SAMPLE("meta/o07_escaped_unicode_and_slashes.json", "");
	assert_string_equal(last.why.code, "131026");
	SAMPLE("meta/o01_unknown_fields.json", "");
	expect(samples(), "meta/x01_foreign_phone_number_id.json", 0, NULL);
}

static void samples_of_signals(void **state)
{
	(void)state;
	skip_without_samples();
	SAMPLE("meta/o12_button_did_not_request_code.json",
	       "not-requested m=" WAMID
	       "JDQTBERjJDOTVBQTE0NEMxRDAA p=+16505551234 s= l= DID_NOT_REQUEST_CODE alarm=now at=1790000120");
	SAMPLE("meta/b05_identity_changed_system.json",
	       "identity m= p=+972987654321 s= l= CUSTOMER_IDENTITY_CHANGED alarm=now at=1697044706");
	SAMPLE("meta/t03_auth_approved.json",
	       "template m= p= s=verification_code l=en_US APPROVED alarm=none healthy at=1790001000");
	SAMPLE("meta/t05_auth_paused_first.json",
	       "template m= p= s=verification_code l=en_US PAUSED alarm=now stops at=1790001000");
	SAMPLE("meta/a20_business_capability_update.json",
	       "account m= p= s=limits l= CAPABILITY_UPDATE alarm=none at=1790001000");
}

static void samples_that_are_wrong(void **state)
{
	static const char *const names[] = {"meta_bad/truncated.bin", "meta_bad/deep_nesting_100k.bin",
					    "meta_bad/invalid_utf8.bin", "meta_bad/duplicate_keys.bin"};
	size_t length;

	(void)state;
	skip_without_samples();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *body = slurp(samples(), names[i], &length);

		assert_non_null(body);
		assert_int_equal(parse(body, length), -EBADMSG);
		free(body);
	}
	expect(samples(), "meta_bad/status_id_long_64k.bin", 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statuses_become_receipts),
		cmocka_unit_test(failures_are_judged_by_the_providers_table),
		cmocka_unit_test(what_is_of_no_use_is_skipped),
		cmocka_unit_test(people_are_heard_by_button_only),
		cmocka_unit_test(a_changed_number_is_named_as_it_was),
		cmocka_unit_test(events_of_templates),
		cmocka_unit_test(events_of_the_account),
		cmocka_unit_test(numbers_are_known_by_their_ends),
		cmocka_unit_test(text_that_is_none_takes_nothing_along),
		cmocka_unit_test(where_no_account_is_named_every_account_is_ours),
		cmocka_unit_test(bodies_that_are_no_webhook_are_refused),
		cmocka_unit_test(a_hundred_thousand_brackets_are_only_refused),
		cmocka_unit_test(a_signature_is_exactly_one),
		cmocka_unit_test(the_challenge_is_a_number_and_the_token_ours),
		cmocka_unit_test(samples_of_statuses),
		cmocka_unit_test(samples_of_signals),
		cmocka_unit_test(samples_that_are_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
