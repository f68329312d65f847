#include "tools/simulator/text.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"
#define CODE_MIN 4

bool text_is_digits(const char *text)
{
	size_t n = text ? strspn(text, DIGITS) : 0;

	return n >= 7 && n <= 15 && !text[n] && text[0] != '0';
}

bool text_is_e164(const char *text)
{
	return text && text[0] == '+' && text_is_digits(text + 1);
}

bool text_has_control(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < ' ' && *text != '\n') || *text == 0x7f)
			return true;
	return false;
}

size_t text_length(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

void text_find_code(const char *text, char code[static TEXT_CODE_MAX])
{
	size_t n;

	code[0] = '\0';
	for (text += strcspn(text, DIGITS); *text; text += n + strcspn(text + n, DIGITS)) {
		n = strspn(text, DIGITS);
		if (n >= CODE_MIN && n < TEXT_CODE_MAX) {
			memcpy(code, text, n);
			code[n] = '\0';
			return;
		}
	}
}

void text_find_spoken_code(const char *text, char code[static TEXT_CODE_MAX])
{
	size_t n = 0;

	for (; *text && n + 1 < TEXT_CODE_MAX; text++) {
		if (strchr(DIGITS, *text))
			code[n++] = *text;
		else if (!strchr(" ,.\n", *text) && n >= CODE_MIN)
			break;
		else if (!strchr(" ,.\n", *text))
			n = 0;
		else if (n >= CODE_MIN && strncmp(text, ". ", 2) == 0)
			break; /* the sentence ends, the digits are said again */
	}
	code[n >= CODE_MIN ? n : 0] = '\0';
}

static bool is_local_host(const char *host)
{
	struct in_addr address;

	return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	       (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

bool text_is_local_url(const char *url)
{
	char *scheme = NULL, *host = NULL, *user = NULL;
	CURLU *parts = curl_url();
	bool ok = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
		  curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		  curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
		  curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
		  (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) && is_local_host(host);

	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	curl_url_cleanup(parts);
	return ok;
}
