#include "tools/simulator/sign.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

void sign_sha256(const void *key, size_t key_size, const void *data, size_t size, char hex[static SIGN_HEX_MAX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	HMAC(EVP_sha256(), key, (int)key_size, data, size, digest, &n);
	hex[0] = '\0';
	for (unsigned i = 0; i < n; i++)
		snprintf(hex + i * 2, 3, "%02x", digest[i]);
}

void sign_sha1(const char *key, const char *data, char base64[static SIGN_BASE64_MAX])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	HMAC(EVP_sha1(), key, (int)strlen(key), (const unsigned char *)data, strlen(data), digest, &n);
	EVP_EncodeBlock((unsigned char *)base64, digest, (int)n);
}

void sign_digest(const char *text, unsigned char digest[static 32])
{
	EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL);
}
