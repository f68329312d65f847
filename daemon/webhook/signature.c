#include "daemon/webhook/signature.h"

#include "daemon/base/hex.h"

#include <errno.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	size_t size;
} digests[] = {
	[SIGNATURE_SHA256] = {"SHA256", 32},
	[SIGNATURE_SHA1] = {"SHA1", 20},
};

static EVP_MAC *hmac; /* looked up once: the lookup costs more than a short message's HMAC */

static void release(void)
{
	EVP_MAC_free(hmac);
}

static EVP_MAC *hmac_method(void)
{
	if (!hmac) {
		hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
		atexit(release);
	}
	return hmac;
}

size_t signature_hmac(enum signature_digest digest, const void *key, size_t key_length,
		      const struct signature_part *parts, size_t count, unsigned char out[static SIGNATURE_DIGEST_MAX])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)digests[digest].name, 0),
		OSSL_PARAM_construct_end()};
	EVP_MAC *method = hmac_method();
	EVP_MAC_CTX *ctx = method ? EVP_MAC_CTX_new(method) : NULL;
	size_t length = 0;
	bool ok = ctx && EVP_MAC_init(ctx, key, key_length, params) == 1;

	for (size_t i = 0; i < count && ok; i++)
		ok = EVP_MAC_update(ctx, parts[i].data, parts[i].length) == 1;
	ok = ok && EVP_MAC_final(ctx, out, &length, SIGNATURE_DIGEST_MAX) == 1 && length == digests[digest].size;
	EVP_MAC_CTX_free(ctx);
	return ok ? length : 0;
}

bool signature_is_hex_by(enum signature_digest digest, const void *key, size_t key_length,
			 const struct signature_part *parts, size_t count, const char *hex)
{
	unsigned char expected[SIGNATURE_DIGEST_MAX], given[SIGNATURE_DIGEST_MAX];
	size_t size = digests[digest].size;

	if (!hex || strlen(hex) != 2 * size || !hex_parse(hex, given, size))
		return false;
	return signature_hmac(digest, key, key_length, parts, count, expected) == size &&
	       CRYPTO_memcmp(expected, given, size) == 0;
}

bool signature_is_hex(enum signature_digest digest, const struct secret *key, const struct signature_part *parts,
		      size_t count, const char *hex)
{
	return signature_is_hex_by(digest, key->data, key->length, parts, count, hex);
}

bool signature_is_base64(enum signature_digest digest, const struct secret *key, const struct signature_part *parts,
			 size_t count, const char *base64)
{
	unsigned char expected[SIGNATURE_DIGEST_MAX], given[SIGNATURE_DIGEST_MAX];
	size_t size = digests[digest].size;

	if (!base64 || signature_base64_decode(base64, strlen(base64), given, sizeof(given)) != (long)size)
		return false;
	return signature_hmac(digest, key->data, key->length, parts, count, expected) == size &&
	       CRYPTO_memcmp(expected, given, size) == 0;
}

bool signature_sha256(const void *data, size_t length, unsigned char out[static 32])
{
	return EVP_Digest(data, length, out, NULL, EVP_sha256(), NULL) == 1;
}

bool signature_same(const void *a, size_t a_length, const void *b, size_t b_length)
{
	return a_length == b_length && CRYPTO_memcmp(a, b, a_length) == 0;
}

bool signature_is_secret(const struct secret *secret, const char *text)
{
	return text && signature_same(secret->data, secret->length, text, strlen(text));
}

/* -1: none of the alphabet, of which plus and slash are given. */
static int sextet(char c, char plus, char slash)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == plus)
		return 62;
	return c == slash ? 63 : -1;
}

static long decode(const char *text, size_t length, const char special[2], unsigned char *out, size_t size)
{
	unsigned bits = 0, held = 0;
	size_t n = 0;

	if (length % 4 == 1)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		int value = sextet(text[i], special[0], special[1]);

		if (value < 0)
			return -EINVAL;
		held = (held << 6 | (unsigned)value) & 0xfff;
		bits += 6;
		if (bits < 8)
			continue;
		if (n == size)
			return -EINVAL;
		bits -= 8;
		out[n++] = (unsigned char)(held >> bits);
	}
	return held & ((1U << bits) - 1) ? -EINVAL : (long)n;
}

long signature_base64_decode(const char *text, size_t length, unsigned char *out, size_t size)
{
	size_t padding = 0;

	if (length % 4 != 0)
		return -EINVAL;
	while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
		padding++;
	return decode(text, length - padding, "+/", out, size);
}

long signature_base64url_decode(const char *text, size_t length, unsigned char *out, size_t size)
{
	return decode(text, length, "-_", out, size);
}

bool signature_time_ok(const char *text, long long now, long long age_max)
{
	size_t digits = text ? strspn(text, "0123456789") : 0;
	long long at;

	if (digits == 0 || digits > 18 || text[digits] != '\0')
		return false;
	at = strtoll(text, NULL, 10);
	return at >= now - age_max && at <= now + age_max;
}
