#include "daemon/core/keys.h"

#include "daemon/base/hex.h"
#include "daemon/base/secret.h"

#include <endian.h>
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define KEY_SIZE 32
#define NONCE_SIZE 12
#define TAG_SIZE 16

/* The first byte of a sealed text names its master key, so that a later key can stand beside it. */
#define KEY_ID 1

struct keys {
	unsigned char code[KEY_SIZE];
	unsigned char number[KEY_SIZE];
	unsigned char index[KEY_SIZE];
};

static int derive(const unsigned char master[static KEY_SIZE], const char *label, unsigned char out[static KEY_SIZE])
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	char digest[] = "SHA256", info[64];
	OSSL_PARAM params[4];
	int ok;

	snprintf(info, sizeof(info), "pam_whatsapp_otp %s", label);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)master, KEY_SIZE);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, strlen(info));
	params[3] = OSSL_PARAM_construct_end();
	ok = ctx && EVP_KDF_derive(ctx, out, KEY_SIZE, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok ? 0 : -EIO;
}

static bool parse_master(const struct secret *secret, unsigned char master[static KEY_SIZE])
{
	const char *s = secret->data;

	if (secret->length == KEY_SIZE) {
		memcpy(master, s, KEY_SIZE);
		return true;
	}
	return secret->length == 2 * KEY_SIZE && hex_parse(s, master, KEY_SIZE);
}

static struct keys *keys_alloc(void)
{
	struct keys *keys = mmap(NULL, sizeof(*keys), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (keys == MAP_FAILED)
		return NULL;
	(void)mlock(keys, sizeof(*keys));
	(void)madvise(keys, sizeof(*keys), MADV_DONTDUMP);
	return keys;
}

int keys_load(const char *reference, struct keys **ret, char *why, size_t why_size)
{
	unsigned char master[KEY_SIZE];
	struct secret secret;
	struct keys *keys;
	int r = secret_load(reference, &secret, why, why_size);

	if (r == -ENOENT && why[0])
		snprintf(why + strlen(why), why_size - strlen(why), ": make one with whatsapp-otpctl key init");
	if (r < 0)
		return r;
	keys = keys_alloc();
	r = keys ? 0 : -ENOMEM;
	if (r == 0 && !parse_master(&secret, master)) {
		snprintf(why, why_size,
			 "%s: is no key of 32 bytes or 64 hex digits: make one with whatsapp-otpctl key init",
			 reference);
		r = -EINVAL;
	}
	secret_free(&secret);
	if (r == 0)
		r = derive(master, "code", keys->code);
	if (r == 0)
		r = derive(master, "number", keys->number);
	if (r == 0)
		r = derive(master, "index", keys->index);
	OPENSSL_cleanse(master, sizeof(master));
	if (r < 0) {
		keys_free(keys);
		return r;
	}
	*ret = keys;
	return 0;
}

void keys_free(struct keys *keys)
{
	if (!keys)
		return;
	OPENSSL_cleanse(keys, sizeof(*keys));
	munmap(keys, sizeof(*keys));
}

int keys_random_id(int64_t wall, unsigned char id[static KEYS_ID_SIZE])
{
	uint32_t second = htobe32((uint32_t)wall);

	memcpy(id, &second, sizeof(second));
	return RAND_bytes(id + sizeof(second), KEYS_ID_SIZE - sizeof(second)) == 1 ? 0 : -EIO;
}

/* Text with its length in front, so that no two inputs run into the same bytes. */
static size_t append_text(unsigned char *to, const char *text)
{
	uint32_t length = htobe32((uint32_t)strlen(text));

	memcpy(to, &length, sizeof(length));
	memcpy(to + sizeof(length), text, strlen(text));
	return sizeof(length) + strlen(text);
}

static uint64_t power_of_ten(int64_t n)
{
	return n > 0 ? 10 * power_of_ten(n - 1) : 1;
}

int keys_code(const struct keys *keys, const unsigned char id[static KEYS_ID_SIZE], int64_t generation,
	      const char *user, const char *service, int64_t length, char code[static WIRE_CODE_MAX])
{
	unsigned char input[KEYS_ID_SIZE + 16 + 2 * (WIRE_USER_MAX + 4)], mac[32];
	uint64_t range = power_of_ten(length), limit = UINT64_MAX - UINT64_MAX % range, value;
	uint64_t counters[2] = {htobe64((uint64_t)generation), 0};
	size_t used = KEYS_ID_SIZE + sizeof(counters);
	unsigned mac_length;

	if (length < 6 || length > 10 || strlen(user) >= WIRE_USER_MAX || strlen(service) >= WIRE_USER_MAX)
		return -EIO;
	memcpy(input, id, KEYS_ID_SIZE);
	used += append_text(input + used, user);
	used += append_text(input + used, service);
	for (uint64_t round = 0; round < 1000; round++) {
		counters[1] = htobe64(round);
		memcpy(input + KEYS_ID_SIZE, counters, sizeof(counters));
		if (!HMAC(EVP_sha256(), keys->code, KEY_SIZE, input, used, mac, &mac_length))
			return -EIO;
		memcpy(&value, mac, sizeof(value));
		OPENSSL_cleanse(mac, sizeof(mac));
		value = be64toh(value);
		if (value < limit) {
			code[length] = '\0';
			for (int64_t i = length - 1; i >= 0; i--, value /= 10)
				code[i] = (char)('0' + value % 10);
			return 0;
		}
	}
	return -EIO;
}

int keys_seal(const struct keys *keys, const char *row, const char *text, unsigned char sealed[static KEYS_SEALED_MAX])
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	unsigned char *nonce = sealed + 1, *body = nonce + NONCE_SIZE;
	int length = (int)strlen(text), n, ok;

	if (length >= WIRE_TEXT_MAX) {
		EVP_CIPHER_CTX_free(ctx);
		return -EIO;
	}
	sealed[0] = KEY_ID;
	ok = ctx && RAND_bytes(nonce, NONCE_SIZE) == 1 &&
	     EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, keys->number, nonce) == 1 &&
	     EVP_EncryptUpdate(ctx, NULL, &n, sealed, 1) == 1 &&
	     EVP_EncryptUpdate(ctx, NULL, &n, (const unsigned char *)row, (int)strlen(row)) == 1 &&
	     EVP_EncryptUpdate(ctx, body, &n, (const unsigned char *)text, length) == 1 &&
	     EVP_EncryptFinal_ex(ctx, body + n, &n) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, body + length) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? length + KEYS_SEAL_EXTRA : -EIO;
}

int keys_open(const struct keys *keys, const char *row, const unsigned char *sealed, size_t length, char *text,
	      size_t size)
{
	const unsigned char *nonce = sealed + 1, *body = nonce + NONCE_SIZE;
	EVP_CIPHER_CTX *ctx;
	int n, ok, text_length;

	if (length < KEYS_SEAL_EXTRA || length - KEYS_SEAL_EXTRA >= size || sealed[0] != KEY_ID)
		return -EBADMSG;
	text_length = (int)(length - KEYS_SEAL_EXTRA);
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, keys->number, nonce) == 1 &&
	     EVP_DecryptUpdate(ctx, NULL, &n, sealed, 1) == 1 &&
	     EVP_DecryptUpdate(ctx, NULL, &n, (const unsigned char *)row, (int)strlen(row)) == 1 &&
	     EVP_DecryptUpdate(ctx, (unsigned char *)text, &n, body, text_length) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, (void *)(uintptr_t)(body + text_length)) == 1 &&
	     EVP_DecryptFinal_ex(ctx, (unsigned char *)text + text_length, &n) == 1;
	EVP_CIPHER_CTX_free(ctx);
	text[ok ? text_length : 0] = '\0';
	return ok ? 0 : -EBADMSG;
}

int keys_message_index(const struct keys *keys, const char *provider, const char *message_id,
		       unsigned char index[static KEYS_INDEX_SIZE])
{
	unsigned char mac[32], text[WIRE_TEXT_MAX + WIRE_NAME_MAX + 16];
	int size = snprintf((char *)text, sizeof(text), "message %s %s", provider, message_id);
	unsigned length;

	if (size < 0 || (size_t)size >= sizeof(text) ||
	    !HMAC(EVP_sha256(), keys->index, KEY_SIZE, text, (size_t)size, mac, &length))
		return -EIO;
	memcpy(index, mac, KEYS_INDEX_SIZE);
	return 0;
}

int keys_number_index(const struct keys *keys, const struct phone *phone, unsigned char index[static KEYS_INDEX_SIZE])
{
	unsigned char mac[32];
	unsigned length;

	if (!HMAC(EVP_sha256(), keys->index, KEY_SIZE, (const unsigned char *)phone->e164, strlen(phone->e164), mac,
		  &length))
		return -EIO;
	memcpy(index, mac, KEYS_INDEX_SIZE);
	return 0;
}

int keys_mark(const struct keys *keys, char mark[static KEYS_MARK_MAX])
{
	static const unsigned char text[] = "mark";
	unsigned char mac[32];
	unsigned length;

	if (!HMAC(EVP_sha256(), keys->index, KEY_SIZE, text, sizeof(text), mac, &length))
		return -EIO;
	hex_format(mac, KEYS_MARK_MAX / 2, mark);
	return 0;
}

void keys_decoy_digits(const struct keys *keys, const char *user, char digits[static 3])
{
	unsigned char mac[32] = {0};
	unsigned length;

	HMAC(EVP_sha256(), keys->index, KEY_SIZE, (const unsigned char *)user, strlen(user), mac, &length);
	snprintf(digits, 3, "%02u", (mac[0] * 256u + mac[1]) % 100);
}
