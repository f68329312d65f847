/*
 * plain URL CA-FILE TOKEN CONNECTIONS MESSAGES: what libcurl does by itself with the requests of whatsapp-otp-sender: a
 * multi handle, one transfer a connection, the next as soon as one has ended. JSON with messages a second. Each answer
 * must be 200.
 */
#include "tests/bench/message.h"
#include "tests/bench/people.h"
#include "tests/bench/stopwatch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_MAX 256
#define BODY_MAX 1024

struct transfer {
	CURL *easy;
	char body[BODY_MAX];
};

struct plain {
	CURLM *multi;
	struct curl_slist *headers;
	struct transfer transfers[CONNECTIONS_MAX];
	size_t started, ended;
};

static size_t on_body(char *data, size_t size, size_t count, void *userdata)
{
	(void)data, (void)userdata;
	return size * count;
}

static void make_body(struct plain *plain, char body[static BODY_MAX])
{
	char phone[WIRE_PHONE_MAX], id[MESSAGE_ID_SIZE];

	message_id(id);
	people_phone(plain->started, phone);
	snprintf(
		body, BODY_MAX,
		"{\"messaging_product\":\"whatsapp\",\"recipient_type\":\"individual\",\"to\":\"%s\",\"type\":"
		"\"template\","
		"\"template\":{\"name\":\"login_code\",\"language\":{\"code\":\"en_US\"},\"components\":["
		"{\"type\":\"body\",\"parameters\":[{\"type\":\"text\",\"text\":\"" MESSAGE_CODE "\"}]},"
		"{\"type\":\"button\",\"sub_type\":\"url\",\"index\":\"0\",\"parameters\":[{\"type\":\"text\",\"text\":"
		"\"" MESSAGE_CODE "\"}]}]},\"biz_opaque_callback_data\":\"%s\"}",
		phone + 1, id);
}

static void start(struct plain *plain, struct transfer *transfer)
{
	make_body(plain, transfer->body);
	curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDS, transfer->body);
	curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(transfer->body));
	if (curl_multi_add_handle(plain->multi, transfer->easy) != CURLM_OK)
		give_up(0, "curl_multi_add_handle");
	plain->started++;
}

static void open_transfer(struct plain *plain, struct transfer *transfer, const char *url, const char *ca_file)
{
	transfer->easy = curl_easy_init();
	if (!transfer->easy)
		give_up(0, "curl_easy_init");
	curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
	curl_easy_setopt(transfer->easy, CURLOPT_CAINFO, ca_file);
	curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, plain->headers);
	curl_easy_setopt(transfer->easy, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(transfer->easy, CURLOPT_PRIVATE, transfer);
}

static void check(CURL *easy, CURLcode code)
{
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK || status != 200)
		give_up(0, "HTTP %ld: %s", status, curl_easy_strerror(code));
}

/* What has ended begins again, until so many have been started. */
static void collect(struct plain *plain, size_t until)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(plain->multi, &left))) {
		struct transfer *transfer;
		CURL *easy = message->easy_handle;

		check(easy, message->data.result);
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
		curl_multi_remove_handle(plain->multi, easy);
		plain->ended++;
		if (plain->started < until)
			start(plain, transfer);
	}
}

static void run(struct plain *plain, size_t connections, size_t messages)
{
	size_t until = plain->started + messages;
	int running;

	for (size_t i = 0; i < connections && plain->started < until; i++)
		start(plain, &plain->transfers[i]);
	while (plain->ended < until) {
		if (curl_multi_perform(plain->multi, &running) != CURLM_OK)
			give_up(0, "curl_multi_perform");
		collect(plain, until);
		if (plain->ended < until && curl_multi_poll(plain->multi, NULL, 0, 1000, NULL) != CURLM_OK)
			give_up(0, "curl_multi_poll");
	}
}

static void close_all(struct plain *plain)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		curl_easy_cleanup(plain->transfers[i].easy);
	curl_multi_cleanup(plain->multi);
	curl_slist_free_all(plain->headers);
}

int main(int argc, char **argv)
{
	static struct plain plain;
	char authorization[256];
	size_t connections, messages;
	int64_t began;

	if (argc != 6 || strtoul(argv[4], NULL, 10) > CONNECTIONS_MAX) {
		fprintf(stderr, "usage: plain URL CA-FILE TOKEN CONNECTIONS MESSAGES\n");
		return 2;
	}
	connections = strtoul(argv[4], NULL, 10);
	messages = strtoul(argv[5], NULL, 10);
	snprintf(authorization, sizeof(authorization), "Authorization: Bearer %s", argv[3]);
	plain.headers = curl_slist_append(curl_slist_append(NULL, authorization), "Content-Type: application/json");
	plain.multi = curl_multi_init();
	curl_multi_setopt(plain.multi, CURLMOPT_MAXCONNECTS, (long)connections);
	for (size_t i = 0; i < connections; i++)
		open_transfer(&plain, &plain.transfers[i], argv[1], argv[2]);
	run(&plain, connections, messages / 4);
	began = stopwatch_now();
	run(&plain, connections, messages);
	printf("{\"messages_per_second\": %.1f}\n", (double)messages * 1e9 / (double)(stopwatch_now() - began));
	close_all(&plain);
	return 0;
}
