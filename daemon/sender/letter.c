#include "daemon/sender/letter.h"

#include "daemon/sender/memory.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ATEXT "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~."
#define HOST_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-."
#define LOCAL_MOST 64 /* RFC 5321, 4.5.3.1 */
#define HOST_MOST 253
#define WORD_BYTES 39 /* of an encoded word; a line with "Subject: " has at most 76 characters (RFC 2047, 2) */
#define LINE_BYTES 57 /* of a base64 line, which has at most 76 (RFC 2045, 6.8) */
#define FIXED_BYTES 1024

bool letter_address_ok(const char *address)
{
	size_t name = strspn(address, ATEXT);
	const char *host = address + name + 1;
	size_t length;

	if (name == 0 || name > LOCAL_MOST || address[name] != '@')
		return false;
	length = strspn(host, HOST_CHARACTERS);
	return length > 0 && length <= HOST_MOST && host[length] == '\0' && *address != '.' && *address != '-' &&
	       address[name - 1] != '.' && *host != '.' && *host != '-' && host[length - 1] != '.' &&
	       !strstr(address, "..");
}

static char *write_date(char *out, int64_t now)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t t = (time_t)now;
	struct tm tm = {0};

	gmtime_r(&t, &tm);
	return out + sprintf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday], tm.tm_mday,
			     months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* How much of text goes into one word: whole characters. */
static size_t word_length(const char *text)
{
	size_t n = strnlen(text, WORD_BYTES + 1);

	if (n <= WORD_BYTES)
		return n;
	for (n = WORD_BYTES; n > 1 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

static char *write_base64(char *out, const char *data, size_t length)
{
	return out + EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)data, (int)length);
}

/* Always encoded, so that nothing in it can be taken for anything else. */
static char *write_subject(char *out, const char *subject)
{
	out = stpcpy(out, "Subject:");
	while (*subject) {
		size_t n = word_length(subject);

		out = stpcpy(out, " =?UTF-8?B?");
		out = write_base64(out, subject, n);
		subject += n;
		out = stpcpy(out, *subject ? "?=\r\n" : "?=");
	}
	return stpcpy(out, "\r\n");
}

/* The text with CRLF at the end of each line, in lines of base64. */
static char *write_text(char *out, const char *text)
{
	char line[LINE_BYTES + 1] = "";
	size_t n = 0;

	while (*text) {
		if (*text == '\n')
			line[n++] = '\r';
		line[n++] = *text++;
		if (n < LINE_BYTES && *text)
			continue;
		out = write_base64(out, line, n < LINE_BYTES ? n : LINE_BYTES);
		out = stpcpy(out, "\r\n");
		line[0] = line[LINE_BYTES]; /* the "\n" of a pair that was cut in two */
		n = n > LINE_BYTES;
	}
	if (n > 0)
		out = stpcpy(write_base64(out, line, n), "\r\n");
	explicit_bzero(line, sizeof(line));
	return out;
}

char *letter_write(const struct letter *l, int64_t now)
{
	size_t size = FIXED_BYTES + strlen(l->id) + 3 * strlen(l->from) + strlen(l->to) + 4 * strlen(l->subject) +
		      4 * strlen(l->text);
	char *letter = memory_resize(NULL, size), *out;

	if (!letter)
		return NULL;
	out = write_date(letter, now);
	out += sprintf(out, "Message-ID: <%s%s>\r\nFrom: %s\r\nTo: %s\r\n", l->id, strchr(l->from, '@'), l->from,
		       l->to);
	out = write_subject(out, l->subject);
	out = stpcpy(out, "Auto-Submitted: auto-generated\r\n"
			  "MIME-Version: 1.0\r\n"
			  "Content-Type: text/plain; charset=UTF-8\r\n"
			  "Content-Transfer-Encoding: base64\r\n"
			  "\r\n");
	write_text(out, l->text);
	return letter;
}
