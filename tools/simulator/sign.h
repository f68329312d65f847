/* Signatures as providers make them. */
#pragma once

#include <stddef.h>

#define SIGN_HEX_MAX 65
#define SIGN_BASE64_MAX 45

/* HMAC-SHA256 in hex. */
void sign_sha256(const void *key, size_t key_size, const void *data, size_t size, char hex[static SIGN_HEX_MAX]);

/* HMAC-SHA1 in base64. */
void sign_sha1(const char *key, const char *data, char base64[static SIGN_BASE64_MAX]);

/* SHA-256 itself. */
void sign_digest(const char *text, unsigned char digest[static 32]);
