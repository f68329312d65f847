/* The gateways that ship as examples: loaded as an admin would, and played by a gateway that is stricter than theirs.
 */
#include "daemon/base/config.h"
#include "daemon/provider/json.h"
#include "tests/unit/fake_provider.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY "a-key-that-$is\"secret"

static struct fake_provider provider;
static struct config *config;
static void *channel;
static char folder[] = "/tmp/otp-gateways-XXXXXX";

static const struct channel_message message = {
	.id = "0123456789abcdef",
	.to = "+966501234567",
	.code = "493817",
	.lang = "ar_SA",
	.text = "493817: رمز",
	.minutes = 5,
	.seconds = 299,
	.timeout_ms = 1000,
};

static void write_file(const char *name, const char *text, mode_t mode, char path[static 256])
{
	int fd;

	snprintf(path, 256, "%s/%s", folder, name);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* An example of data/providers, opened. */
static void use(const char *name, const char *credential)
{
	char from[512], path[256], text[8192] = "", why[CONFIG_WHY_MAX] = "";
	const char *top = getenv("srcdir");
	FILE *stream;

	snprintf(from, sizeof(from), "%s/data/providers/%s", top ? top : ".", name);
	stream = fopen(from, "r");
	assert_non_null(stream);
	assert_true(fread(text, 1, sizeof(text) - 1, stream) > 0);
	fclose(stream);
	write_file(credential, KEY "\n", 0400, path);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	write_file("whatsapp-otp.conf", text, 0600, path);
	if (config_load(path, &config, why) < 0)
		fail_msg("%s", why);
	assert_int_equal(config->channel_count, 1);
	assert_null(config->warnings[0]);
	if (channel_http.open(&config->channels[0], &provider.http, &channel, why) < 0)
		fail_msg("%s", why);
}

static int setup(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	fake_provider_init(&provider);
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = {"whatsapp-otp.conf", "getgabs-key", "kannel-password"};
	char path[256];

	(void)state;
	channel_http.close(channel);
	config_unref(config);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		unlink(path);
	}
	rmdir(folder);
	unsetenv("CREDENTIALS_DIRECTORY");
	return 0;
}

static struct fake_call hears(long status, const char *text)
{
	struct fake_call call;

	fake_provider_says(&provider, status, text);
	call = fake_send(&channel_http, channel, &message);
	assert_int_equal(call.count, 1);
	return call;
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;

	while ((text = strstr(text, word)) != NULL) {
		text += strlen(word);
		n++;
	}
	return n;
}

static void getgabs_gets_metas_body_and_more(void **state)
{
	json_t *sent, *wanted;

	(void)state;
	use("getgabs.conf", "getgabs-key");
	assert_int_equal(config->channels[0].kind, CHANNEL_WHATSAPP);
	hears(200, "{}");
	assert_string_equal(provider.method, "POST");
	assert_string_equal(provider.url, "https://app.getgabs.com/whatsappbusiness/send-templated-message");
	assert_string_equal(provider.headers, "Content-Type: application/json\n");
	sent = json_loads(provider.body, JSON_REJECT_DUPLICATES, NULL);
	wanted = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:{s:s}, s:[{s:s, s:[{s:s, s:s}]}, {s:s, s:s, "
			   "s:s, s:[{s:s, s:s}]}]}}",
			   "api_key", KEY, "sender", "966500000000", "campaign_id", "CAMPAIGN", "messaging_product",
			   "whatsapp", "recipient_type", "individual", "to", "966501234567", "type", "template",
			   "template", "name", "login_code", "language", "code", "ar", "components", "type", "body",
			   "parameters", "type", "text", "text", "493817", "type", "button", "sub_type", "url", "index",
			   "0", "parameters", "type", "text", "text", "493817");
	assert_non_null(wanted);
	assert_true(json_equal(sent, wanted));
	json_decref(sent);
	json_decref(wanted);
}

static void getgabs_must_show_an_id(void **state)
{
	struct fake_call call;

	(void)state;
	use("getgabs.conf", "getgabs-key");
	call = hears(200, "{\"messaging_product\":\"whatsapp\",\"messages\":[{\"id\":\"wamid.X\"}]}");
	assert_true(call.answer.sent);
	assert_string_equal(call.answer.message_id, "wamid.X");
	call = hears(200, "{\"status\":false,\"msg\":\"Wrong Campaign ID!\"}");
	assert_int_equal(call.answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(hears(200, "{\"status\":false,\"message\":\"no\"}").answer.why.failure, FAILURE_CONFIG);
	assert_int_equal(hears(200, "<!DOCTYPE html><html>Whoops</html>").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(hears(200, "{\"status\":true}").answer.why.failure, FAILURE_UNKNOWN_OUTCOME);
	assert_int_equal(hears(502, "<html>Bad gateway</html>").answer.why.failure, FAILURE_TRANSIENT);
}

static void getgabs_is_asked_what_became_of_it(void **state)
{
	struct fake_call call;

	(void)state;
	use("getgabs.conf", "getgabs-key");
	assert_int_equal(config->channels[0].receipts, RECEIPTS_POLL);
	fake_provider_says(&provider, 200,
			   "{\"status\":true,\"message\":{\"status\":\"read\",\"error_message\":null}}");
	call = fake_poll(&channel_http, channel, "wamid.X");
	assert_true(call.answer.sent);
	assert_int_equal(call.answer.state, RECEIPT_READ);
	assert_string_equal(provider.url, "https://app.getgabs.com/whatsappbusiness/getmessgageinfobyid");
	assert_string_equal(provider.body, "{\"api_key\": \"a-key-that-$is\\\"secret\", \"message_id\": \"wamid.X\"}");
	fake_provider_says(&provider, 200,
			   "{\"status\":true,\"message\":{\"status\":\"failed\",\"error_message\":\"x\"}}");
	assert_int_equal(fake_poll(&channel_http, channel, "wamid.X").answer.state, RECEIPT_FAILED);
	fake_provider_says(&provider, 200, "{\"status\":false,\"message\":\"unknown id\"}");
	assert_false(fake_poll(&channel_http, channel, "wamid.X").answer.sent);
}

static void kannel_gets_headers_and_the_text(void **state)
{
	struct channel_message english = message;

	(void)state;
	use("kannel.conf", "kannel-password");
	assert_int_equal(config->channels[0].kind, CHANNEL_SMS);
	hears(202, "");
	assert_string_equal(provider.method, "POST");
	assert_string_equal(provider.url, "http://127.0.0.1:13013/cgi-bin/sendsms");
	assert_string_equal(provider.body, "493817: رمز");
	assert_string_equal(provider.headers, "Content-Type: text/plain; charset=UTF-8\n"
					      "X-Kannel-Username: whatsapp-otp\n"
					      "X-Kannel-Password: " KEY "\n"
					      "X-Kannel-From: ACME\n"
					      "X-Kannel-To: +966501234567\n"
					      "X-Kannel-Coding: 2\n"
					      "X-Kannel-Validity: 4\n");
	english.text = "493817 is your code.";
	fake_send(&channel_http, channel, &english);
	assert_int_equal(count(provider.headers, "X-Kannel-Coding: 0\n"), 1);
	assert_string_equal(provider.body, "493817 is your code.");
}

static void kannel_accepts_queues_and_refuses(void **state)
{
	static const struct {
		long status;
		const char *text;
		enum failure failure;
		bool retry;
	} rows[] = {
		{202, "4: Queued for later delivery", FAILURE_UNKNOWN_OUTCOME, false},
		{200, "3: Queued for later delivery", FAILURE_UNKNOWN_OUTCOME, false},
		{503, "3: Queued for later delivery", FAILURE_TRANSIENT, true},
		{503, "Temporal failure, try again later.", FAILURE_TRANSIENT, true},
		{403, "Authorization failed for sendsms", FAILURE_CONFIG, false},
		{200, "Authorization failed for sendsms", FAILURE_CONFIG, false},
		{403, "Not routable. Do not try again.", FAILURE_UNDELIVERABLE, false},
		{400, "Empty text not allowed, rejected", FAILURE_UNDELIVERABLE, false},
	};

	(void)state;
	use("kannel.conf", "kannel-password");
	assert_true(hears(202, "0: Accepted for delivery").answer.sent);
	/* Kannel keeps it: the fallback's timer decides. */
	assert_true(hears(202, "3: Queued for later delivery").answer.sent);
	assert_string_equal(hears(202, "3: Queued for later delivery").answer.message_id, "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_call call = hears(rows[i].status, rows[i].text);

		assert_false(call.answer.sent);
		assert_int_equal(call.answer.why.failure, rows[i].failure);
		assert_int_equal(call.answer.retry, rows[i].retry);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(getgabs_gets_metas_body_and_more),   TEST(getgabs_must_show_an_id),
		TEST(getgabs_is_asked_what_became_of_it), TEST(kannel_gets_headers_and_the_text),
		TEST(kannel_accepts_queues_and_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
