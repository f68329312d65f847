/*
 * How requests prove where they come from: a digest over what was sent, keyed with a secret that we share. All that is
 * compared is compared in constant time; of a text only its length can be learned.
 */
#pragma once

#include "daemon/base/secret.h"

#include <stdbool.h>
#include <stddef.h>

#define SIGNATURE_DIGEST_MAX 32

enum signature_digest { SIGNATURE_SHA256, SIGNATURE_SHA1 };

/* What is signed, in pieces that are taken as one. */
struct signature_part {
	const void *data;
	size_t length;
};

/* Of a text: SIGNATURE_TEXT(timestamp), SIGNATURE_TEXT("."). */
#define SIGNATURE_TEXT(text) ((struct signature_part){(text), strlen(text)})

/* HMAC of the parts; out holds 32 or 20 bytes, whose number is returned; 0: the library failed. */
size_t signature_hmac(enum signature_digest digest, const void *key, size_t key_length,
		      const struct signature_part *parts, size_t count, unsigned char out[static SIGNATURE_DIGEST_MAX]);

/* True if hex is exactly the HMAC in hex digits of either case; NULL is not. */
bool signature_is_hex(enum signature_digest digest, const struct secret *key, const struct signature_part *parts,
		      size_t count, const char *hex);
/* The same in base64 (RFC 4648, 4) with its padding. */
bool signature_is_base64(enum signature_digest digest, const struct secret *key, const struct signature_part *parts,
			 size_t count, const char *base64);
/* The same under a key that is no struct secret. */
bool signature_is_hex_by(enum signature_digest digest, const void *key, size_t key_length,
			 const struct signature_part *parts, size_t count, const char *hex);

/* SHA-256 of data. False: the library failed. */
bool signature_sha256(const void *data, size_t length, unsigned char out[static 32]);

/* True if text is the secret itself (a token in a header or in the query); NULL is not. */
bool signature_is_secret(const struct secret *secret, const char *text);
/* True if both are the same bytes. */
bool signature_same(const void *a, size_t a_length, const void *b, size_t b_length);

/*
 * Exactly length characters of base64 with its padding, or of base64url (RFC 4648, 5) without. The number of bytes, or
 * -EINVAL for any other character, bits that are set behind the end, or more than size bytes.
 */
long signature_base64_decode(const char *text, size_t length, unsigned char *out, size_t size);
long signature_base64url_decode(const char *text, size_t length, unsigned char *out, size_t size);

/* True if the text is a time (seconds since the epoch, digits only) no further than age_max seconds from now. */
bool signature_time_ok(const char *text, long long now, long long age_max);
